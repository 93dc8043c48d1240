import { Approval } from '../approvals/approval.ts';
import type { ApprovalKind, ApprovalState, Decision, QuestionReply } from '../approvals/approval.ts';
import { VitrineError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { problemOfEdits } from './chart/changes/editing.ts';
import { refuseOwn } from './own-approvals.ts';
import type { RunCommandOf } from './chart/run-command.ts';
import type { RunDriver } from './driving/run-driver.ts';
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

type Desk = { readonly driver: RunDriver; readonly journal: Journal; readonly sight: RunSight };

/**
 * Decides an approval, once and for all. Throws `conflict` when it was decided before or asks something else than was seen,
 * `forbidden` for what this token started itself, `unprocessable` for edits that cannot be made and for a question of the model's.
 */
export function decideApproval({ driver, journal, sight }: Desk, approvalId: string, { decision, reason, digest, edits = [] }: Decision, by: Principal): Approval {
  const approval = openApproval(sight, approvalId, digest, by);
  refuseOwn(journal, approval, by);
  const context = driver.contextOf(approval.runId);
  const problem = misdirected(approval, 'decision') ?? (context === undefined ? undefined : problemOfEdits(context, approval, edits));
  if (problem !== undefined) throw new VitrineError('unprocessable', `${problem}; nothing was decided`);
  return conclude({ driver, sight }, approval, { decision, reason: reason ?? null, edits }, by);
}

/**
 * Answers a question of the model's, or leaves it unanswered, once and for all. Whoever may say something to the run's model
 * may answer it, whoever started the run included. Throws as a decision does; `unprocessable` for what is no such question.
 */
export function answerQuestion({ driver, sight }: Omit<Desk, 'journal'>, approvalId: string, { answer, reason, digest }: QuestionReply, by: Principal): Approval {
  const approval = openApproval(sight, approvalId, digest, by);
  const problem = misdirected(approval, 'answer');
  if (problem !== undefined) throw new VitrineError('unprocessable', `${problem}; nothing was decided`);
  return conclude({ driver, sight }, approval, answer === undefined ? { decision: 'deny', reason: reason ?? null } : { decision: 'approve', reason: null, answer }, by);
}

/** Why this is not said about such an approval, in words: a question of the model's is answered, everything else is decided. */
function misdirected({ id, kind }: Approval, said: 'decision' | 'answer'): string | undefined {
  if ((kind === 'question') === (said === 'answer')) return undefined;
  return said === 'decision' ? `approval ${id} is a question of the model's: answer it, or leave it unanswered, with POST /api/approvals/${id}/answer` : `approval ${id} is no question of the model's: decide it (POST /api/approvals/${id}/decision)`;
}

/** The approval as it waits for somebody who saw this digest of it. */
function openApproval(sight: RunSight, approvalId: string, digest: string | undefined, by: Principal): Approval {
  const approval = sight.approval(approvalId, by);
  refuseDecided(approval);
  if (digest !== undefined && digest !== approval.digest) throw new VitrineError('conflict', `approval ${approvalId} asks something else than you saw: look at it again`, { details: { digest: approval.digest } });
  return approval;
}

type Conclusion = Pick<RunCommandOf<'approval.decide'>, 'decision' | 'reason' | 'edits' | 'answer'>;

function conclude({ driver, sight }: Omit<Desk, 'journal'>, { id, runId }: Approval, conclusion: Conclusion, by: Principal): Approval {
  driver.dispatch(runId, { type: 'approval.decide', at: driver.now(), approvalId: id, by: by.name, ...conclusion });
  const after = sight.approval(id, by);
  if (after.state === 'pending') throw new VitrineError('conflict', `approval ${id} is not waiting any more: its run moved on`);
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
