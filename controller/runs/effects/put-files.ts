import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { limits } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import { filesOf } from '../files/upload.ts';
import type { FilePut, RunFile } from '../files/upload.ts';
import { desktopOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';

/** The server of files may be starting anew: so often it is asked, so long apart. */
const maxTries = 3;
const againMs = 500;

/**
 * Puts the run's files into its desktop, one after another, each whole or not at all. Done again, after a restart or a loss of
 * control, it puts the same bytes at the same places.
 */
export async function putFiles({ effectId }: RunEffectOf<'put'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  const put: FilePut[] = [];
  try {
    for (const file of filesOf(context.request)) put.push(await putFile(file, owner, signal));
    return { type: 'files.put', at: tools.now(), effectId, files: put };
  } catch (error) {
    if (!signal.aborted) tools.log.warn({ err: error, runId: context.runId }, 'the files of a run were not put in');
    const { code, message } = VitrineError.from(error);
    if (code === 'gone' || code === 'stale_epoch' || (code === 'desktop_broken' && !isReady(owner))) return { type: 'desktop.unreachable', at: tools.now(), effectId, message };
    return { type: 'files.failed', at: tools.now(), effectId, message };
  }
}

async function putFile(file: RunFile, owner: EffectOwner, signal: AbortSignal): Promise<FilePut> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await putOnce(file, owner, signal);
    } catch (error) {
      const isPassing = error instanceof VitrineError && (error.code === 'desktop_broken' || error.code === 'deadline_exceeded') && isReady(owner);
      if (!isPassing || tries === maxTries) throw error;
      await setTimeout(againMs, undefined, { signal });
    }
  }
}

async function putOnce({ upload: id, path }: RunFile, owner: EffectOwner, signal: AbortSignal): Promise<FilePut> {
  const upload = owner.tools.journal.upload(id);
  if (upload === undefined) throw new VitrineError('internal', `upload ${id} for ${path} is not kept any more: the data folder lacks it, or is damaged`);
  const { size } = await desktopOf(owner).inEpoch(owner.context.epoch).writeFile(path, keptContent(upload), limits.maxFileBytes, signal);
  return { path, size, sha256: upload.sha256 };
}

/** What was uploaded, to its last byte; throws rather than let a file end that is not the one that was sent. */
async function* keptContent({ id, name, path, sha256 }: { readonly id: string; readonly name: string; readonly path: string; readonly sha256: string }): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const damaged = (cause?: unknown) => new VitrineError('internal', `upload ${id} (${name}) cannot be read as it was sent: the data folder lacks it, or is damaged`, { cause });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: limits.maxChunkBytes }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    throw damaged(cause);
  }
  if (hash.digest('hex') !== sha256) throw damaged();
}

function isReady({ context, tools }: EffectOwner): boolean {
  const desktop = context.desktopId === null ? undefined : tools.desktops.get(context.desktopId);
  return desktop?.view().state === 'ready';
}
