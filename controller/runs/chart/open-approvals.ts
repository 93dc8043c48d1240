import type { Approval } from '../../approvals/approval.ts';
import { networkOf } from './changes/networking.ts';
import type { RunContext } from './run-context.ts';

/** Every question to a person that waits in a run: the one that holds its turn, and those about hosts. */
export function openApprovals(context: RunContext): readonly Approval[] {
  return [...(context.approval === null ? [] : [context.approval]), ...networkOf(context).questions];
}
