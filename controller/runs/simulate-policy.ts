import { judge } from '../policy/judge.ts';
import type { PolicyRule, RuleMatch } from '../policy/rule.ts';
import { lineAfter } from '../policy/typed-text.ts';
import type { RunEvent } from './run-event.ts';

/** What rules would have said about a turn of the model (or, with turn 0, about an action of a caller). */
export type TurnMatches = { readonly turn: number; readonly matches: readonly RuleMatch[] };

/** What rules would have said about everything that a run wanted done, turn by turn; those of which they say nothing are left out. Pure. */
export function simulatePolicy(rules: readonly PolicyRule[], events: readonly RunEvent[]): readonly TurnMatches[] {
  const found: TurnMatches[] = [];
  let line = '';
  for (const { fact } of events) {
    if (fact.type === 'model.answered' && fact.answer.unfinished === null) {
      const matches = judge(rules, fact.answer.calls, line);
      if (matches.length > 0) found.push({ turn: fact.turn, matches });
    }
    if (fact.type === 'action.intended' && fact.turn === 0) {
      const matches = judge(rules, [{ callId: fact.actionId, actions: [fact.action] }], line);
      if (matches.length > 0) found.push({ turn: 0, matches });
    }
    if (fact.type === 'action.ended' && fact.outcome.status !== 'refused') line = lineAfter(line, fact.action);
  }
  return found;
}
