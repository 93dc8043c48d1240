import { Approval } from '../approvals/approval.ts';
import type { ApprovalKind, ApprovalState, Decision } from '../approvals/approval.ts';
import { VitrineError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { problemOfEdits } from './changes/editing.ts';
import { problemOfAnswer } from './changes/questioning.ts';
import { refuseOwn } from './own-approvals.ts';
import type { RunDriver } from './run-driver.ts';
import type { RunSight } from './run-sight.ts';
import type { Page, Principal } from './runs.ts';

export type ApprovalFilter = {
  readonly runId?: string | undefined;
  readonly state?: ApprovalState | undefined;
  readonly kind?: ApprovalKind | undefined;
  readonly limit: number;
  /** Approvals opened before this one; from `next` of the page before. */
  readonly after?: string | undefined;
};

/** Approvals of the project, newest first. */
export function listApprovals(journal: Journal, filter: ApprovalFilter, by: Principal): Page<Approval> {
  const { approvals, next } = journal.findApprovals({ ...filter, project: by.project });
  return { items: approvals.map((approval) => Approval.parse(approval)), next };
}

/** Decides an approval, once and for all. Throws `conflict` when it was decided before or asks something else than was seen, `unprocessable` for edits that cannot be made, and for a question without an answer. */
export function decideApproval(driver: RunDriver, journal: Journal, sight: RunSight, approvalId: string, decision: Decision, by: Principal): Approval {
  const approval = sight.approval(approvalId, by);
  refuseDecided(approval);
  refuseOwn(journal, approval, by);
  const { reason, digest, edits = [], answer } = decision;
  if (digest !== undefined && digest !== approval.digest) throw new VitrineError('conflict', `approval ${approvalId} asks something else than you saw: look at it again`, { details: { digest: approval.digest } });
  const context = driver.contextOf(approval.runId);
  const problem = problemOfAnswer(approval, decision) ?? (context === undefined ? undefined : problemOfEdits(context, approval, edits));
  if (problem !== undefined) throw new VitrineError('unprocessable', `${problem}; nothing was decided`);
  driver.dispatch(approval.runId, { type: 'approval.decide', at: driver.now(), approvalId, decision: decision.decision, by: by.name, reason: reason ?? null, edits, ...(answer === undefined ? {} : { answer }) });
  const after = sight.approval(approvalId, by);
  if (after.state === 'pending') throw new VitrineError('conflict', `approval ${approvalId} is not waiting any more: its run moved on`);
  return after;
}

/** A decision is made once; a second one is told of the first. */
function refuseDecided(approval: Approval): void {
  if (approval.state === 'pending') return;
  const who = approval.decidedBy === null ? '' : ` by ${approval.decidedBy}`;
  throw new VitrineError('conflict', `approval ${approval.id} was ${approval.state} already${who}`, {
    details: { state: approval.state, decidedBy: approval.decidedBy, decidedAt: approval.decidedAt, reason: approval.reason },
  });
}
