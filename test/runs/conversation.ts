import assert from 'node:assert/strict';
import type { RunCommand } from '../../controller/runs/chart/run-command.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import { placeOf } from '../../controller/runs/chart/run-view.ts';
import { createRun, stepRun } from '../../controller/runs/chart/step-run.ts';
import type { StoredState } from '../../controller/runs/chart/step-run.ts';
import { frameNamed, newRun } from './random-commands.ts';

export const timings = { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 5, relayMs: 1 };

/** Drives a chart by hand: each `say` must change something. */
export function conversation(run = newRun()) {
  let state: StoredState = createRun(run).next;
  const facts: RunFact[] = [];
  let at = 2000;
  const say = (command: Record<string, unknown>) => {
    at += 10;
    const step = stepRun(state, { at, ...command } as RunCommand);
    assert.ok(step, `${String(command['type'])} changed nothing in ${JSON.stringify(state.snapshot.value)}`);
    state = JSON.parse(JSON.stringify(step.next));
    facts.push(...(step.commit.facts as RunFact[]));
    return step;
  };
  const context = () => state.snapshot.context;
  const answer = (command: Record<string, unknown>) => say({ effectId: context().awaits?.effectId, ...command });
  return {
    say, answer, context, facts,
    place: () => placeOf(state.snapshot.value),
    state: () => state,
    ready: () => {
      say({ type: 'admit' });
      answer({ type: 'desktop.ready', desktopId: context().desktopId, display: { width: 1280, height: 800 }, launchMs: 5 });
      answer({ type: 'observed', frame: frameNamed('f0') });
    },
    types: () => facts.map((fact) => fact.type),
  };
}
