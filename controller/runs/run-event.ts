import { z } from 'zod';
import { Action, ActionOutcome, Display, Frame } from '../../sandbox-image/wire/index.ts';
import { LeftProcess, StageTime } from '../desktops/desktop.ts';
import type { Call} from '../dialects/transcript.ts';
import { CallResult, DesktopTool, Turn, Usage } from '../dialects/transcript.ts';
import { Contact } from '../gate/contact.ts';
import { HostRule } from '../gate/host-rule.ts';
import { NetworkPolicy } from '../gate/network-policy.ts';
import { Approval } from '../approvals/approval.ts';
import { PolicyRule, RuleMatch } from '../policy/rule.ts';
import { OperatorAction, OperatorOutcome } from './control/operator-action.ts';
import { FilePut } from './files/upload.ts';
import { Artefact, Asked, Control, RunFailure, RunRequest, RunState } from './run.ts';

/** Where the time of one step went, in milliseconds: inside the desktop, and on the way there and back. */
export const StepTimings = z.strictObject({ queueMs: z.number(), inputMs: z.number(), settleMs: z.number(), captureMs: z.number(), relayMs: z.number() }).meta({ id: 'StepTimings' });
export type StepTimings = z.infer<typeof StepTimings>;

const stepAddress = {
  actionId: z.string(),
  /** Counts the model's turns from 1; 0 for a caller's actions. */
  turn: z.int().nonnegative(),
  callId: z.string(),
  /** Position of the action in its call, from 0. */
  index: z.int().nonnegative(),
  /** The person who wrote the text that is typed, in place of the model's. */
  editedBy: z.string().optional(),
};

/** What happened, by type. Facts only; every event belongs to one run and is never changed. */
export const RunFact = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run.created'), driver: z.enum(['model', 'caller']), model: z.string().nullable(), request: RunRequest, by: z.string(), rules: z.array(PolicyRule).optional() }),
  z.strictObject({ type: z.literal('state.changed'), from: RunState, to: RunState, control: Control, reason: z.string().optional() }),
  z.strictObject({ type: z.literal('control.changed'), control: Control, epoch: z.int(), by: z.string(), reason: z.string().optional(), /** Until when a person has it. */ until: z.int().optional() }),
  z.strictObject({ type: z.literal('control.fenced'), epoch: z.int(), released: z.strictObject({ keys: z.array(z.string()), buttons: z.array(z.string()) }), stopped: z.array(z.strictObject({ pid: z.int(), command: z.string() })), processes: z.array(LeftProcess), problem: z.string().nullable() }),
  z.strictObject({ type: z.literal('control.requested'), by: z.string(), reason: z.string().optional() }),
  z.strictObject({ type: z.literal('operator.intended'), actionId: z.string(), by: z.string(), epoch: z.int(), action: OperatorAction }),
  z.strictObject({ type: z.literal('operator.acted'), actionId: z.string(), by: z.string(), epoch: z.int(), action: OperatorAction, outcome: OperatorOutcome }),
  z.strictObject({ type: z.literal('desktop.stage'), time: StageTime }),
  z.strictObject({ type: z.literal('desktop.waits'), reason: z.string() }),
  z.strictObject({ type: z.literal('desktop.ready'), desktopId: z.string(), display: Display, launchMs: z.number() }),
  /** A file of the run lies in its desktop. */
  z.strictObject({ type: z.literal('file.put'), ...FilePut.shape }),
  z.strictObject({ type: z.literal('desktop.ended'), desktopId: z.string(), kind: z.enum(['broken', 'lost', 'released']), reason: z.string() }),
  z.strictObject({ type: z.literal('run.started_over'), count: z.int(), desktopId: z.string().nullable(), reason: z.string() }),
  z.strictObject({ type: z.literal('clock.jumped'), driftMs: z.number() }),
  z.strictObject({ type: z.literal('briefing.given'), version: z.string(), text: z.string() }),
  z.strictObject({ type: z.literal('frame.captured'), frame: Frame, why: z.enum(['task', 'after_action', 'after_turn', 'fresh', 'requested']) }),
  z.strictObject({ type: z.literal('model.asked'), turn: z.int(), askId: z.string() }),
  z.strictObject({ type: z.literal('model.answered'), turn: z.int(), askId: z.string(), answer: Turn, ms: z.number(), costUsd: z.number().nonnegative().nullable() }),
  z.strictObject({ type: z.literal('model.failed'), turn: z.int(), askId: z.string(), message: z.string(), ms: z.number() }),
  /** The controller ended while the model was asked: what was held back for the question is spent. */
  z.strictObject({ type: z.literal('model.lost'), turn: z.int(), askId: z.string(), tokens: z.int().nonnegative(), costUsd: z.number().nonnegative() }),
  z.strictObject({ type: z.literal('action.intended'), ...stepAddress, action: Action, epoch: z.int(), decidedOn: z.string().nullable() }),
  z.strictObject({ type: z.literal('action.ended'), ...stepAddress, action: Action, outcome: ActionOutcome.omit({ frame: true, timings: true }), frameId: z.string().nullable(), timings: StepTimings }),
  z.strictObject({ type: z.literal('tool.intended'), actionId: z.string(), turn: z.int(), callId: z.string(), tool: DesktopTool }),
  z.strictObject({ type: z.literal('tool.ended'), actionId: z.string(), turn: z.int(), callId: z.string(), tool: DesktopTool, output: z.string(), isError: z.boolean(), ms: z.number() }),
  z.strictObject({ type: z.literal('caller.asked'), turn: z.int(), asked: z.array(Asked) }),
  z.strictObject({ type: z.literal('caller.answered'), turn: z.int(), answers: z.array(z.strictObject({ callId: z.string(), output: z.string(), isError: z.boolean() })), by: z.string(), /** What the answering request said that its response repeats. */ echo: z.record(z.string(), z.unknown()).optional() }),
  z.strictObject({ type: z.literal('turn.ended'), turn: z.int(), results: z.array(CallResult) }),
  z.strictObject({ type: z.literal('policy.judged'), turn: z.int().nonnegative(), matches: z.array(RuleMatch) }),
  z.strictObject({ type: z.literal('approval.opened'), approval: Approval }),
  z.strictObject({ type: z.literal('approval.ended'), approval: Approval }),
  /** The first contact of its kind with a host; `GET /api/runs/{id}/network` has the sums. */
  z.strictObject({ type: z.literal('network.decided'), contact: Contact }),
  z.strictObject({ type: z.literal('network.changed'), policy: NetworkPolicy, allowed: z.array(HostRule), by: z.string() }),
  z.strictObject({ type: z.literal('note.added'), from: z.enum(['person', 'caller', 'vitrine']), by: z.string(), text: z.string(), frameId: z.string().nullable() }),
  z.strictObject({ type: z.literal('artefact.kept'), artefact: Artefact }),
  z.strictObject({ type: z.literal('run.ended'), state: z.enum(['succeeded', 'failed', 'cancelled']), answer: z.string().nullable(), failure: RunFailure.nullable(), usage: Usage, steps: z.int(), turns: z.int() }),
]).meta({ id: 'RunFact' });
export type RunFact = z.infer<typeof RunFact>;

/** One entry of the journal. `sequence` counts over all runs without gaps as seen by one reader, and is what `Last-Event-ID` names. */
export const RunEvent = z.strictObject({
  sequence: z.int().positive(),
  runId: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  fact: RunFact,
}).meta({ id: 'RunEvent' });
export type RunEvent = z.infer<typeof RunEvent>;

export type { Call };
