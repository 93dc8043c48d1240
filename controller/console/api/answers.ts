import type { AnswerOf } from '../../api/contract.ts';

/** The shapes that the API answers with, by their names. */
export type Run = AnswerOf<'GET /api/runs/{id}'>;
export type DesktopView = AnswerOf<'GET /api/desktops/{id}'>;
export type Approval = AnswerOf<'GET /api/approvals/{id}'>;
export type InboxItem = AnswerOf<'GET /api/inbox'>['items'][number];
export type RunEvent = AnswerOf<'GET /api/events'>['events'][number];
export type RunFact = RunEvent['fact'];
export type RunNetwork = AnswerOf<'GET /api/runs/{id}/network'>;
export type Model = AnswerOf<'GET /api/models'>['models'][number];
