import { VitrineError } from '../errors.ts';
import type { RunDriver } from './driving/run-driver.ts';
import { finalStates } from './run.ts';
import type { Run } from './run.ts';

/** Resolves when the run is as wanted, at once if it is. Throws `gone` when it ends otherwise, `unavailable` when the caller gave up. */
export async function awaitRun(driver: RunDriver, runId: string, isWanted: (run: Run) => boolean, signal: AbortSignal): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const look = (view: Run) => {
    if (view.id !== runId) return;
    if (isWanted(view)) resolve(view);
    else if (finalStates.includes(view.state)) reject(new VitrineError('gone', view.failure?.message ?? `run ${runId} ended as ${view.state}`));
  };
  const onAbort = () => reject(new VitrineError('unavailable', `the wait for run ${runId} was given up`));
  const stop = driver.onCommit(({ view }) => look(view));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const present = driver.view(runId);
    if (present !== undefined) look(present);
    if (signal.aborted) onAbort();
    return await promise;
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}
