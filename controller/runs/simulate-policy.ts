import { isSameFocus, movesFocus } from '../policy/focus.ts';
import type { Focus } from '../policy/focus.ts';
import { ruleOnHost } from '../policy/hosts.ts';
import { compareMatches, judge } from '../policy/judge.ts';
import type { JudgedAt, JudgedCall } from '../policy/judge.ts';
import type { PolicyRule, RuleMatch } from '../policy/rule.ts';
import { lineAfter } from '../policy/typed-text.ts';
import type { RunEvent, RunFact } from './run-event.ts';

/** What rules would have said about a turn of the model (or, with turn 0, about an action of a caller). */
export type TurnMatches = { readonly turn: number; readonly matches: readonly RuleMatch[] };

/** What rules would have said about a host that a run wanted to reach, and what became of it then. */
export type ContactMatch = { readonly host: string; readonly port: number; readonly was: 'allowed' | 'refused'; readonly rule: string; readonly verdict: 'ask' | 'refuse'; readonly reason: string };

type Turn = { readonly number: number; readonly calls: readonly JudgedCall[]; focus: Focus };

/**
 * What rules would have said about everything that a run wanted done, turn by turn; those of which they say nothing are left
 * out. Many rules about a long run take long: `pause` is awaited after each rule that was looked at, and ends it by throwing.
 */
export async function simulatePolicy(rules: readonly PolicyRule[], events: Iterable<RunEvent> | AsyncIterable<RunEvent>, pause: () => Promise<void>): Promise<readonly TurnMatches[]> {
  const found: { turn: number; matches: RuleMatch[] }[] = [];
  let focus: Focus;
  let line = '';
  let open: Turn | undefined;
  const judgedSlowly = async (calls: readonly JudgedCall[], at: JudgedAt) => {
    const matches: RuleMatch[] = [];
    for (const rule of rules) {
      matches.push(...judge([rule], calls, line, at));
      await pause();
    }
    return matches.toSorted(compareMatches);
  };
  const look = async (turn: number, calls: readonly JudgedCall[], at: JudgedAt) => {
    const entry = found.find((each) => turn > 0 && each.turn === turn) ?? { turn, matches: [] };
    const fresh = (await judgedSlowly(calls, at)).filter((match) => !entry.matches.some(({ rule, call, index }) => rule === match.rule && call === match.call && index === match.index));
    if (entry.matches.length === 0 && fresh.length > 0) found.push(entry);
    entry.matches.push(...fresh);
  };
  const goOn = async ({ callId, index, turn, action }: Extract<RunFact, { type: 'action.ended' }>) => {
    if (open?.number !== turn || (isSameFocus(open.focus, focus) && !movesFocus(action))) return;
    open.focus = focus;
    await look(turn, open.calls, { focus, from: { call: open.calls.findIndex((call) => call.callId === callId), index: index + 1 } });
  };
  for await (const { fact } of events) {
    if (fact.type === 'frame.captured') focus = fact.frame.window;
    if (fact.type === 'model.answered' && fact.answer.unfinished === null) {
      open = { number: fact.turn, calls: fact.answer.calls, focus };
      await look(fact.turn, open.calls, { focus });
    }
    if (fact.type === 'action.intended' && fact.turn === 0) await look(0, [{ callId: fact.actionId, actions: [fact.action] }], { focus });
    if (fact.type === 'action.ended') {
      if (fact.outcome.status !== 'refused') line = lineAfter(line, fact.action);
      await goOn(fact);
    }
  }
  return found;
}

/** What rules would have said about the hosts that a run wanted to reach, in the order of the first contacts of each kind. Pure. */
export function simulateContacts(rules: readonly PolicyRule[], events: readonly RunEvent[]): readonly ContactMatch[] {
  return events.flatMap(({ fact }): ContactMatch[] => {
    if (fact.type !== 'network.decided') return [];
    const { host, port, verdict: was } = fact.contact;
    const ruled = ruleOnHost(rules, host, port);
    return ruled === undefined ? [] : [{ host, port, was, ...ruled }];
  });
}
