import { VitrineError } from '../errors.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import type { Segment } from './segment.ts';

/** The mark of a run whose response for this segment was deleted. */
export function markOf({ index }: Segment): string {
  return `response.deleted.${index}`;
}

/** Whether the segment's response was deleted. False for a run that is not known. */
export function isDeleted(runs: Runs, segment: Segment, by: Principal): boolean {
  try {
    return runs.isMarked(segment.runId, markOf(segment), by);
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return false;
    throw reason;
  }
}
