import type { Logger } from '../log.ts';
import { labelsOf } from './labels.ts';
import type { Run } from '../runs/run.ts';
import { finalStates, RunState } from '../runs/run.ts';
import type { Principal, Runs } from '../runs/runs.ts';

const maxUnfinished = 1000;

/** Who waits for which run over HTTP. A run that nobody waits for any more is cancelled. */
export interface RunClients {
  /** A client waits for the run; returns how it stops, once. */
  join(runId: string, by: Principal, isBackground: boolean): () => void;
  /** The controller stops: its runs go on with the next start, and nobody is taken for gone. */
  close(): void;
}

export type RunClientsOptions = { readonly runs: Runs; readonly log: Logger; /** How long a run waits for a client that comes back. */ readonly graceMs: number };

/**
 * When the last client of a run has gone, it is cancelled after `graceMs`, at once if nothing was begun on its desktop,
 * and never if it runs in the background, is over, or waits for its caller's functions.
 */
export function createRunClients({ runs, log, graceMs }: RunClientsOptions): RunClients {
  const clients = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  let isClosed = false;
  const cancel = (runId: string, by: Principal) => {
    timers.delete(runId);
    if ((clients.get(runId) ?? 0) > 0 || isClosed) return;
    try {
      if (!isNeedless(runs.get(runId, by))) return;
      runs.cancel(runId, 'its client has gone', by);
      log.info({ runId }, 'cancelled: its client has gone');
    } catch (error) {
      log.warn({ err: error, runId }, 'a run without a client was not cancelled');
    }
  };
  /* Whoever waited before a restart has lost the connection: each run has the usual time in which its client may come back. */
  for (const { by, id, metadata, state } of unfinished(runs)) {
    const labels = labelsOf(metadata);
    if (labels !== undefined && !labels.background && state !== 'awaitingCaller') timers.set(id, setTimeout(() => cancel(id, by), graceMs).unref());
  }
  return {
    join(runId, by, isBackground) {
      clients.set(runId, (clients.get(runId) ?? 0) + 1);
      clearTimeout(timers.get(runId));
      timers.delete(runId);
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        const left = (clients.get(runId) ?? 1) - 1;
        if (left > 0) {
          clients.set(runId, left);
          return;
        }
        clients.delete(runId);
        if (isBackground || isClosed) return;
        const run = runs.get(runId, by);
        if (!isNeedless(run)) return;
        if (!hasBegun(run)) cancel(runId, by);
        else timers.set(runId, setTimeout(() => cancel(runId, by), graceMs).unref());
      };
    },
    close() {
      isClosed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** The runs that an earlier start of the controller left unfinished. */
function unfinished(runs: Runs): (Run & { readonly by: Principal })[] {
  const by = { name: 'gateway', project: 'default' };
  const states = RunState.options.filter((state) => !finalStates.includes(state));
  return runs.list({ states, driver: 'model', limit: maxUnfinished }, by).items.map((run) => ({ ...run, by }));
}

/** Whether anything was done that a new run would do again. */
export function hasBegun(run: Run): boolean {
  return run.steps > 0 || run.state === 'executingAction';
}

function isNeedless(run: Run): boolean {
  return !finalStates.includes(run.state) && run.state !== 'awaitingCaller' && run.state !== 'finishing';
}
