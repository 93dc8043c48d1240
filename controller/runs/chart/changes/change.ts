import type { RunCommand } from '../run-command.ts';
import type { Ending, RunContext } from '../run-context.ts';
import type { RunEffect } from '../run-effect.ts';
import type { RunFact } from '../../run-event.ts';
import type { RunFailure } from '../../run.ts';

/** What one transition does to a run: new data, facts for the journal, effects to begin. Computed, never performed. */
export type Change = {
  readonly context?: Partial<RunContext>;
  readonly facts?: readonly RunFact[];
  readonly begin?: RunEffect;
};

/** Computes a change. Pure: time comes with the command. */
export type ComputeChange = (context: RunContext, command: RunCommand) => Change;

/** The id of the next effect, and the count that goes with it. */
export function nextEffect(context: RunContext, kind: string): { readonly effectId: string; readonly effectCount: number } {
  const effectCount = context.effectCount + 1;
  return { effectId: `${context.runId}.${kind}.${effectCount}`, effectCount };
}

/** Begins an effect and waits for its outcome. */
export function begin(context: RunContext, kind: RunEffect['kind'], make: (effectId: string) => RunEffect, more: Partial<RunContext> = {}): Change {
  const { effectId, effectCount } = nextEffect(context, kind);
  const effect = make(effectId);
  return { context: { ...more, effectCount, awaits: effect }, begin: effect };
}

/** Decides that the run fails. */
export function fail(code: RunFailure['code'], message: string): { readonly ending: Ending } {
  return { ending: { state: 'failed', failure: { code, message }, reason: message } };
}
