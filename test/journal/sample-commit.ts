import type { Commit } from '../../controller/journal/journal.ts';

/** A change of a run, as a test needs it. */
export function sampleCommit(more: Partial<Commit> = {}): Commit {
  return {
    runId: 'run-1', expectedVersion: 0, at: 5,
    index: { project: 'default', driver: 'model', state: 'queued', isOver: false, desktopId: null, task: 'Do It', createdAt: 5 },
    snapshot: { value: 'queued' }, view: { id: 'run-1' }, facts: [], effectsBegun: [], effectsEnded: [], deadlines: [], approvals: [], ...more,
  };
}
