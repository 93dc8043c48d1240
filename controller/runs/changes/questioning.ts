import type { Approval } from '../../approvals/approval.ts';
import { beforeAnswer } from '../../dialects/ask-person.ts';
import type { Asked } from '../../approvals/asked.ts';
import type { Call, CallResult } from '../../dialects/transcript.ts';
import type { OpenTurn } from '../run-context.ts';
import { presentCall } from './using.ts';

/** What is told of the calls behind a question: they were decided without its answer. */
const afterQuestion = 'Not performed: it stood behind a question to a person. Decide again, with what came of the question.';

/** The question to a person that the turn stands at; undefined where it stands at something else. */
export function presentQuestion(turn: OpenTurn | null): Call['question'] {
  return presentCall(turn)?.question;
}

/** What is asked when the turn stands at a question; undefined where it does not. */
export function questionOf(turn: OpenTurn, frameId: string | null): Asked | undefined {
  const question = presentQuestion(turn);
  return question === undefined ? undefined : { kind: 'question', calls: [], rules: [], frameId, question };
}

/** Why a decision does not fit what is asked: an answer approves a question, and nothing else; undefined if it fits. */
export function problemOfAnswer({ kind, id }: Pick<Approval, 'kind' | 'id'>, { decision, answer }: { readonly decision: 'approve' | 'deny'; readonly answer?: string | undefined }): string | undefined {
  if (kind === 'question') return decision === 'approve' && answer === undefined ? `approval ${id} is a question of the model's: it wants an answer (POST /api/approvals/${id}/answer)` : undefined;
  return answer === undefined ? undefined : `approval ${id} is no question of the model's: decide it (POST /api/approvals/${id}/decision)`;
}

/** The turn after a question was answered, or not: nothing behind it is performed. */
export function afterAnswer(turn: OpenTurn, approval: Approval): OpenTurn {
  const call = turn.calls[turn.callIndex];
  if (call === undefined) return turn;
  const isAnswered = approval.state === 'approved';
  const told = isAnswered ? { notes: [], output: `${beforeAnswer}${approval.answer ?? ''}` } : { notes: [silenceWords(approval)] };
  const result: CallResult = { callId: call.callId, isError: !isAnswered, acknowledged: call.safetyChecks, frameId: null, ...told };
  return { ...turn, notes: [], results: [...turn.results, result], callIndex: turn.callIndex + 1, actionIndex: 0, attempt: 0, stoppedBy: turn.callIndex + 1 < turn.calls.length ? afterQuestion : null };
}

/** Why a question has no answer, in words for the model. */
function silenceWords({ state, reason }: Approval): string {
  if (state === 'expired') return 'Nobody answered in time. Go on without the answer if that does no harm, or finish and say what you would have to know.';
  return `A person does not answer${reason === null ? '' : `: ${reason}`}. Go on without the answer if that does no harm, or finish and say what you would have to know.`;
}
