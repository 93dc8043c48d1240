import { signal } from '@preact/signals';
import { ApiFailure } from '../api/api-failure.ts';
import type { Approval } from '../api/answers.ts';
import { call } from '../api/client.ts';
import { tell } from '../state/toasts.ts';
import { decisionOf, emptyDraft, problemOfDraft, replyOf } from './draft.ts';
import type { Draft } from './draft.ts';
import { refusalOf } from './refusal-words.ts';
import type { Refusal } from './refusal-words.ts';
import { askApproval, takeApprovals } from './waiting.ts';

/** What was written for approvals and not sent; it stays while somebody looks at another one, or at another page. */
const drafts = signal<ReadonlyMap<string, Draft>>(new Map());
/** Why decisions of this browser were not taken, by approval. */
const refusals = signal<ReadonlyMap<string, Refusal>>(new Map());
/** The approvals that are being decided from here. */
const sending = signal<ReadonlySet<string>>(new Set());
/** Approvals that were decided from here: nobody has to be told what became of them. */
const ownDecisions = new Set<string>();

export function draftOf(id: string): Draft {
  return drafts.value.get(id) ?? emptyDraft;
}

export function write(id: string, draft: Draft): void {
  drafts.value = new Map([...drafts.value, [id, draft]]);
}

export function refusalFor(id: string): Refusal | undefined {
  return refusals.value.get(id);
}

export function isSending(id: string): boolean {
  return sending.value.has(id);
}

/** Whether this browser made the decision. */
export function isOwnDecision(id: string): boolean {
  return ownDecisions.has(id);
}

/** Sends a decision with what was written. Never rejects: what was not taken stands in `refusalFor`. */
export async function decide(approval: Approval, decision: 'approve' | 'deny'): Promise<void> {
  const { id } = approval;
  const draft = draftOf(id);
  if (sending.value.has(id) || (decision === 'approve' && problemOfDraft(approval, draft) !== undefined)) return;
  sending.value = new Set([...sending.value, id]);
  refusals.value = without(refusals.value, id);
  try {
    const decided = approval.kind === 'question'
      ? await call('POST /api/approvals/{id}/answer', { params: { id }, body: replyOf(approval, decision, draft) })
      : await call('POST /api/approvals/{id}/decision', { params: { id }, body: decisionOf(approval, decision, draft) });
    ownDecisions.add(id);
    takeApprovals([decided]);
    drafts.value = without(drafts.value, id);
    tell('done', doneWords(decided));
  } catch (reason) {
    refusals.value = new Map([...refusals.value, [id, refusalOf(ApiFailure.from(reason))]]);
    await askApproval(id);
  } finally {
    sending.value = new Set([...sending.value].filter((one) => one !== id));
  }
}

function doneWords({ state, kind, edits }: Approval): string {
  if (kind === 'network') return state === 'approved' ? 'Allowed for this run.' : 'Refused for this run.';
  if (kind === 'question') return state === 'approved' ? 'Answered: the model goes on with it.' : 'Left unanswered.';
  return state === 'approved' ? `Approved${edits.length > 0 ? ' as edited' : ''}.` : 'Denied.';
}

function without<Value>(map: ReadonlyMap<string, Value>, id: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([key]) => key !== id));
}
