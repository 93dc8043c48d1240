import { z } from 'zod';
import { CallerCall, DesktopTool, PersonQuestion, SafetyCheck } from '../dialects/transcript.ts';
import { Action, TypedText, limits } from '../../sandbox-image/wire/index.ts';

/**
 * What a person is asked about: `safety_check`: the vendor wants a confirmation (rules that ask about the same actions come with
 * it); `policy`: rules alone want one; `stale_target`: what was approved looks different now; `network`: the desktop wants to reach a host
 * for the first time; `question`: the model itself asks, and an answer approves.
 */
export const ApprovalKind = z.enum(['safety_check', 'policy', 'stale_target', 'network', 'question']).meta({ id: 'ApprovalKind' });
export type ApprovalKind = z.infer<typeof ApprovalKind>;

/** `expired` counts as denied. `withdrawn`: the run ended first, or who asked is gone. */
export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn']).meta({ id: 'ApprovalState' });
export type ApprovalState = z.infer<typeof ApprovalState>;

/** A call that waits: what would be done, action by action, and the vendor's checks. */
export const AskedCall = z.strictObject({ callId: z.string(), actions: z.array(Action), tool: DesktopTool.optional(), asks: CallerCall.optional(), question: PersonQuestion.optional(), safetyChecks: z.array(SafetyCheck) }).meta({ id: 'AskedCall' });
export type AskedCall = z.infer<typeof AskedCall>;

/** A rule that wants a person to be asked, and the first action of the waiting calls that it is about. */
export const AskingRule = z.strictObject({ rule: z.string(), reason: z.string(), callId: z.string(), index: z.int().nonnegative() }).meta({ id: 'AskingRule' });
export type AskingRule = z.infer<typeof AskingRule>;

/** Another text for a `type` action of a waiting call; `index` counts the actions of the call as the approval shows them. */
export const Edit = z.strictObject({ callId: z.string(), index: z.int().nonnegative(), text: TypedText }).meta({ id: 'Edit' });
export type Edit = z.infer<typeof Edit>;

/** A question to a person, bound to exactly what is asked, decided once. */
export const Approval = z.strictObject({
  id: z.string(),
  runId: z.string(),
  kind: ApprovalKind,
  state: ApprovalState,
  /** SHA-256 (hex) of exactly what is asked: kind, calls with their actions, checks, rules, frame. A decision may name it and is refused if it differs. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** The calls that wait, with their checks. */
  calls: z.array(AskedCall),
  /** The rules that ask. */
  rules: z.array(AskingRule).default([]),
  /** The host that the desktop wants to reach; present for `network` only. */
  network: z.strictObject({ host: z.string(), port: z.int() }).optional(),
  /** What the model asks; present for `question` only. */
  question: PersonQuestion.optional(),
  /** The frame on which the model decided. */
  frameId: z.string().nullable(),
  openedAt: z.int(),
  /** Denied by itself at this time. */
  expiresAt: z.int(),
  decidedAt: z.int().nullable(),
  /** Who decided: the token's name; null while pending and for expiry. */
  decidedBy: z.string().nullable(),
  reason: z.string().nullable(),
  /** What the person answered to a `question`; null otherwise. The model is told. */
  answer: z.string().nullable().default(null),
  /** What the person changed before approving. */
  edits: z.array(Edit).default([]),
  /** The digest of what was approved: `digest`, or another one where texts were edited. Null unless approved. */
  decidedDigest: z.string().regex(/^[0-9a-f]{64}$/).nullable().default(null),
}).meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;

/** A person's decision about anything but a question of the model's. */
export const Decision = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  reason: z.string().max(2000).optional(),
  /** The digest the person saw; the decision is refused with `conflict` if it is not the approval's. */
  digest: z.string().optional(),
  /** Texts to be typed instead of those that are asked about. Only with `approve`. */
  edits: z.array(Edit).max(limits.maxActionsPerTurn).optional(),
}).refine(({ decision, edits = [] }) => decision === 'approve' || edits.length === 0, { path: ['edits'], error: 'only what is approved can be edited' }).meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

/** What a person says to a question of the model's: an answer, or none and perhaps why. The model is told either. */
export const QuestionReply = z.strictObject({
  answer: z.string().trim().min(1).max(10_000).optional(),
  /** Why there is no answer. */
  reason: z.string().max(10_000).optional(),
  /** The digest the person saw; as for a decision. */
  digest: z.string().optional(),
}).refine(({ answer, reason }) => answer === undefined || reason === undefined, { path: ['reason'], error: 'an answer needs no reason: give one of the two' }).meta({ id: 'QuestionReply' });
export type QuestionReply = z.infer<typeof QuestionReply>;
