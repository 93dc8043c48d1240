import type { Action } from '../../../sandbox-image/wire/index.ts';
import type { Performed } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Approval } from '../../approvals/approval.ts';
import { withEdits } from '../../approvals/asked.ts';
import type { Focus } from '../../policy/focus.ts';
import { awaitRun } from '../await-run.ts';
import { denialWords } from '../chart/changes/approving.ts';
import { heldBack } from '../chart/changes/judging.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import type { DirectActions } from '../runs.ts';
import type { Run } from '../run.ts';

/** What a caller may have done of what it wants: the actions that are left, and why the next one is refused. */
export type Cleared = { readonly actions: readonly Action[]; readonly refusal: string | null; readonly isApproved: boolean; /** The rules that a person answered. */ readonly answered: readonly string[] };

/** What a caller wants done, and the window that has the focus. */
export type Proposal = { readonly actions: DirectActions['actions']; readonly decidedOn: string | null; readonly focus: Focus; readonly answered: readonly string[] };

/** An approval as it is now. */
export type ApprovalOf = (approvalId: string) => Approval;

/**
 * Judges a caller's actions by the rules of its run before any of them begins. Where a rule asks, this waits for a person's
 * decision, at most until the approval's deadline; a caller who goes away withdraws the question.
 */
export async function clearActions(driver: RunDriver, approvalOf: ApprovalOf, run: Run, { actions, decidedOn, focus, answered }: Proposal, signal: AbortSignal): Promise<Cleared> {
  const context = driver.contextOf(run.id);
  const proposalId = `direct-${run.steps + 1}`;
  const held = context === undefined ? undefined : heldBack(context, [{ callId: proposalId, actions }], { focus, answered });
  if (held === undefined || held.matches.length === 0) return { actions, refusal: null, isApproved: false, answered };
  const asked = driver.dispatch(run.id, { type: 'caller.propose', at: driver.now(), proposalId, actions, decidedOn, focus, answered });
  if (asked === undefined) throw new VitrineError('conflict', `run ${run.id} takes no action now: it is ${run.control === 'agent' ? run.state : run.control}`);
  const refusal = held.cut?.why ?? null;
  if (asked.approvalId === null) return { actions: actions.slice(0, held.cut?.actionIndex), refusal, isApproved: false, answered };
  const approval = await decided(driver, approvalOf, asked, asked.approvalId, signal);
  if (approval.state !== 'approved') return { actions: [], refusal: denialWords(approval), isApproved: false, answered };
  return { actions: withEdits(approval.calls, approval.edits).flatMap((call) => call.actions), refusal, isApproved: true, answered: [...answered, ...approval.rules.map(({ rule }) => rule)] };
}

/** Waits for the decision. A caller who gives up leaves no question behind. */
async function decided(driver: RunDriver, approvalOf: ApprovalOf, run: Run, approvalId: string, signal: AbortSignal): Promise<Approval> {
  try {
    await awaitRun(driver, run.id, (view) => view.approvalId !== approvalId, signal);
  } finally {
    if (signal.aborted) driver.dispatch(run.id, { type: 'caller.withdraw', at: driver.now(), approvalId });
  }
  return approvalOf(approvalId);
}

/** The outcome of an action that was refused before it reached the desktop. */
export function refusedOutcome(actionId: string, message: string): Performed {
  return {
    totalMs: 0,
    picture: undefined,
    outcome: {
      actionId, status: 'refused', error: { code: 'forbidden', message }, pointer: { x: 0, y: 0 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 0, warnings: [], replayed: false,
      timings: { queueMs: 0, inputMs: 0, settleMs: 0, captureMs: 0 },
    },
  };
}
