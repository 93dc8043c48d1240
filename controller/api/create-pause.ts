import { setImmediate as nextTurn } from 'node:timers/promises';
import { VitrineError } from '../errors.ts';

/** How long a computation may keep all others waiting. */
const sliceMs = 20;

/**
 * What a long computation awaits between its steps, so that others are answered meanwhile. It rejects when `signal` is aborted,
 * and with `deadline_exceeded` once the whole has taken `maxMs`; `what` names it then.
 */
export function createPause(maxMs: number, what: string, signal: AbortSignal): () => Promise<void> {
  const begunAt = performance.now();
  let resumedAt = begunAt;
  return async () => {
    if (performance.now() - resumedAt < sliceMs) return;
    await nextTurn();
    signal.throwIfAborted();
    resumedAt = performance.now();
    if (resumedAt - begunAt > maxMs) throw new VitrineError('deadline_exceeded', `${what} takes longer than ${maxMs} ms`);
  };
}
