import type { CallResult } from '../../../dialects/transcript.ts';
import { notExecuted } from '../../notes.ts';
import type { OpenTurn } from '../run-context.ts';

/** Whether nothing of a call was asked about, because rules refuse it from its beginning. */
function isCutOff({ cut }: OpenTurn, index: number): boolean {
  return cut !== undefined && cut !== null && (index > cut.callIndex || (index === cut.callIndex && cut.actionIndex === 0));
}

/** One answer for each call: what was performed, and what was not and why. The last frame answers them all. */
export function answersOf(turn: OpenTurn, frameId: string | null): CallResult[] {
  return turn.calls.map((call, index) => {
    const known = turn.results[index];
    if (known !== undefined) return { ...known, frameId: known.frameId ?? frameId };
    const isPresent = index === turn.callIndex && (turn.notes.length > 0 || turn.actionIndex > 0);
    const rest = turn.stoppedBy ?? notExecuted;
    const notes = isPresent ? [...turn.notes, `The rest of this call: ${rest}`] : [rest];
    return { callId: call.callId, isError: true, notes, acknowledged: turn.isAcknowledged && !isCutOff(turn, index) ? call.safetyChecks : [], frameId };
  });
}
