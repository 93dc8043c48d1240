import { problemOfEdits } from './changes/editing.ts';
import { heldBack } from './changes/judging.ts';
import { fitsQuestion, presentQuestion } from './changes/questioning.ts';
import { deadlineIds } from './run-deadlines.ts';
import { nextStep } from './changes/stepping.ts';
import { answersAll, nextAsked, presentCall } from './changes/using.ts';
import { maxStartsOver } from './changes/starting-over.ts';
import { chargedForLostAsk, spentBudget } from './changes/budgets.ts';
import { networkOf } from './changes/networking.ts';
import { filesOf } from '../files/upload.ts';
import type { RunCommand } from './run-command.ts';
import type { RunContext } from './run-context.ts';

type Facts = { readonly context: RunContext; readonly event: RunCommand };

/** Whether the command answers the effect in flight; a late or foreign answer changes nothing. */
export function isAwaited({ context, event }: Facts): boolean {
  return 'effectId' in event && event.effectId === context.awaits?.effectId;
}

export function isEnding({ context }: Facts): boolean {
  return context.ending !== null;
}

export function needsDesktop({ context }: Facts): boolean {
  return context.display === null;
}

/** Files of the run are still to be put into its desktop. */
export function needsFiles({ context }: Facts): boolean {
  return context.filesPut !== true && filesOf(context.request).length > 0;
}

/** The run's files are on their way into its desktop. */
export function isPutting({ context }: Facts): boolean {
  return context.awaits?.kind === 'put';
}

export function isCaller({ context }: Facts): boolean {
  return context.driver === 'caller';
}

/** The model's last word, and nothing was said to it since. */
export function isAnswered({ context }: Facts): boolean {
  return context.turn === null && context.answer !== null && context.unreadNotes === 0;
}

export function isSpent({ context }: Facts): boolean {
  return spentBudget(context) !== null;
}

/** A question was under way when the controller ended, and with its reserve the budget is used up. */
export function isSpentByRestart({ context }: Facts): boolean {
  return context.awaits?.kind === 'ask' && spentBudget(chargedForLostAsk(context)) !== null;
}

/** Nothing of the open turn is left to perform. */
export function isTurnDone({ context }: Facts): boolean {
  const { turn } = context;
  return turn !== null && (turn.callIndex >= turn.calls.length || turn.stoppedBy !== null);
}

/** A frame has to be captured before the run can go on: for the first question, for the answer to a turn, after a pause, for a person. */
export function needsFrame(facts: Facts): boolean {
  const { frame, turn } = facts.context;
  if (frame?.isFresh === true) return false;
  return frame === null || turn === null || turn.asksAgain || isTurnDone(facts);
}

export function isStuck({ context }: Facts): boolean {
  return context.isStuck;
}

export function endsWhenStuck({ context }: Facts): boolean {
  return context.isStuck && context.request.onStuck === 'end';
}

export function needsApproval({ context }: Facts): boolean {
  return context.turn !== null && !context.turn.isAcknowledged;
}

export function hasStep({ context }: Facts): boolean {
  return context.turn !== null && nextStep(context.turn) !== undefined;
}

export function hasTool({ context }: Facts): boolean {
  return presentCall(context.turn)?.tool !== undefined;
}

/** The turn stands at a question to a person. */
export function asksPerson({ context }: Facts): boolean {
  return presentQuestion(context.turn) !== undefined;
}

/** The turn stands at a call of a caller's function. */
export function asksCaller({ context }: Facts): boolean {
  return nextAsked(context.turn).length > 0;
}

/** Whether calls of the caller's functions wait for an answer. */
export function isAsking({ context }: Facts): boolean {
  return context.asked.length > 0;
}

export function areAllAnswered({ context, event }: Facts): boolean {
  return event.type === 'caller.answer' && answersAll(context.asked, event.answers);
}

/** Nothing is being done whose outcome must still be recorded. */
export function isActionSettled({ context }: Facts): boolean {
  return context.awaits?.kind !== 'perform' && context.awaits?.kind !== 'use' && context.fencing === null && context.operating === null;
}

export function isOurDesktop({ context, event }: Facts): boolean {
  return event.type === 'desktop.ended' && event.desktopId === context.desktopId;
}

/** The run ends while its Outbox can still be kept. One that begins anew on another desktop goes on to the last; a person in control is left alone as long as can be. */
export function endsWithDesktop({ context, event }: Facts): boolean {
  if (event.type !== 'desktop.expires' || event.desktopId !== context.desktopId || context.display === null) return false;
  return context.request.onDesktopLost !== 'start_over' && (event.isLast || context.lease === null);
}

