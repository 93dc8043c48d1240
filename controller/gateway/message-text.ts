import { VitrineError } from '../errors.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { isDeleted } from './deletion-mark.ts';
import { segmentOfResponse } from './segment.ts';
import { createSegmentReader } from './segment-reader.ts';

/** The text of the message that a response of the caller's project ended with, by the message's id; undefined where there is none, or it was deleted. */
export function messageText(runs: Runs, itemId: string, by: Principal): string | undefined {
  try {
    const segment = segmentOfResponse(itemId.replace(/^msg_/, 'resp_'));
    if (isDeleted(runs, segment, by)) return undefined;
    const { text, refusal } = createSegmentReader(runs, segment, by, '')().answer;
    return refusal ?? text ?? undefined;
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return undefined;
    throw reason;
  }
}
