import type { Approval } from '../../../approvals/approval.ts';
import { digestOf, openedApproval, withEdits } from '../../../approvals/asked.ts';
import type { Asked } from '../../../approvals/asked.ts';
import type { CallResult } from '../../../dialects/transcript.ts';
import type { RunCommand } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { Change } from './change.ts';
import { editedTurn } from './editing.ts';
import { afterAnswer, presentQuestion } from './questioning.ts';
import { askingRules, heldBack, judgedFacts, waitingCalls } from './judging.ts';

/** Asks a person: the turn carries checks of the vendor, rules want one, or an approved target changed before it was acted on. */
export function openApproval(context: RunContext, command: RunCommand): Change {
  const { turn } = context;
  if (turn === null) return {};
  const calls = waitingCalls(turn);
  const kind = turn.asksAgain ? 'stale_target' : calls.some(({ safetyChecks }) => safetyChecks.length > 0) ? 'safety_check' : 'policy';
  return opened(context, { kind, calls, rules: askingRules(turn.asking ?? [], turn), frameId: turn.asksAgain ? (context.frame?.frameId ?? null) : (turn.askedOn ?? turn.decidedOn) }, command.at);
}

/** Asks a person what the model wants to know. */
export function openQuestion(context: RunContext, command: RunCommand): Change {
  const question = presentQuestion(context.turn);
  return question === undefined ? {} : opened(context, { kind: 'question', calls: [], rules: [], frameId: context.frame?.frameId ?? null, question }, command.at);
}

/** Judges what a caller wants done, and asks a person where a rule says so. */
export function judgeProposal(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'caller.propose') return {};
  const { proposalId: callId, actions, decidedOn: frameId, focus, answered } = command;
  const { matches, cut, asking } = heldBack(context, [{ callId, actions }], { focus, answered });
  const facts = judgedFacts(0, matches);
  if (asking.length === 0) return { facts };
  const start = { callIndex: 0, actionIndex: 0 };
  const calls = waitingCalls({ calls: [{ callId, actions: [...actions], safetyChecks: [] }], ...start, cut });
  const asked = opened(context, { kind: 'policy', calls, rules: askingRules(asking, start), frameId }, command.at);
  return { ...asked, facts: [...facts, ...(asked.facts ?? [])] };
}

function opened(context: RunContext, asked: Asked, at: number): Change {
  const approvals = context.approvals + 1;
  const approval = openedApproval(asked, { runId: context.runId, number: approvals, at, timeoutMs: context.request.approvalTimeoutMs });
  return { context: { approval, approvals }, facts: [{ type: 'approval.opened', approval }] };
}

/** A person decided. */
export function decideApproval(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'approval.decide' || context.approval === null) return {};
  const { approval } = context;
  const decided = { ...approval, decidedAt: command.at, decidedBy: command.by, reason: command.reason };
  if (command.decision === 'deny') return endApproval(context, { ...decided, state: 'denied' });
  const edits = [...(command.edits ?? [])];
  const answer = command.answer ?? null;
  return endApproval(context, { ...decided, state: 'approved', edits, answer, decidedDigest: digestOf({ ...approval, calls: withEdits(approval.calls, edits) }) });
}

/** Nobody decided in time, which denies. */
export function expireApproval(context: RunContext, command: RunCommand): Change {
  if (context.approval === null) return {};
  return endApproval(context, { ...context.approval, state: 'expired', decidedAt: command.at, reason: 'nobody decided in time' });
}

/** The caller who wanted it done is gone: nobody is asked any more. */
export function withdrawProposal(context: RunContext, command: RunCommand): Change {
  if (context.approval === null) return {};
  return endApproval(context, { ...context.approval, state: 'withdrawn', decidedAt: command.at, reason: 'the request that asked for it is gone' });
}

function endApproval({ turn, frame }: RunContext, approval: Approval): Change {
  const facts = [{ type: 'approval.ended', approval }] as const;
  if (turn !== null && approval.kind === 'question') return { context: { approval: null, turn: afterAnswer(turn, approval), frame: frame && { ...frame, isFresh: false } }, facts };
  const next = turn === null ? null : approval.state === 'approved' ? approved(turn, approval) : denied(turn, approval);
  return { context: { approval: null, turn: next }, facts };
}

/** Goes on; a target that was asked about again is now bound to the frame on which the person decided. */
function approved(turn: OpenTurn, approval: Approval): OpenTurn {
  const edited = editedTurn(turn, approval.edits, approval.decidedBy ?? '');
  return { ...edited, isAcknowledged: true, isApproved: true, asksAgain: false, decidedOn: turn.asksAgain ? approval.frameId : turn.decidedOn };
}

function denied(turn: OpenTurn, approval: Approval): OpenTurn {
  const why = denialWords(approval);
  const [present, ...rest] = turn.calls.slice(turn.callIndex);
  const result = (callId: string, notes: readonly string[]): CallResult => ({ callId, isError: true, notes: [...notes, why], acknowledged: [], frameId: null });
  const results = present === undefined ? [] : [result(present.callId, turn.notes), ...rest.map(({ callId }) => result(callId, []))];
  return { ...turn, isAcknowledged: true, asksAgain: false, results: [...turn.results, ...results], callIndex: turn.calls.length, actionIndex: 0, notes: [], stoppedBy: why };
}

/** Why what was asked about is not performed, in words for the model and for callers. */
export function denialWords({ state, reason }: Pick<Approval, 'state' | 'reason'>): string {
  if (state === 'expired') return 'Not performed: nobody approved it in time, which counts as a denial.';
  return `Not performed: a person denied it${reason === null ? '' : `: ${reason}`}.`;
}
