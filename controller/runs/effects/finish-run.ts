import type { Desktop } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import type { Artefact } from '../run.ts';
import type { EffectOwner } from './effect.ts';
import { keepForMsOf, leaveToOperator } from './stand-in.ts';

const maxArtefacts = 100;
const maxArtefactBytes = 256 * 1024 * 1024;
const maxReleaseMs = 10_000;
const maxKeepMs = 60_000;

/**
 * Puts everything away: releases what is held, keeps the Outbox, lets the desktop go or leaves it to a person in control.
 * Never fails; what cannot be done is logged. Done again after a restart it goes on: what was kept stays the run's, and is
 * not copied a second time.
 */
export async function finishRun(effect: RunEffectOf<'finish'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  const { desktopId, runId } = context;
  tools.shown.forget(runId);
  const desktop = desktopId === null ? undefined : tools.desktops.get(desktopId);
  const before = tools.journal.artefacts(runId).map(({ id, name, size, sha256 }): Artefact => ({ id, name, size, sha256 }));
  const { kept: artefacts, lost } = desktop === undefined ? { kept: before, lost: [] } : await putAway(desktop, before, effect, owner, signal);
  const { ending, lostDesktopId } = context;
  if (typeof lostDesktopId === 'string') await tools.desktops.release(lostDesktopId, 'it was lost').catch(() => {}); // The sweep tries again.
  if (desktop !== undefined && effect.leaves !== undefined) {
    await leaveToOperator(effect.leaves, owner, signal);
    return { type: 'finished', at: tools.now(), effectId: effect.effectId, artefacts, lost, released: false, reason: 'its run ended' };
  }
  const keepForMs = keepForMsOf(context);
  if (desktopId !== null && desktop !== undefined) tools.desktops.letGo(desktopId, runId, keepForMs ?? Number.POSITIVE_INFINITY);
  const why = ending?.releasesDesktop === true ? ending.reason : 'its run ended';
  const released = keepForMs === 0 || ending?.releasesDesktop === true;
  if (released && desktopId !== null) {
    await tools.desktops.release(desktopId, why).catch((error: unknown) => tools.log.warn({ err: error, runId, desktopId }, 'the desktop was not released; it will be tried again'));
  }
  return { type: 'finished', at: tools.now(), effectId: effect.effectId, artefacts, lost, released: released && (desktop !== undefined || wasReleased(owner)), reason: why };
}

/** Whether the desktop was released before a restart, and nothing else is known of its end. */
function wasReleased({ context, tools }: EffectOwner): boolean {
  const { project, runId, desktopId, display } = context;
  if (display === null) return false;
  const facts = tools.journal.events({ project, runId, after: 0, limit: 1_000_000 }).map(({ fact }) => fact as { readonly type: string; readonly desktopId?: string });
  return !facts.some((fact) => fact.type === 'desktop.ended' && fact.desktopId === desktopId);
}

/** What was kept of a desktop, and what was not and why. */
type PutAway = { readonly kept: Artefact[]; readonly lost: string[] };

async function putAway(desktop: Desktop, before: readonly Artefact[], { leaves }: RunEffectOf<'finish'>, owner: EffectOwner, signal: AbortSignal): Promise<PutAway> {
  const { context, tools } = owner;
  const result: PutAway = { kept: [...before], lost: [] };
  try {
    // What a person holds down stays down: it is theirs.
    if (leaves === undefined) await desktop.release(AbortSignal.any([signal, AbortSignal.timeout(maxReleaseMs)]));
  } catch (error) {
    tools.log.warn({ err: error, runId: context.runId }, 'what was held on the desktop was not released');
  }
  try {
    await keepOutbox(desktop, owner, result, AbortSignal.any([signal, AbortSignal.timeout(maxKeepMs)]));
  } catch (error) {
    result.lost.push(`the Outbox could not be read: ${VitrineError.from(error).message}`);
  }
  return result;
}

/** Copies what lies in ~/Outbox and is not kept yet, within bounds, into the journal's folder. A file that cannot be kept does not keep the others back. */
async function keepOutbox(desktop: Desktop, { context, tools }: EffectOwner, { kept, lost }: PutAway, signal: AbortSignal): Promise<void> {
  const files = await outboxFiles(desktop, signal);
  const before = new Set(kept.map(({ name }) => name));
  let left = maxArtefactBytes - kept.reduce((sum, { size }) => sum + size, 0);
  for (const path of files.slice(0, maxArtefacts)) {
    const shown = path.replace(/^Outbox\//, '').replaceAll(/\p{Cc}/gu, '?');
    if (before.has(shown)) continue;
    try {
      const { content } = await desktop.readFile(path, signal);
      const { id, name, size, sha256 } = await tools.journal.keepArtefact(context.runId, shown, content, left);
      left -= size;
      kept.push({ id, name, size, sha256 });
    } catch (error) {
      lost.push(`${shown} was not kept: ${VitrineError.from(error).message}`);
    }
  }
  if (files.length > maxArtefacts) lost.push(`${files.length - maxArtefacts} files were not kept: at most ${maxArtefacts} are`);
}

async function outboxFiles(desktop: Desktop, signal: AbortSignal): Promise<string[]> {
  try {
    const { entries } = await desktop.listFiles({ path: 'Outbox', recursive: true, limit: 1000 }, signal);
    return entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  } catch (error) {
    if (VitrineError.from(error).code === 'not_found') return [];
    throw error;
  }
}
