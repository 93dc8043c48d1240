import { VitrineError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { markOf } from './deletion-mark.ts';
import { continuedOn } from './run-request.ts';
import { createSegmentReader } from './segment-reader.ts';
import type { Segment } from './segment.ts';

/** How long a run that is cancelled may take to end, and its desktop to go. */
const maxCancelMs = 15_000;
const releaseMs = 30_000;

/**
 * Deletes a response for good. If it is the last of its run, a run that goes on is cancelled, and the desktop that is kept
 * for a follow-up is released, unless a later run has it. Resolves when that is done, or was tried.
 */
export async function deleteResponse(runs: Runs, segment: Segment, by: Principal, log: Logger): Promise<void> {
  runs.mark(segment.runId, markOf(segment), by);
  if (hasNext(runs, segment, by)) return;
  runs.cancel(segment.runId, 'its response was deleted', by);
  const run = await runs.ended(segment.runId, by, AbortSignal.timeout(maxCancelMs)).catch(() => undefined); // It ends later, and its desktop after its time.
  if (run === undefined || run.desktopId === null) return;
  const [last] = runs.list({ desktopId: run.desktopId, limit: 1 }, by).items;
  if (last?.id !== run.id || !continuedOn(runs, run.desktopId, by).isOurs) return;
  await runs.releaseDesktop(run.desktopId, by, undefined, AbortSignal.timeout(releaseMs)).catch((error: unknown) => {
    if (VitrineError.from(error).code !== 'not_found') log.warn({ err: error, runId: run.id, desktopId: run.desktopId }, 'the desktop of a deleted response was not released yet');
  });
}

function hasNext(runs: Runs, segment: Segment, by: Principal): boolean {
  try {
    createSegmentReader(runs, { ...segment, index: segment.index + 1 }, by, '')();
    return true;
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return false;
    throw reason;
  }
}
