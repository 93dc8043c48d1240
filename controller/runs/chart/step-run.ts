import { initialTransition, transition } from 'xstate';
import type { Deed } from '../../journal/audit-table.ts';
import type { Commit, RunIndex } from '../../journal/journal.ts';
import { deedOfCreation, deedsOf } from './deeds.ts';
import type { RunCommand } from './run-command.ts';
import type { NewRun, RunContext } from './run-context.ts';
import type { RunEffect } from './run-effect.ts';
import type { RunFact } from '../run-event.ts';
import { deadlinesOf } from './run-deadlines.ts';
import { runMachine } from './run-machine.ts';
import { stand } from './standing.ts';
import { isWorking, placeOf, viewOf } from './run-view.ts';
import type { Place } from './run-view.ts';
import { openApprovals } from './open-approvals.ts';
import { finalStates } from '../run.ts';
import type { Run } from '../run.ts';
import { filesOf } from '../files/upload.ts';
import { writtenSnapshot } from './written-snapshot.ts';

/** A run between two commands. `version` counts its commits. */
export type StoredState = { readonly version: number; readonly snapshot: RunSnapshot };
/** What is stored of a chart's snapshot. */
export type RunSnapshot = { readonly machineVersion: 1; readonly value: unknown; readonly context: RunContext };

/** What one command makes of a run: the commit to write, the effect to begin after it, the next state. */
export type Step = { readonly commit: Commit; readonly begun: readonly RunEffect[]; readonly next: StoredState; readonly view: Run };

/** The first step of a run. */
export function createRun(run: NewRun): Step {
  const [snapshot] = initialTransition(runMachine, run);
  const { request } = run;
  const fact: RunFact = { type: 'run.created', driver: run.driver, model: run.model, request, by: run.createdBy, ...(run.rules === undefined || run.rules.length === 0 ? {} : { rules: [...run.rules] }) };
  return makeStep({ version: 0, value: snapshot.value, context: stand(snapshot.context, null, snapshot.value, run.createdAt), at: run.createdAt, facts: [fact, ...carried(run)], begun: [], ended: [], controlEpoch: undefined, deeds: [deedOfCreation(run)], uploads: [...new Set(filesOf(request).map(({ upload }) => upload))] });
}

function carried({ carries, lastEpoch = 0 }: NewRun): RunFact[] {
  if (carries === undefined) return [];
  const { lease, standsInFor } = carries;
  return [{ type: 'control.changed', control: 'operator', epoch: lastEpoch, by: lease.holder, reason: `run ${standsInFor.runId} ended meanwhile`, until: lease.until }];
}

/** Applies one command. Undefined when it changes nothing: the run is over, or the command answers something else. */
export function stepRun(state: StoredState, command: RunCommand): Step | undefined {
  const { value, context } = state.snapshot;
  const before = placeOf(value);
  if (finalStates.includes(before.state)) return undefined;
  const restored = runMachine.resolveState({ value: value as Parameters<typeof runMachine.resolveState>[0]['value'], context });
  const [next, actions] = transition(runMachine, restored, command);
  if (actions.length === 0 && JSON.stringify(next.value) === JSON.stringify(value) && next.context === context) return undefined;
  const { facts, begun } = collect(actions);
  const after = placeOf(next.value);
  const moved = before.state === after.state ? facts : withMovement(facts, movement(before, after, next.context));
  const still = effectsOf(next.context);
  const ended = effectsOf(context).filter((effectId) => !still.includes(effectId));
  const controlEpoch = next.context.epoch === context.epoch ? undefined : next.context.epoch;
  return makeStep({ version: state.version, value: next.value, context: stand(tick(next.context, isWorking(before, context), isWorking(after, next.context), command.at), value, next.value, command.at), at: command.at, facts: moved, begun, ended, controlEpoch, deeds: deedsOf(context, command) });
}

/** The effects in flight. */
export function effectsOf({ awaits, fencing, operating }: Pick<RunContext, 'awaits' | 'fencing' | 'operating'>): string[] {
  return [awaits, fencing, operating].flatMap((effect) => (effect === null ? [] : [effect.effectId]));
}

type Collected = { readonly facts: readonly RunFact[]; readonly begun: readonly RunEffect[] };

/** Reads facts and effects out of what the chart emitted. */
function collect(actions: readonly { readonly type: string; readonly params: unknown }[]): Collected {
  const facts: RunFact[] = [];
  const begun: RunEffect[] = [];
  for (const { type, params } of actions) {
    if (type === 'record') facts.push((params as { fact: RunFact }).fact);
    if (type === 'begin') begun.push((params as { effect: RunEffect }).effect);
  }
  return { facts, begun };
}

/** The last fact of a run is its end; everything else is told before the state that it leads to. */
function withMovement(facts: readonly RunFact[], moved: RunFact): readonly RunFact[] {
  const end = facts.filter((fact) => fact.type === 'run.ended');
  return [...facts.filter((fact) => fact.type !== 'run.ended'), moved, ...end];
}

function movement(before: Place, after: Place, context: RunContext): RunFact {
  const reason = context.ending === null ? {} : { reason: context.ending.reason };
  return { type: 'state.changed', from: before.state, to: after.state, control: after.control, ...reason };
}

/** Lets the working time pass: only between two commands around which the run was working. */
function tick(context: RunContext, wasWorking: boolean, isWorkingNow: boolean, at: number): RunContext {
  const { activeMs, since } = context.clock;
  const passed = wasWorking && since !== null ? Math.max(0, at - since) : 0;
  return { ...context, clock: { activeMs: activeMs + passed, since: isWorkingNow ? at : null } };
}

type Made = { version: number; value: unknown; context: RunContext; at: number; facts: readonly RunFact[]; begun: readonly RunEffect[]; ended: readonly string[]; controlEpoch: number | undefined; deeds: readonly Deed[]; uploads?: readonly string[] };

function makeStep({ version, value, context, at, facts, begun, ended, controlEpoch, deeds, uploads }: Made): Step {
  const place = placeOf(value);
  const view = viewOf(context, place);
  const snapshot: RunSnapshot = { machineVersion: 1, value, context };
  const approvals = facts.flatMap((fact) => (fact.type === 'approval.opened' || fact.type === 'approval.ended' ? [fact.approval] : fact.type === 'clock.jumped' ? openApprovals(context) : []));
  const commit: Commit = {
    runId: context.runId,
    expectedVersion: version,
    at,
    index: indexOf(context, place),
    snapshot: writtenSnapshot(snapshot),
    view,
    facts,
    effectsBegun: begun.map((effect) => ({ effectId: effect.effectId, kind: effect.kind, data: effect })),
    effectsEnded: ended,
    deadlines: deadlinesOf(context),
    controlEpoch,
    approvals: approvals.map((approval) => ({ id: approval.id, runId: approval.runId, state: approval.state, openedAt: approval.openedAt, approval })),
    deeds,
    ...(uploads === undefined || uploads.length === 0 ? {} : { uploads }),
  };
  return { commit, begun, next: { version: version + 1, snapshot }, view };
}

function indexOf(context: RunContext, place: Place): RunIndex {
  const { project, driver, desktopId, createdAt, request } = context;
  return { project, driver, state: place.state, isOver: finalStates.includes(place.state), desktopId, task: request.task, createdAt };
}
