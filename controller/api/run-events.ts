import type { RunEvent } from '../runs/run-event.ts';
import type { Principal, Runs } from '../runs/runs.ts';

const pageSize = 500;

/** Every event of a run so far, oldest first. */
export function allEvents(runs: Runs, runId: string, by: Principal): RunEvent[] {
  const all: RunEvent[] = [];
  for (let after = 0; ;) {
    const page = runs.events({ runId, after, limit: pageSize }, by);
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return all;
    after = last.sequence;
  }
}
