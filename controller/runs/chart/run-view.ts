import { networkOf } from './changes/networking.ts';
import type { Lease, RunContext } from './run-context.ts';
import { finalStates } from '../run.ts';
import type { Control, Run, RunState } from '../run.ts';

/** Where a run is: the chart's value, flattened to the words that callers know. */
export type Place = { readonly state: RunState; readonly control: Control };

/** Reads a chart value, such as `{ active: { progress: 'awaitingModel', control: 'agent' } }`. */
export function placeOf(value: unknown): Place {
  if (typeof value === 'string') return { state: value as RunState, control: 'paused' };
  const { active } = value as { active?: { progress: RunState; control: Control } };
  return active === undefined ? { state: 'finishing', control: 'paused' } : { state: active.progress, control: active.control };
}

/** States in which a run waits for somebody else's decision, not for its own work. */
const waitingStates: readonly RunState[] = ['queued', 'awaitingSafetyAck', 'awaitingOperator', 'awaitingCaller', ...finalStates];

/** Whether the run's working time passes. */
export function isWorking({ state, control }: Place, context: RunContext): boolean {
  const waitsForHost = state === 'deciding' && networkOf(context).questions.length > 0;
  return control === 'agent' && !waitsForHost && !isHeldUp(context) && !waitingStates.includes(state) && state !== 'finishing';
}

/** Whether its launch waits until there is an image. */
export function isHeldUp({ awaits, heldUp }: RunContext): boolean {
  return awaits !== null && awaits.effectId === heldUp;
}

/** The run as callers see it. */
export function viewOf(context: RunContext, place: Place): Run {
  return {
    id: context.runId,
    project: context.project,
    driver: context.driver,
    startedBy: context.createdBy,
    task: context.request.task,
    model: context.model,
    state: place.state,
    control: place.control,
    desktopId: context.desktopId,
    waitsFor: waitsFor(context, place),
    queue: null,
    approvalId: context.approval?.id ?? networkOf(context).questions[0]?.id ?? null,
    answer: context.answer,
    failure: context.ending?.failure ?? null,
    steps: context.steps,
    turns: context.turns,
    usage: context.usage,
    costUsd: context.costUsd,
    asked: [...context.asked],
    budgets: context.request.budgets,
    activeMs: context.clock.activeMs,
    createdAt: context.createdAt,
    startedAt: context.startedAt,
    endedAt: context.endedAt,
    lastFrameId: context.frame?.frameId ?? null,
    artefacts: [...context.artefacts],
    lease: context.lease === null ? null : leaseView(context.lease, context.fencing === null),
    metadata: context.request.metadata,
  };
}

/** The lease without its secret. */
function leaseView({ holder, reason, takenAt, until, requests }: Lease, isFenced: boolean): Run['lease'] {
  return { holder, reason, takenAt, until, isFenced, requests: requests.map((one) => ({ ...one })) };
}

function waitsFor(context: RunContext, { state, control }: Place): string | null {
  if (finalStates.includes(state)) return null;
  if (context.lease !== null && control === 'operator') return `${context.lease.holder}, who is in control`;
  if (state === 'queued') return 'a free desktop';
  if (state === 'awaitingSafetyAck') return `a person's decision on ${context.approval?.id ?? 'an approval'}`;
  if (state === 'awaitingOperator') return 'a person: the model repeats itself on the same screen';
  const [question] = networkOf(context).questions;
  if (state === 'deciding' && question !== undefined) return `a person's decision on ${question.id}: may it reach ${question.network?.host}:${question.network?.port}?`;
  if (control === 'paused' && state !== 'finishing') return 'somebody to resume it';
  if (state === 'awaitingCaller') return context.asked.length === 0 ? "the caller's next action" : `the caller's answer to ${context.asked.map(({ name }) => name).join(', ')}`;
  return null;
}
