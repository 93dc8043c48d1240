import type { RunEvent } from '../runs/run-event.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { finalStates } from '../runs/run.ts';

export type EventStreamOptions = {
  /** One run's events, ending with the run; all of the project's, without end, if absent. */
  readonly runId?: string | undefined;
  /** Sequence number after which to begin. */
  readonly after: number;
  readonly keepAliveMs?: number;
};

const pageSize = 200;

/**
 * Events as a server-sent event stream: each with its sequence number as id and its fact's type as event name, none
 * left out, none twice, read from the journal as fast as the client takes them. Ends quietly on abort.
 */
export async function* eventStream(runs: Runs, { runId, after, keepAliveMs = 15_000 }: EventStreamOptions, by: Principal, signal: AbortSignal): AsyncGenerator<string> {
  const bell = createBell(runs, signal);
  let last = after;
  try {
    yield 'retry: 2000\n\n';
    while (!signal.aborted) {
      bell.reset();
      const isOver = runId !== undefined && finalStates.includes(runs.get(runId, by).state);
      const page = runs.events({ runId, after: last, limit: pageSize }, by);
      for (const event of page) yield written(event);
      last = page.at(-1)?.sequence ?? last;
      if (page.length > 0) continue;
      if (isOver) return;
      if (!(await bell.rings(keepAliveMs)) && !signal.aborted) yield ': still here\n\n';
    }
  } finally {
    bell.close();
  }
}

function written(event: RunEvent): string {
  return `id: ${event.sequence}\nevent: ${event.fact.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Says whether anything was committed since `reset`, waiting for it if need be. */
function createBell(runs: Runs, signal: AbortSignal) {
  let hasRung = false;
  let wake: () => void = () => undefined;
  const ring = () => {
    hasRung = true;
    wake();
  };
  const stop = runs.onEvents(ring);
  signal.addEventListener('abort', ring, { once: true });
  return {
    reset() {
      hasRung = false;
    },
    async rings(withinMs: number): Promise<boolean> {
      if (hasRung || signal.aborted) return true;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
      wake = () => undefined;
      return hasRung;
    },
    close() {
      stop();
      signal.removeEventListener('abort', ring);
    },
  };
}
