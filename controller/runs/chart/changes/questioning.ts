import type { Approval } from '../../../approvals/approval.ts';
import { beforeAnswer } from '../../../dialects/ask-person.ts';
import type { Call, CallResult } from '../../../dialects/transcript.ts';
import type { Cut, OpenTurn } from '../run-context.ts';
import { stoppedAtCut } from './judging.ts';
import { presentCall } from './using.ts';

/** What is told of the calls behind a question: they were decided without its answer. */
const afterQuestion = 'Not performed: it stood behind a question to a person. Decide again, with what came of the question.';

/** The calls of a turn as far as its first question to a person: what stands behind it is never performed. */
export function upToQuestion(calls: readonly Call[]): readonly Call[] {
  const first = calls.findIndex(({ question }) => question !== undefined);
  return first === -1 ? calls : calls.slice(0, first + 1);
}

/** Where a turn ends because of a question; null where nothing stands behind one. */
export function cutAtQuestion(calls: readonly Call[]): Cut | null {
  const { length } = upToQuestion(calls);
  return length < calls.length ? { callIndex: length, actionIndex: 0, why: afterQuestion } : null;
}

/** The question to a person that the turn stands at; undefined where it stands at something else. */
export function presentQuestion(turn: OpenTurn | null): Call['question'] {
  return presentCall(turn)?.question;
}

/** Whether a decision fits what is asked: an answer approves a question, and nothing else. */
export function fitsQuestion({ kind }: Pick<Approval, 'kind'>, { decision, answer }: { readonly decision: 'approve' | 'deny'; readonly answer?: string | undefined }): boolean {
  return kind === 'question' ? decision === 'deny' || answer !== undefined : answer === undefined;
}

/** The turn after a question was answered, or not. */
export function afterAnswer(turn: OpenTurn, approval: Approval): OpenTurn {
  const call = turn.calls[turn.callIndex];
  if (call === undefined) return turn;
  const isAnswered = approval.state === 'approved';
  const told = isAnswered ? { notes: [], output: `${beforeAnswer}${approval.answer ?? ''}` } : { notes: [silenceWords(approval)] };
  const result: CallResult = { callId: call.callId, isError: !isAnswered, acknowledged: call.safetyChecks, frameId: null, ...told };
  return stoppedAtCut({ ...turn, notes: [], results: [...turn.results, result], callIndex: turn.callIndex + 1, actionIndex: 0, attempt: 0 });
}

/** Why a question has no answer, in words for the model. */
function silenceWords({ state, reason }: Approval): string {
  if (state === 'expired') return 'Nobody answered in time. Go on without the answer if that does no harm, or finish and say what you would have to know.';
  return `A person does not answer${reason === null ? '' : `: ${reason}`}. Go on without the answer if that does no harm, or finish and say what you would have to know.`;
}
