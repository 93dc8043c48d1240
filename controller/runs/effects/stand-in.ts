import { setTimeout } from 'node:timers/promises';
import type { Lease, NewRun, RunContext, StandIn } from '../chart/run-context.ts';
import { RunRequest } from '../run.ts';
import type { EffectOwner } from './effect.ts';

const rewriteMs = 1000;

/** What becomes of a run's desktop when the run is done with it: kept for so long, or (null) until somebody releases it. */
export function keepForMsOf({ request, standsInFor }: RunContext): number | null {
  if (standsInFor !== null) return standsInFor.keepForMs;
  return request.desktopId === undefined || request.keepForMs > 0 ? request.keepForMs : null;
}

/** The id of the run that carries a person's control on when this run ends. One each, so that it is made once. */
export function standInIdOf(runId: string): string {
  return `${runId}-control`;
}

/**
 * Leaves the desktop to the person who is in control of it: a caller's run stands in for the one that ends, with the same
 * lease and epoch, and lets the desktop go as this one would have. Durable when this resolves.
 */
export async function leaveToOperator(lease: Lease, { context, tools }: EffectOwner, signal: AbortSignal): Promise<void> {
  const { runId, desktopId, display, project, epoch } = context;
  if (desktopId === null || display === null) return;
  const standsInFor: StandIn = { runId, keepForMs: keepForMsOf(context) };
  const request = RunRequest.parse({ task: `${lease.holder} in control after run ${runId}`, desktopId });
  const run: NewRun = {
    runId: standInIdOf(runId), project, driver: 'caller', createdBy: lease.holder, model: null, request, createdAt: tools.now(), desktopId, lastEpoch: epoch,
    carries: { lease, display, standsInFor },
  };
  for (;;) {
    try {
      const lives = tools.standIn(run);
      tools.desktops.letGo(desktopId, runId, Number.POSITIVE_INFINITY);
      if (lives) tools.desktops.hold(desktopId, run.runId);
      return;
    } catch (error) {
      signal.throwIfAborted();
      tools.log.error({ err: error, runId }, 'a run that carries control on could not be written; trying again');
      await setTimeout(rewriteMs, undefined, { signal });
    }
  }
}
