import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import type { Change } from './change.ts';

/** How long a run that stands still waits for a person. */
export const maxWaitMs = 24 * 3_600_000;

/** Stops beginning effects. */
export function pause(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'pause') return {};
  const reason = command.reason === null ? {} : { reason: command.reason };
  return { context: { waitsUntil: command.at + maxWaitMs, standsStill: { why: 'paused', since: command.at, by: command.by, reason: command.reason } }, facts: [{ type: 'control.changed', control: 'paused', epoch: context.epoch, by: command.by, ...reason }] };
}

/** Goes on after a fresh look at the screen. What is left of a turn is not performed: it was decided on what was seen before the pause. */
export function resume(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'resume') return {};
  return {
    context: { waitsUntil: waitsUntilAfter(context, command.at), standsStill: null, frame: context.frame && { ...context.frame, isFresh: false }, turn: interrupted(context, 'the run was paused meanwhile') },
    facts: [{ type: 'control.changed', control: 'agent', epoch: context.epoch, by: command.by }],
  };
}

/** The open turn, of which nothing more is performed: it was decided on another screen. What a person is being asked about stays as it is. */
export function interrupted({ turn, approval }: RunContext, why: string): RunContext['turn'] {
  if (turn === null || turn.stoppedBy !== null || approval !== null) return turn;
  return { ...turn, stoppedBy: `Not executed: ${why}. Look at the screen as it is now.` };
}

/** Until when the run waits for whom it waited before it stood still; they have their time anew. */
export function waitsUntilAfter({ asked, isStuck, request }: RunContext, at: number): number | null {
  if (asked.length > 0) return at + request.callerTimeoutMs;
  return isStuck ? at + request.approvalTimeoutMs : null;
}

/** Somebody said something to the model. */
export function addNote(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'message') return {};
  const { from, by, text } = command;
  return { context: { unreadNotes: context.unreadNotes + 1 }, facts: [{ type: 'note.added', from, by, text, frameId: null }] };
}

/** The run repeats itself: a person is asked what to do, and has as long as for an approval. */
export function askOperator(context: RunContext, command: RunCommand): Change {
  const text = 'The last turns were the same on the same screen. A person was asked what to do.';
  return { context: { waitsUntil: command.at + context.request.approvalTimeoutMs, standsStill: { why: 'stuck', since: command.at, by: 'vitrine', reason: null } }, facts: [{ type: 'note.added', from: 'vitrine', by: 'vitrine', text, frameId: null }] };
}

/** A person answered, or resumed the run. */
export function operatorAnswered(context: RunContext, command: RunCommand): Change {
  const turn = context.turn && { ...context.turn, stoppedBy: 'Not performed: a person was asked first, because the same turn had been repeated on the same screen.' };
  const woken = { waitsUntil: null, standsStill: null, isStuck: false, repeats: { key: '', count: 0 }, turn };
  const said = command.type === 'resume' ? resume(context, command) : addNote(context, command);
  return { ...said, context: { ...said.context, ...woken } };
}
