import { z } from 'zod';
import { Display, SettleOptions, StaleTargetPolicy } from '../../sandbox-image/wire/index.ts';
import { policyOf } from '../policy/rule.ts';
import { NetworkPolicy } from '../gate/network-policy.ts';
import { RunFiles } from './files/upload.ts';
import { AnswerFormat, AnswerRules, CallerTool, EarlierMessage, Usage } from '../dialects/transcript.ts';

/** Where a run is in its chart (run-machine.ts). */
export const RunState = z.enum([
  'queued', 'preparing', 'deciding', 'awaitingModel', 'awaitingSafetyAck', 'executingAction', 'observing', 'awaitingOperator', 'awaitingCaller',
  'finishing', 'succeeded', 'failed', 'cancelled',
]).meta({ id: 'RunState' });
export type RunState = z.infer<typeof RunState>;

/** States that a run never leaves. */
export const finalStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled'];

/** Who may give input: the agent, nobody, or a person. */
export const Control = z.enum(['agent', 'paused', 'operator']).meta({ id: 'Control' });
export type Control = z.infer<typeof Control>;

/** Bounds of a run; it ends as `failed` with the name of the one it hit. A step is one action performed on the desktop. */
export const Budgets = z.strictObject({
  maxSteps: z.int().min(1).max(100_000).default(200),
  /** Time in which the run is working; waiting for a person does not count. */
  maxDurationMs: z.int().min(1000).max(7 * 24 * 3_600_000).default(1_800_000),
  /** Input and output tokens together. */
  maxTokens: z.int().min(1).max(1_000_000_000).default(5_000_000),
  /** US dollars, by the model's configured price; without a price nothing is counted. */
  maxCostUsd: z.number().positive().max(1_000_000).optional(),
}).meta({ id: 'Budgets' });
export type Budgets = z.infer<typeof Budgets>;

const keepForMs = z.int().min(0).max(24 * 3_600_000);

/** When a run counts as going round in circles. */
export const LoopGuard = z.strictObject({
  /** So many equal turns on equal screens, among the last 24. */
  turns: z.int().min(2).max(24).default(6),
  /** So many turns in a row with input that left the screen as it was. */
  frames: z.int().min(2).max(100_000).default(50),
}).meta({ id: 'LoopGuard' });

