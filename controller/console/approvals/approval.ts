import type { AnswerOf } from '../../api/contract.ts';

/** A question to a person, as the API shows it. */
export type Approval = AnswerOf<'GET /api/approvals/{id}'>;
export type Edit = Approval['edits'][number];
export type AskedCall = Approval['calls'][number];
/** Something that waits for a person. */
export type InboxItem = AnswerOf<'GET /api/inbox'>['items'][number];
export type Run = AnswerOf<'GET /api/runs/{id}'>;
export type Me = AnswerOf<'GET /api/me'>;
