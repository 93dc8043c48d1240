import { createHash } from 'node:crypto';
import type { Approval } from '../../approvals/approval.ts';
import type { CallResult } from '../../dialects/transcript.ts';
import type { RunCommand } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { Change } from './change.ts';

/** Asks a person: the turn carries checks of the vendor, or an approved target changed before it was acted on. */
export function openApproval(context: RunContext, command: RunCommand): Change {
  const { turn } = context;
  if (turn === null) return {};
  const kind = turn.asksAgain ? 'stale_target' : 'safety_check';
  const frameId = turn.asksAgain ? (context.frame?.frameId ?? null) : turn.decidedOn;
  const calls = turn.calls.slice(turn.callIndex).map(({ callId, actions, safetyChecks }) => ({ callId, actions, safetyChecks }));
  const asked = { kind, calls, frameId } as const;
  const approval: Approval = {
    id: `${context.runId}.approval.${context.approvals + 1}`,
    runId: context.runId,
    ...asked,
    state: 'pending',
    digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
    openedAt: command.at,
    expiresAt: command.at + context.request.approvalTimeoutMs,
    decidedAt: null,
    decidedBy: null,
    reason: null,
  };
  return { context: { approval, approvals: context.approvals + 1 }, facts: [{ type: 'approval.opened', approval }] };
}

/** A person decided. */
export function decideApproval(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'approval.decide' || context.approval === null) return {};
  const state = command.decision === 'approve' ? 'approved' : 'denied';
  return endApproval(context, { ...context.approval, state, decidedAt: command.at, decidedBy: command.by, reason: command.reason });
}

/** Nobody decided in time, which denies. */
export function expireApproval(context: RunContext, command: RunCommand): Change {
  if (context.approval === null) return {};
  return endApproval(context, { ...context.approval, state: 'expired', decidedAt: command.at, reason: 'nobody decided in time' });
}

function endApproval(context: RunContext, approval: Approval): Change {
  const { turn } = context;
  if (turn === null) return {};
  const next = approval.state === 'approved' ? approved(turn, approval) : denied(turn, approval);
  return { context: { approval: null, turn: next }, facts: [{ type: 'approval.ended', approval }] };
}

/** Goes on; a target that was asked about again is now bound to the frame on which the person decided. */
function approved(turn: OpenTurn, approval: Approval): OpenTurn {
  return { ...turn, isAcknowledged: true, asksAgain: false, decidedOn: turn.asksAgain ? approval.frameId : turn.decidedOn };
}

function denied(turn: OpenTurn, approval: Approval): OpenTurn {
  const why = approval.state === 'expired' ? 'nobody approved it in time, which counts as a denial' : `a person denied it${approval.reason === null ? '' : `: ${approval.reason}`}`;
  const results = turn.calls.slice(turn.callIndex).map((call): CallResult => ({ callId: call.callId, isError: true, notes: [`Not performed: ${why}.`], acknowledged: [], frameId: null }));
  return { ...turn, isAcknowledged: true, asksAgain: false, results: [...turn.results, ...results], callIndex: turn.calls.length, actionIndex: 0, notes: [], stoppedBy: why };
}
