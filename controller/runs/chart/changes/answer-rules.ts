import { isOfScreen } from '../../../dialects/transcript.ts';
import type { AnswerRules, Turn } from '../../../dialects/transcript.ts';
import type { RunContext } from '../run-context.ts';

type Asking = Pick<RunContext, 'answerRules' | 'hasAnswered' | 'request'>;

/** The rules for the answer that is being asked for. What the first answer has to call is among them until one did. */
export function rulesNow({ answerRules, hasAnswered = false, request }: Asking): AnswerRules {
  const rules = answerRules ?? request.answerRules ?? {};
  if (!hasAnswered) return rules;
  const { firstCall: _done, ...others } = rules;
  return others;
}

/** What the model is told about a whole answer that breaks a rule; null if it breaks none. */
export function brokenRule({ firstCall, singleCall = false }: AnswerRules, { calls }: Turn): string | null {
  if (singleCall && calls.length > 1) return `Your last answer held ${calls.length} calls, and one may hold one: none of them was performed. Answer again with the first of them alone.`;
  switch (firstCall) {
    case undefined:
      return null;
    case 'any':
      return calls.length > 0 ? null : 'Your last answer called no tool, and it has to. Answer again with a call.';
    case 'screen':
      return calls.some(isOfScreen) ? null : 'Your last answer did not use the screen, and it has to: nothing of it was performed. Answer again with a call of the tool for the screen.';
    default:
      return calls.some(({ asks }) => asks?.name === firstCall.function) ? null : `Your last answer did not call ${firstCall.function}, and it has to: nothing of it was performed. Answer again with a call of it.`;
  }
}
