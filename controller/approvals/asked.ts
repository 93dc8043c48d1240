import { createHash } from 'node:crypto';
import type { Action } from '../../sandbox-image/wire/index.ts';
import type { Approval, AskedCall, Edit } from './approval.ts';

/** What a person is asked: everything that the digest binds. */
export type Asked = Pick<Approval, 'kind' | 'calls' | 'rules' | 'frameId' | 'network' | 'question'>;

/** SHA-256 (hex) of exactly what is asked. */
export function digestOf({ kind, calls, rules, frameId, network, question }: Asked): string {
  return createHash('sha256').update(JSON.stringify({ kind, calls, rules, frameId, network, question })).digest('hex');
}

/** The question as it is opened at `at`, by the next number of its run; it is denied by itself after the run's time for approvals. */
export function openedApproval(asked: Asked, { runId, number, at, timeoutMs }: { readonly runId: string; readonly number: number; readonly at: number; readonly timeoutMs: number }): Approval {
  return {
    id: `${runId}.approval.${number}`,
    runId,
    ...asked,
    state: 'pending',
    digest: digestOf(asked),
    openedAt: at,
    expiresAt: at + timeoutMs,
    decidedAt: null,
    decidedBy: null,
    reason: null,
    answer: null,
    edits: [],
    decidedDigest: null,
  };
}

/** The calls with the edited texts in place of those that were asked about. */
export function withEdits(calls: readonly AskedCall[], edits: readonly Edit[]): AskedCall[] {
  return calls.map((call) => ({
    ...call,
    actions: call.actions.map((action, index): Action => {
      const edit = edits.find((each) => each.callId === call.callId && each.index === index);
      return edit === undefined || action.type !== 'type' ? action : { ...action, text: edit.text };
    }),
  }));
}

/** Why these calls cannot be edited so, in words; undefined if they can. */
export function misplacedEdit(calls: readonly AskedCall[], edits: readonly Edit[]): string | undefined {
  for (const [position, { callId, index }] of edits.entries()) {
    const action = calls.find((call) => call.callId === callId)?.actions[index];
    if (action?.type !== 'type') return `edits[${position}]: ${action === undefined ? `there is no action ${index} in call ${JSON.stringify(callId)}` : `action ${index} of call ${callId} is ${action.type}`}: only the text of a type action can be edited`;
    if (edits.findIndex((each) => each.callId === callId && each.index === index) !== position) return `edits[${position}]: action ${index} of call ${callId} is edited twice`;
  }
  return undefined;
}
