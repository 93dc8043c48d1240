import { misplacedEdit, withEdits } from '../../../approvals/asked.ts';
import type { Approval, Edit } from '../../../approvals/approval.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import { heldBack } from './judging.ts';

/** Why a person cannot have these texts typed instead of those that an approval asks about, in words; undefined if they can. */
export function problemOfEdits(context: Pick<RunContext, 'rules' | 'line' | 'turn'>, { calls }: Pick<Approval, 'calls'>, edits: readonly Edit[]): string | undefined {
  const misplaced = misplacedEdit(calls, edits);
  if (misplaced !== undefined || edits.length === 0) return misplaced;
  const refused = heldBack(context, withEdits(calls, edits), { focus: context.turn?.focus }).matches.find(({ verdict }) => verdict === 'refuse');
  return refused === undefined ? undefined : `the rule ${refused.rule} refuses the edited text: ${refused.reason}`;
}

/** A turn in which the edited texts stand in place of the model's, each with who wrote it. */
export function editedTurn(turn: OpenTurn, edits: readonly Edit[], by: string): OpenTurn {
  if (edits.length === 0) return turn;
  const written = edits.map(({ callId, index, text }) => {
    const callIndex = turn.calls.findIndex((call, place) => place >= turn.callIndex && call.callId === callId);
    return { callIndex, actionIndex: index + (callIndex === turn.callIndex ? turn.actionIndex : 0), text, by };
  });
  const calls = turn.calls.map((call, callIndex) => ({
    ...call,
    actions: call.actions.map((action, actionIndex) => {
      const edit = written.find((each) => each.callIndex === callIndex && each.actionIndex === actionIndex);
      return edit === undefined || action.type !== 'type' ? action : { ...action, text: edit.text };
    }),
  }));
  return { ...turn, calls, edits: [...(turn.edits ?? []), ...written.map(({ callIndex, actionIndex, by: who }) => ({ callIndex, actionIndex, by: who }))] };
}

/** Who wrote the text of the turn's present action, if a person edited it. */
export function editorOf({ edits = [], callIndex, actionIndex }: Pick<OpenTurn, 'edits' | 'callIndex' | 'actionIndex'>): string | undefined {
  return edits.findLast((edit) => edit.callIndex === callIndex && edit.actionIndex === actionIndex)?.by;
}
