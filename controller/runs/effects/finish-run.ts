import type { Desktop } from '../../desktops/desktop.ts';
import { places } from '../../../sandbox-image/wire/index.ts';
import type { RunCommand } from '../run-command.ts';
import type { RunEffectOf } from '../run-effect.ts';
import type { Artefact } from '../run.ts';
import type { EffectOwner } from './effect.ts';

const maxArtefacts = 100;
const maxArtefactBytes = 256 * 1024 * 1024;
const maxReleaseMs = 10_000;
const maxKeepMs = 60_000;

/** Puts everything away: releases what is held, keeps the Outbox, lets the desktop go. Never fails; what cannot be done is logged. */
export async function finishRun(effect: RunEffectOf<'finish'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  const { desktopId, runId, request } = context;
  const desktop = desktopId === null ? undefined : tools.desktops.get(desktopId);
  const artefacts = desktop === undefined ? [] : await putAway(desktop, owner, signal);
  const isOurs = request.desktopId === undefined;
  if (desktopId !== null && desktop !== undefined) tools.desktops.letGo(desktopId, runId, isOurs || request.keepForMs > 0 ? request.keepForMs : Number.POSITIVE_INFINITY);
  const released = isOurs && request.keepForMs === 0;
  if (released && desktopId !== null) {
    await tools.desktops.release(desktopId, 'its run ended').catch((error: unknown) => tools.log.warn({ err: error, runId, desktopId }, 'the desktop was not released; it will be tried again'));
  }
  return { type: 'finished', at: tools.now(), effectId: effect.effectId, artefacts, released: released && desktop !== undefined, reason: 'its run ended' };
}

async function putAway(desktop: Desktop, owner: EffectOwner, signal: AbortSignal): Promise<Artefact[]> {
  const { context, tools } = owner;
  const kept: Artefact[] = [];
  try {
    await desktop.release(AbortSignal.any([signal, AbortSignal.timeout(maxReleaseMs)]));
    await keepOutbox(desktop, owner, kept, AbortSignal.any([signal, AbortSignal.timeout(maxKeepMs)]));
  } catch (error) {
    tools.log.warn({ err: error, runId: context.runId }, 'the desktop was not put away completely');
  }
  return kept;
}

/** Copies what lies in ~/Outbox, within bounds, into the journal's folder. */
async function keepOutbox(desktop: Desktop, { context, tools }: EffectOwner, kept: Artefact[], signal: AbortSignal): Promise<void> {
  const { entries } = await desktop.listFiles({ path: '.', recursive: false, limit: 1000 }, signal);
  if (!entries.some((entry) => entry.path === 'Outbox' && entry.kind === 'folder')) return;
  const outbox = await desktop.listFiles({ path: 'Outbox', recursive: true, limit: 1000 }, signal);
  let left = maxArtefactBytes;
  for (const { path, kind } of outbox.entries) {
    if (kind !== 'file') continue;
    if (kept.length >= maxArtefacts) {
      tools.log.warn({ runId: context.runId, outbox: places.outbox }, `more than ${maxArtefacts} files in the Outbox; the rest is not kept`);
      return;
    }
    const { content } = await desktop.readFile(path, signal);
    const { id, name, size, sha256 } = await tools.journal.keepArtefact(context.runId, path.replace(/^Outbox\//, ''), content, left);
    left -= size;
    kept.push({ id, name, size, sha256 });
  }
}
