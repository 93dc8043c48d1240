import type { Action, Frame } from '../../../../sandbox-image/wire/index.ts';
import { isSameFocus, movesFocus, watchesFocus } from '../../../policy/focus.ts';
import { compareSteps } from '../../../policy/judge.ts';
import type { Cut, OpenTurn, RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import { heldBack, judgedFacts, stoppedAtCut } from './judging.ts';

/**
 * A turn under way as it goes on after a frame: once another window may have the focus, what comes next is judged by the one
 * that has it. It never gets milder: what was refused stays refused. A rule that a person has answered is not asked about again.
 */
export function judgedAgain(context: Pick<RunContext, 'rules' | 'line'>, turn: OpenTurn, { frameId, window }: Frame, done?: Action): { readonly turn: OpenTurn; readonly facts: readonly RunFact[] } {
  const isOver = turn.stoppedBy !== null || turn.callIndex >= turn.calls.length;
  if (isOver || !watchesFocus(context.rules ?? []) || (isSameFocus(turn.focus, window) && !movesFocus(done))) return { turn, facts: [] };
  const from = { call: turn.callIndex, index: turn.actionIndex };
  const asked = turn.asking ?? [];
  const held = heldBack(context, turn.calls, { focus: window, from, answered: asked.map(({ rule }) => rule) });
  const cut = firstCut(turn.cut ?? null, held.cut);
  const more = held.asking.filter((match) => cut === null || compareSteps(match, { call: cut.callIndex, index: cut.actionIndex }) < 0);
  const refusing = cut !== null && cut === held.cut ? held.matches.filter(({ verdict }) => verdict === 'refuse').slice(0, 1) : [];
  const next = stoppedAtCut({ ...turn, focus: window, cut, asking: [...asked, ...more], ...(more.length === 0 ? {} : { isAcknowledged: false, askedOn: frameId }) });
  return { turn: next, facts: judgedFacts(turn.number, [...refusing, ...more]) };
}

/** The earlier of two; the first of two at the same place. */
function firstCut(one: Cut | null, other: Cut | null): Cut | null {
  if (one === null || other === null) return one ?? other;
  return compareSteps({ call: other.callIndex, index: other.actionIndex }, { call: one.callIndex, index: one.actionIndex }) < 0 ? other : one;
}
