import type { RunContext } from './run-context.ts';
import { finalStates } from '../run.ts';
import { isHeldUp, placeOf } from './run-view.ts';

/** How long a run that nobody resumes is paused. */
const maxPausedMs = 24 * 3_600_000;
/** How long each half of the end may take: waiting for the action in flight, and putting everything away. */
const maxFinishMs = 300_000;
const defaultQueueMs = 24 * 3_600_000;

/**
 * Sets until when the run may stand where it is, so that nothing waits for ever: it begins anew whenever the run comes to
 * wait for something else. Null while it works; then its working time is bounded.
 */
export function stand(context: RunContext, before: unknown, after: unknown, at: number): RunContext {
  const { phase, ms } = standing(context, after);
  if (phase === null) return context.standsUntil === null ? context : { ...context, standsUntil: null };
  if (typeof context.standsUntil === 'number' && before !== null && standing(context, before).phase === phase) return context;
  return { ...context, standsUntil: at + ms };
}

type Standing = { readonly phase: string | null; readonly ms: number };

function standing(context: RunContext, value: unknown): Standing {
  const { driver, request } = context;
  const { state, control } = placeOf(value);
  if (finalStates.includes(state)) return working;
  if (state === 'finishing') return { phase: JSON.stringify(value), ms: maxFinishMs };
  if (control === 'paused') return { phase: 'paused', ms: maxPausedMs };
  if (state === 'queued') return { phase: 'queued', ms: request.queueTimeoutMs ?? defaultQueueMs };
  if (control !== 'agent') return working;
  if (isHeldUp(context)) return { phase: 'heldUp', ms: request.queueTimeoutMs ?? defaultQueueMs };
  if (state === 'awaitingCaller') return { phase: driver === 'caller' ? 'idle' : 'asked', ms: request.callerTimeoutMs };
  if (state === 'awaitingOperator') return { phase: 'stuck', ms: request.approvalTimeoutMs };
  return working;
}

const working: Standing = { phase: null, ms: 0 };
