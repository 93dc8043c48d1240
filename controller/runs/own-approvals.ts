import type { Approval } from '../approvals/approval.ts';
import { VitrineError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Principal } from './runs.ts';
import type { RunSnapshot } from './chart/step-run.ts';

/** Who starts runs shall not be able to approve what they ask for, unless that right was given by name. Throws `forbidden`. */
export function refuseOwn(journal: Journal, approval: Approval, by: Principal): void {
  const run = journal.run(approval.runId);
  if (by.mayDecideOwn !== false || run === undefined || (run.snapshot as RunSnapshot).context.createdBy !== by.name) return;
  throw new VitrineError('forbidden', `the token ${by.name} started run ${approval.runId} and may not decide its approvals: use another token, or give this one approvals:decide by name`);
}