export function isOurApproval({ context, event }: Facts): boolean {
  const { approval } = context;
  if (approval === null || !('approvalId' in event) || event.approvalId !== approval.id) return false;
  return event.type !== 'approval.decide' || (fitsQuestion(approval, event) && problemOfEdits(context, approval, event.edits ?? []) === undefined);
}

/** Whether a rule wants a person to be asked about what a caller wants done. */
export function isProposalAsked({ context, event }: Facts): boolean {
  return event.type === 'caller.propose' && heldBack(context, [{ callId: event.proposalId, actions: event.actions }], { focus: event.focus, answered: event.answered }).asking.length > 0;
}

/** Whether a network question that waits for a person is the one decided. */
export function isAboutHost({ context, event }: Facts): boolean {
  return event.type === 'approval.decide' && networkOf(context).questions.some(({ id }) => id === event.approvalId);
}

export function isHostDue({ context, event }: Facts): boolean {
  return event.type === 'deadline' && networkOf(context).questions.some(({ id, expiresAt }) => id === event.deadlineId && expiresAt <= event.at);
}

export function isApprovalDue({ context, event }: Facts): boolean {
  return event.type === 'deadline' && event.deadlineId === deadlineIds.approval && context.approval !== null && context.approval.expiresAt <= event.at;
}

export function isDurationDue({ context, event }: Facts): boolean {
  if (event.type !== 'deadline' || event.deadlineId !== deadlineIds.duration || context.clock.since === null) return false;
  return context.clock.activeMs + event.at - context.clock.since >= context.request.budgets.maxDurationMs;
}

export function isWaitDue({ context, event }: Facts): boolean {
  return event.type === 'deadline' && event.deadlineId === deadlineIds.wait && context.waitsUntil !== null && context.waitsUntil <= event.at;
}

export function isStandDue({ context, event }: Facts): boolean {
  return event.type === 'deadline' && event.deadlineId === deadlineIds.stand && context.standsUntil !== null && context.standsUntil <= event.at;
}

/** Nobody used the desktop of a caller's run for as long as it is kept idle. */
export function isIdle(facts: Facts): boolean {
  const { context, event } = facts;
  return isStandDue(facts) && event.type === 'deadline' && (event.usedAt ?? 0) + context.request.callerTimeoutMs <= event.at;
}

/** Whether the run's desktop is lost, and the run is to begin anew on a fresh one. */
export function startsOver({ context, event }: Facts): boolean {
  const isLost = event.type === 'desktop.ended' ? event.desktopId === context.desktopId && event.kind !== 'released' : event.type === 'desktop.unreachable' ? event.effectId === context.awaits?.effectId : event.type === 'fence.failed' && event.effectId === context.fencing?.effectId;
  return isLost && context.request.onDesktopLost === 'start_over' && context.startsOver < maxStartsOver;
}

/** A person may take control: nobody has it, and there is a desktop to control. */
export function canTake({ context, event }: Facts): boolean {
  return event.type === 'control.take' && context.display !== null && context.lease === null;
}

export function mayForce({ event }: Facts): boolean {
  return event.type === 'control.take' && event.isForced;
}

/** The command comes from whoever is in control. */
export function holdsLease({ context, event }: Facts): boolean {
  return 'leaseId' in event && context.lease !== null && event.leaseId === context.lease.id;
}

export function isHeld({ context }: Facts): boolean {
  return context.lease !== null;
}

export function standsIn({ context }: Facts): boolean {
  return context.standsInFor !== null;
}

export function isLeaseDue({ context, event }: Facts): boolean {
  return event.type === 'deadline' && event.deadlineId === deadlineIds.lease && context.lease !== null && context.lease.until <= event.at;
}

/** The desktop belongs to the present epoch, and no person's action is on its way. */
export function isUnfenced({ context }: Facts): boolean {
  return context.fencing === null && context.operating === null;
}

export function isFence({ context, event }: Facts): boolean {
  return 'effectId' in event && event.effectId === context.fencing?.effectId;
}

export function isOperation({ context, event }: Facts): boolean {
  return 'effectId' in event && event.effectId === context.operating?.effectId;
}

export function willSucceed({ context }: Facts): boolean {
  return context.ending?.state === 'succeeded';
}

export function willCancel({ context }: Facts): boolean {
  return context.ending?.state === 'cancelled';
}
