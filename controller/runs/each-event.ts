import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunEvent } from './run-event.ts';
import type { Principal, Runs } from './runs.ts';

/** Read and checked in a few milliseconds. */
const pageSize = 25;

/**
 * Every event of a run so far, oldest first, page by page: others are answered in between. Throws as `runs.events` does. Stops at the
 * signal with its reason.
 */
export async function* eachEvent(runs: Runs, runId: string, by: Principal, signal: AbortSignal): AsyncGenerator<RunEvent> {
  for (let after = 0; ;) {
    const page = runs.events({ runId, after, limit: pageSize }, by);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.sequence;
    await nextTurn();
    signal.throwIfAborted();
  }
}
