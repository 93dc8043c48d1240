import { VitrineError } from '../errors.ts';
import { engineFailure } from './engine-failure.ts';

/** What a call of the engine is about, for its error messages. */
export type EngineCall = {
  /** In words, such as `start desktop d_7`. */
  readonly what: string;
  readonly engineUrl: string;
  readonly timeoutMs: number;
  /** The image in question, if a missing one is a possible reason. */
  readonly image?: string;
};

/**
 * Makes one call of the engine and settles within `timeoutMs` whatever the engine does: dockerode's own timeouts do
 * not settle a call whose reply has begun. On deadline or abort the connection is closed, and a result that comes too
 * late goes to `discard`. Rejects with VitrineError, or with the signal's reason.
 */
export async function engineCall<Result>(
  call: EngineCall,
  perform: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
  discard: (late: Result) => void = () => {},
): Promise<Result> {
  signal.throwIfAborted();
  const connection = new AbortController();
  const stop = Promise.withResolvers<never>();
  const onAbort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    stop.reject(new VitrineError('deadline_exceeded', `the Docker engine at ${call.engineUrl} did not ${call.what} within ${call.timeoutMs} ms`));
  }, call.timeoutMs);
  const pending = perform(connection.signal);
  try {
    return await Promise.race([pending, stop.promise]);
  } catch (reason) {
    pending.then(discard, () => {});
    connection.abort();
    throw signal.aborted && reason === signal.reason ? reason : engineFailure(call, reason);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
