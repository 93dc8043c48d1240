import { setTimeout as sleep } from 'node:timers/promises';
import type { VitrineError } from '../errors.ts';

/** What a failed attempt came to: the failure as it is told, and how long the server asks to wait (undefined: it does not say). */
export type FailedAttempt = { readonly failure: VitrineError; readonly retryAfterMs?: number | undefined };

/** No server is waited for longer than this: it will not answer within the time of a run. */
const maxRetryAfterMs = 600_000;

/**
 * Attempts until one succeeds, a failure will not pass (`details.retryable` is false), or the retries are used up; then
 * that failure is thrown. Waits as long as the server asks, otherwise half a second, doubled each time up to eight.
 * The signal ends attempts and waits with its own reason.
 */
export async function retrying<Result>(maxRetries: number, attempt: () => Promise<Result>, explain: (reason: unknown) => FailedAttempt, signal: AbortSignal): Promise<Result> {
  for (let retries = 0; ; retries += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (reason) {
      signal.throwIfAborted();
      const { failure, retryAfterMs } = explain(reason);
      if (failure.details?.['retryable'] !== true || retries >= maxRetries || (retryAfterMs ?? 0) > maxRetryAfterMs) throw failure;
      await pause(retryAfterMs ?? backoffMs(retries), signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** With up to a quarter less, so that many runs do not come back at once. */
function backoffMs(retries: number): number {
  return Math.min(500 * 2 ** retries, 8000) * (1 - Math.random() / 4);
}

/** What `retry-after-ms` and `retry-after` (seconds, or a date) ask for; undefined if nothing that can be read. */
export function retryAfterOf(headers: Pick<Headers, 'get'> | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const text = headers?.get('retry-after') ?? '';
  const seconds = Number(text === '' ? Number.NaN : text);
  const until = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(until) ? Math.max(until, 0) : undefined;
}