/** What a caller asks for. */
export const RunRequest = z.strictObject({
  task: z.string().trim().min(1).max(100_000),
  /** Name of a configured model; the default one if absent. */
  model: z.string().min(1).max(128).optional(),
  /** An existing desktop to work on; a new one is launched if absent. */
  desktopId: z.string().min(1).max(64).optional(),
  /** Who goes first when desktops are scarce. */
  priority: z.enum(['low', 'normal', 'high']).default('normal'),
  /** How long the run may wait for a desktop. */
  queueTimeoutMs: z.int().min(1000).max(7 * 24 * 3_600_000).default(24 * 3_600_000),
  /** What becomes of the run when its desktop is lost: it fails, or it begins anew on a fresh one, at most three times. `start_over` needs a desktop of the run's own. */
  onDesktopLost: z.enum(['fail', 'start_over']).default('fail'),
  display: Display.optional(),
  template: z.string().max(64).optional(),
  budgets: Budgets.prefault({}),
  /** How long a person has to decide an approval before it counts as denied. */
  approvalTimeoutMs: z.int().min(1000).max(24 * 3_600_000).default(900_000),
  loopGuard: LoopGuard.prefault({}),
  /** Whether a run that goes round in circles asks a person what to do (who has as long as for an approval), or ends because nobody is to be asked. */
  onStuck: z.enum(['ask', 'end']).default('ask'),
  /** Rules for this run, besides those of the deployment: they can forbid more, never less. */
  policy: policyOf(20).default([]),
  /** How long the desktop is kept after the run, if its place is not needed sooner; 0 releases it at once. A desktop that was named by the caller is kept anyway; more than 0 releases it too, so much later. */
  keepForMs: keepForMs.default(0),
  staleTarget: StaleTargetPolicy.default('refuse'),
  settle: SettleOptions.partial().optional(),
  /** What the desktop may reach: nothing unless it is given. */
  network: NetworkPolicy.prefault({ mode: 'none' }),
  /** Tools besides the screen: a shell and an editor of files, both inside the desktop only; and a question to a person, which opens an approval of kind `question`. */
  tools: z.array(z.enum(['shell', 'files', 'ask_person'])).max(3).refine((named) => new Set(named).size === named.length, { error: 'names a tool twice' }).default([]),
  /** The caller's own functions. A call of one waits in `awaitingCaller` for the caller's answer. */
  callerTools: z.array(CallerTool).max(64).default([]),
  /** How long a call of the caller's function is waited for; in a caller's run, how long its desktop may be idle. */
  callerTimeoutMs: z.int().min(1000).max(24 * 3_600_000).default(600_000),
  /** Names of the secrets that the model may have typed, as `{{secret:name}}` in a text (docs/secrets.md). */
  secrets: z.array(z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits and . _ -' })).max(32).default([]),
  answerFormat: AnswerFormat.optional(),
  /** What holds for each answer of the model. */
  answerRules: AnswerRules.optional(),
  /** What was said before the task. */
  earlier: z.array(EarlierMessage).max(200).default([]),
  /** Pictures that belong to the task, as `data:` URLs. */
  pictures: z.array(z.string().max(12_000_000)).max(8).default([]),
  /** Files that lie in the desktop before the model looks (`POST /api/uploads`); each upload goes to one run. */
  files: RunFiles.default([]),
  /** Added to what the model is told about its desktop. */
  instructions: z.string().max(100_000).optional(),
  /** Fields of a vendor's request that its answers repeat, as they came: kept with the run for the gateway, and read by nothing else. */
  echo: z.record(z.string(), z.unknown()).optional(),
  /** Free labels, returned as given; the gateway adds one of its own, vitrine_gateway. */
  metadata: z.record(z.string().max(64), z.string().max(512)).refine((record) => Object.keys(record).filter((name) => name !== 'vitrine_gateway').length <= 16, { error: 'at most 16 entries' }).default({}),
}).meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof RunRequest>;

/** Why a run failed. `code` is stable; the message is for people. */
export const RunFailure = z.strictObject({
  code: z.enum(['budget_steps', 'budget_duration', 'budget_tokens', 'budget_cost', 'model_failed', 'model_refused', 'desktop_failed', 'desktop_lost', 'caller_lost', 'queue_timeout', 'stuck', 'internal']),
  message: z.string(),
}).meta({ id: 'RunFailure' });
export type RunFailure = z.infer<typeof RunFailure>;

/** A file that was in ~/Outbox when the desktop was released. */
export const Artefact = z.strictObject({ id: z.string(), name: z.string(), size: z.int().nonnegative(), sha256: z.string() }).meta({ id: 'Artefact' });
export type Artefact = z.infer<typeof Artefact>;

/** A call of one of the caller's functions. `arguments` is JSON as the model wrote it. */
export const Asked = z.strictObject({ callId: z.string(), name: z.string(), arguments: z.string() }).meta({ id: 'Asked' });
export type Asked = z.infer<typeof Asked>;

/** Where a run stands that waits for a desktop; computed when it is read. */
export const QueuePlace = z.strictObject({
  /** 1 is next. */
  position: z.int().positive(),
  /** Why it waits, in words. */
  reason: z.string(),
  /** When it is expected to begin, from how long runs took lately; null while there is nothing to go by. Milliseconds since the epoch. */
  estimatedStartAt: z.int().nullable(),
}).meta({ id: 'QueuePlace' });
export type QueuePlace = z.infer<typeof QueuePlace>;

/** A person's hold on the run's desktop. */
export const LeaseView = z.strictObject({
  holder: z.string(),
  reason: z.string().nullable(),
  takenAt: z.int(),
  /** It ends then unless it is renewed. */
  until: z.int(),
  /** Whether the desktop knows of it already: until then the holder cannot act either. */
  isFenced: z.boolean(),
  /** Who asked the holder for control. */
  requests: z.array(z.strictObject({ by: z.string(), at: z.int(), reason: z.string().nullable() })),
}).meta({ id: 'Lease' });

/** A run as the API shows it. Times are milliseconds since the epoch. */
export const Run = z.strictObject({
  id: z.string(),
  project: z.string(),
  driver: z.enum(['model', 'caller']),
  /** Who gave the task: the token's name; null where that was not noted. */
  startedBy: z.string().nullable().default(null),
  task: z.string(),
  model: z.string().nullable(),
  state: RunState,
  control: Control,
  /** Who is in control, while a person is. */
  lease: LeaseView.nullable().default(null),
  desktopId: z.string().nullable(),
  /** What it waits for, in words; null while it works and when it is over. */
  waitsFor: z.string().nullable(),
  /** Its place in the queue while it is `queued` for a desktop. */
  queue: QueuePlace.nullable().default(null),
  /** The approval that waits, if one does. */
  approvalId: z.string().nullable(),
  /** The model's last message; the result of a run that succeeded. */
  answer: z.string().nullable(),
  failure: RunFailure.nullable(),
  steps: z.int().nonnegative(),
  turns: z.int().nonnegative(),
  usage: Usage,
  /** US dollars so far; null when the model has no configured price. */
  costUsd: z.number().nonnegative().nullable(),
  /** Calls of the caller's functions that wait for an answer. */
  asked: z.array(Asked),
  budgets: Budgets,
  /** Time spent working, waiting for people aside. */
  activeMs: z.number().nonnegative(),
  createdAt: z.int(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  lastFrameId: z.string().nullable(),
  artefacts: z.array(Artefact),
  metadata: z.record(z.string(), z.string()),
  /** When its pictures were removed to make room; absent while they are there. */
  picturesRemovedAt: z.int().optional(),
}).meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

/** Whether a run is over. */
export function isFinal({ state }: Run): boolean {
  return finalStates.includes(state);
}
