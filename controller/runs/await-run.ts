import { VitrineError } from '../errors.ts';
import type { RunDriver } from './run-driver.ts';
import { finalStates } from './run.ts';
import type { Run } from './run.ts';

/** Resolves when the run is as wanted. Throws `gone` when it ends otherwise, `unavailable` when the caller gave up. */
export async function awaitRun(driver: RunDriver, run: Run, isWanted: (run: Run) => boolean, signal: AbortSignal): Promise<Run> {
  if (isWanted(run)) return run;
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const look = (view: Run) => {
    if (view.id !== run.id) return;
    if (isWanted(view)) resolve(view);
    else if (finalStates.includes(view.state)) reject(new VitrineError('gone', view.failure?.message ?? `run ${run.id} ended as ${view.state}`));
  };
  const stop = driver.onCommit(({ view }) => look(view));
  const onAbort = () => reject(new VitrineError('unavailable', `the wait for run ${run.id} was given up`));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const present = driver.view(run.id);
  if (present !== undefined) look(present);
  try {
    return await promise;
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}
