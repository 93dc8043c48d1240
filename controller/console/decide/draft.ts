import type { CallOf } from '../../api/contract.ts';
import { stepsOf } from './asked-words.ts';
import type { Approval } from '../api/answers.ts';

export type Edit = Approval['edits'][number];
type Reply = NonNullable<CallOf<'POST /api/approvals/{id}/answer'>['body']>;
type Decision = NonNullable<CallOf<'POST /api/approvals/{id}/decision'>['body']>;

/** What a person has written for one approval and not yet sent. */
export type Draft = {
  /** The reason of a decision; for a question of the model's also its answer. */
  readonly reason: string;
  /** Texts by place of the action (call and index), as they would be typed. */
  readonly texts: Readonly<Record<string, string>>;
};

export const emptyDraft: Draft = { reason: '', texts: {} };

/** The place of an action, as a key of a draft's texts. */
export function placeKey({ callId, index }: Pick<Edit, 'callId' | 'index'>): string {
  return `${index} ${callId}`;
}

/** The edits that a draft makes: texts that differ from those asked about. */
export function editsOf(approval: Approval, { texts }: Draft): readonly Edit[] {
  return stepsOf(approval).flatMap(({ callId, index, text }) => {
    const written = texts[placeKey({ callId, index })];
    return text === null || written === undefined || written === text ? [] : [{ callId, index, text: written }];
  });
}

/** Why a draft cannot be approved as it is, in words; undefined if it can. A denial needs nothing. */
export function problemOfDraft(approval: Approval, draft: Draft): string | undefined {
  if (approval.kind === 'question') return draft.reason.trim() === '' ? 'Write an answer, or choose one.' : undefined;
  const empty = editsOf(approval, draft).find(({ text }) => text === '');
  return empty === undefined ? undefined : 'An edited text is empty: write what is to be typed, undo the edit, or deny.';
}

/** The decision to send: bound to what was seen, with edits only where something is approved. */
export function decisionOf(approval: Approval, decision: Decision['decision'], draft: Draft): Decision {
  const reason = draft.reason.trim();
  const edits = decision === 'approve' ? editsOf(approval, draft) : [];
  return { decision, digest: approval.digest, ...(reason === '' ? {} : { reason }), ...(edits.length === 0 ? {} : { edits: [...edits] }) };
}

/** The reply to a question of the model's to send: the answer, or that there is none and why. */
export function replyOf({ digest }: Approval, decision: Decision['decision'], draft: Draft): Reply {
  const text = draft.reason.trim();
  return { digest, ...(decision === 'approve' ? { answer: text } : text === '' ? {} : { reason: text }) };
}
