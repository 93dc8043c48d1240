import { z } from 'zod';
import { SafetyCheck } from '../dialects/transcript.ts';
import { Action } from '../../sandbox-image/wire/index.ts';

/** What a person is asked about. More kinds come with policy and gate. */
export const ApprovalKind = z.enum(['safety_check', 'stale_target']).meta({ id: 'ApprovalKind' });
export type ApprovalKind = z.infer<typeof ApprovalKind>;

/** `expired` counts as denied. `withdrawn`: the run ended first. */
export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn']).meta({ id: 'ApprovalState' });
export type ApprovalState = z.infer<typeof ApprovalState>;

/** A question to a person, bound to exactly what is asked, decided once. */
export const Approval = z.strictObject({
  id: z.string(),
  runId: z.string(),
  kind: ApprovalKind,
  state: ApprovalState,
  /** SHA-256 (hex) of exactly what is asked: kind, calls with their actions, checks, frame. A decision may name it and is refused if it differs. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** The calls that wait, with their checks. */
  calls: z.array(z.strictObject({ callId: z.string(), actions: z.array(Action), safetyChecks: z.array(SafetyCheck) })),
  /** The frame on which the model decided. */
  frameId: z.string().nullable(),
  openedAt: z.int(),
  /** Denied by itself at this time. */
  expiresAt: z.int(),
  decidedAt: z.int().nullable(),
  /** Who decided: the token's name; null while pending and for expiry. */
  decidedBy: z.string().nullable(),
  reason: z.string().nullable(),
}).meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;

/** A person's decision. */
export const Decision = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  reason: z.string().max(2000).optional(),
  /** The digest the person saw; the decision is refused with `conflict` if it is not the approval's. */
  digest: z.string().optional(),
}).meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;
