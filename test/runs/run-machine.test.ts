import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunCommand } from '../../controller/runs/chart/run-command.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import { RunFact as RunFactSchema } from '../../controller/runs/run-event.ts';
import { deadlinesOf } from '../../controller/runs/chart/run-deadlines.ts';
import { placeOf } from '../../controller/runs/chart/run-view.ts';
import { finalStates } from '../../controller/runs/run.ts';
import { createRun, stepRun } from '../../controller/runs/chart/step-run.ts';
import type { Step, StoredState } from '../../controller/runs/chart/step-run.ts';
import { conversation, timings } from './conversation.ts';
import { click, fencedBy, frameNamed, interruption, newRun, outcomeFor, outcomesOf, randomRules, turnWith, typing } from './random-commands.ts';
import { seededRandom } from '../support/seeded-random.ts';

const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'The page gives instructions' };

describe('the chart of a run', () => {
  it('goes from queued to succeeded, with intent before effect and outcome before consequence', () => {
    const run = conversation();
    run.ready();
    assert.equal(run.place().state, 'awaitingModel');
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }]) });
    assert.equal(run.place().state, 'executingAction');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    assert.equal(run.place().state, 'awaitingModel');
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([], 'Hello') });
    assert.equal(run.place().state, 'finishing');
    run.answer({ type: 'finished', artefacts: [], lost: [], released: true, reason: 'its run ended' });
    assert.equal(run.place().state, 'succeeded');
    const order = run.types().filter((type) => !['state.changed', 'frame.captured'].includes(type));
    assert.deepEqual(order, ['desktop.ready', 'model.asked', 'model.answered', 'action.intended', 'action.ended', 'turn.ended', 'model.asked', 'model.answered', 'desktop.ended', 'run.ended']);
  });

  it('holds a safety check until a person approves', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [check] }]) });
    assert.equal(run.place().state, 'awaitingSafetyAck');
    assert.equal(run.context().awaits, null, 'nothing is in flight while a person is asked');
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    assert.equal(run.place().state, 'executingAction');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    const ended = run.facts.find((fact) => fact.type === 'turn.ended');
    assert.deepEqual(ended?.results[0]?.acknowledged, [check]);
  });

  for (const how of ['denied', 'expired'] as const) {
    it(`performs nothing of a turn that was ${how}, and says why to the model`, () => {
      const run = conversation();
      run.ready();
      run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [check] }]) });
      const { id, expiresAt } = run.context().approval ?? assert.fail('no approval');
      if (how === 'denied') run.say({ type: 'approval.decide', approvalId: id, decision: 'deny', by: 'ann', reason: 'not that account' });
      else run.say({ type: 'deadline', deadlineId: 'approval', at: expiresAt });
      run.answer({ type: 'observed', frame: frameNamed('f2') });
      assert.equal(run.place().state, 'awaitingModel');
      assert.ok(!run.types().includes('action.intended'));
      const result = run.facts.find((fact) => fact.type === 'turn.ended')?.results[0];
      assert.equal(result?.isError, true);
      assert.deepEqual(result?.acknowledged, []);
      assert.match(result?.notes[0] ?? '', how === 'denied' ? /not that account/ : /nobody approved it in time/);
    });
  }

  it('asks again, on a fresh frame, when an approved target changed', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [check] }]) });
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    const first = run.context().awaits?.effectId;
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'refused', frameNamed('f5')), timings });
    assert.equal(run.place().state, 'awaitingSafetyAck');
    assert.equal(run.context().approval?.kind, 'stale_target');
    assert.equal(run.context().approval?.frameId, 'f5');
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    const { awaits } = run.context();
    assert.ok(awaits?.kind === 'perform' && awaits.effectId !== first && awaits.decidedOn === 'f5');
  });

  it('stops a turn at the first action that fails and answers every call', () => {
    const run = conversation();
    run.ready();
    const calls = ['a', 'b', 'c'].map((callId) => ({ callId, actions: [click, click], safetyChecks: [] }));
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith(calls) });
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'failed'), timings });
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    const results = run.facts.find((fact) => fact.type === 'turn.ended')?.results ?? [];
    assert.deepEqual(results.map(({ callId, isError }) => [callId, isError]), [['a', true], ['b', true], ['c', true]]);
    assert.equal(results[1]?.notes[0], 'Not executed: an earlier computer action in this turn failed.');
    assert.ok(results.every(({ frameId }) => frameId === 'f2'));
  });

  it('performs nothing of a turn in which any call is not valid', () => {
    const run = conversation();
    run.ready();
    const calls = [{ callId: 'a', actions: [click], safetyChecks: [] }, { callId: 'b', actions: [], safetyChecks: [], problem: 'unknown key "NOPE"' }];
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith(calls) });
    assert.equal(run.place().state, 'observing');
    assert.ok(!run.types().includes('action.intended'));
  });

  it('never begins an effect while paused, and takes the outcome of the one in flight', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click, click], safetyChecks: [] }]) });
    run.say({ type: 'pause', by: 'ann', reason: null });
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    assert.deepEqual(run.place(), { state: 'deciding', control: 'paused' });
    assert.equal(run.context().awaits, null);
    run.say({ type: 'resume', by: 'ann' });
    assert.equal(run.place().state, 'observing');
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    const result = run.facts.find((fact) => fact.type === 'turn.ended')?.results[0];
    assert.match(result?.notes.join(' ') ?? '', /the run was paused meanwhile/, 'what was decided before the pause is not performed after it');
    assert.equal(result?.frameId, 'f2');
  });

  it('gives each question to a person an id of its own', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, turn: turnWith([{ callId: 'c', actions: [click, click], safetyChecks: [check] }]) });
    const ids = new Set<string>();
    const decide = () => {
      const { id } = run.context().approval ?? assert.fail('nothing is asked');
      assert.ok(!ids.has(id), `${id} is asked twice`);
      ids.add(id);
      run.say({ type: 'approval.decide', approvalId: id, decision: 'approve', by: 'ann', reason: null });
    };
    decide();
    for (const frame of ['f5', 'f6']) {
      run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'refused', frameNamed(frame)), timings });
      decide();
      run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed(frame)), timings });
    }
    assert.equal(ids.size, 3);
  });

  it('does not count the time in which no controller ran', () => {
    const run = conversation();
    run.ready();
    const { activeMs } = run.context().clock;
    run.say({ type: 'taken.up', at: 10_000_000 });
    assert.deepEqual(run.context().clock, { activeMs, since: 10_000_000 });
  });

  it('does not take an old answer for the answer to something said since', () => {
    const run = conversation();
    run.ready();
    run.say({ type: 'message', from: 'person', by: 'ann', text: 'one more thing' });
    run.answer({ type: 'model.answered', ms: 9, turn: turnWith([], 'done') });
    run.answer({ type: 'model.answered', ms: 9, turn: { ...turnWith([]), unfinished: 'max_output_tokens' } });
    assert.equal(run.place().state, 'awaitingModel');
  });

  it('keeps a deadline whatever a person says while it waits', () => {
    const run = conversation();
    run.ready();
    for (let n = 0; n < 6; n += 1) {
      run.answer({ type: 'model.answered', ms: 9, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }]) });
      if (run.place().state === 'awaitingOperator') break;
      run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f0')), timings });
    }
    assert.equal(run.place().state, 'awaitingOperator');
    run.say({ type: 'pause', by: 'ann', reason: null });
    run.say({ type: 'message', from: 'person', by: 'ann', text: 'hm' });
    assert.ok(deadlinesOf(run.context()).length > 0);
    run.say({ type: 'resume', by: 'ann' });
    assert.deepEqual(run.place(), { state: 'awaitingOperator', control: 'agent' });
    assert.ok(deadlinesOf(run.context()).length > 0);
    run.say({ type: 'message', from: 'person', by: 'ann', text: 'try the menu' });
    assert.equal(run.place().state, 'observing');
  });

  it('can be cancelled in every state; an action in flight is waited for', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }]) });
    run.say({ type: 'cancel', by: 'ann', reason: 'enough' });
    assert.equal(run.context().awaits?.kind, 'perform');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'failed'), timings });
    assert.equal(run.context().awaits?.kind, 'finish');
    run.answer({ type: 'finished', artefacts: [], lost: [], released: true, reason: 'its run ended' });
    assert.equal(run.place().state, 'cancelled');
    assert.ok(run.types().includes('turn.ended'), 'the open call was answered');
  });

  it('ends by the name of the budget that is used up', () => {
    const run = conversation(newRun({ budgets: { maxSteps: 1, maxDurationMs: 5000, maxTokens: 1000 } }));
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click, click], safetyChecks: [] }]) });
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    assert.equal(run.place().state, 'finishing');
    assert.equal(run.context().ending?.failure?.code, 'budget_steps');
  });

  it('does not count the time in which a person is waited for', () => {
    const run = conversation();
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [check] }]) });
    const before = run.context().clock;
    assert.equal(before.since, null);
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null, at: 500_000 });
    assert.equal(run.context().clock.activeMs, before.activeMs);
    assert.equal(run.context().clock.since, 500_000);
  });

  it('goes on when something was said after the model had finished', () => {
    const run = conversation();
    run.ready();
    run.say({ type: 'message', from: 'person', by: 'ann', text: 'one more thing' });
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([], 'done') });
    assert.equal(run.place().state, 'awaitingModel');
  });
});

describe('control of a run', () => {
  const clicks = (count: number) => turnWith([{ callId: 'c', actions: Array.from({ length: count }, () => click), safetyChecks: [] }]);
  const taking = { type: 'control.take', leaseId: 'lease-of-bea', holder: 'bea', principal: 'bea', ttlMs: 60_000, reason: 'a captcha', isForced: false };
  function acting(run = newRun()) {
    const held = conversation(run);
    held.ready();
    held.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: clicks(2) });
    return { ...held, fence: () => held.say(fencedBy(held.context().fencing ?? assert.fail('nothing is fenced'), 5000) as never) };
  }

  it('passes to a person at once, with a fence beside the action in flight, whose outcome is recorded without a frame', () => {
    const run = acting();
    const before = run.context().epoch;
    const step = run.say(taking);
    assert.deepEqual(run.place(), { state: 'executingAction', control: 'operator' });
    assert.deepEqual(step.begun.map(({ kind }) => kind), ['fence']);
    assert.equal(run.context().epoch, before + 1);
    assert.equal(step.commit.controlEpoch, before + 1);
    assert.ok(!JSON.stringify([step.view, step.commit.facts]).includes('lease-of-bea'), 'the secret stands in no view and no fact');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'failed', frameNamed('f7')), timings });
    assert.deepEqual(run.place(), { state: 'deciding', control: 'operator' });
    assert.ok(!run.facts.some((fact) => fact.type === 'frame.captured' && fact.frame.frameId === 'f7'), 'what the screen showed after control passed is not kept');
    const ended = run.facts.find((fact) => fact.type === 'action.ended');
    assert.deepEqual([ended?.turn, ended?.callId, ended?.outcome.status, ended?.frameId], [1, 'c', 'failed', null]);
    run.fence();
    assert.equal(run.context().awaits, null);
    assert.deepEqual(run.facts.find((fact) => fact.type === 'control.fenced')?.processes.map(({ command }) => command), ['xterm']);
  });

  it('comes back to the agent after the fence and a fresh look, with what happened told to the model', () => {
    const run = acting();
    run.say(taking);
    run.fence();
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed'), timings });
    run.say({ type: 'operator.act', leaseId: 'lease-of-bea', actionId: 'o1', action: typing });
    assert.equal(stepRun(run.state(), { type: 'operator.act', at: 9999, leaseId: 'lease-of-bea', actionId: 'o2', action: typing }), undefined, 'one action at a time');
    run.say({ type: 'operated', effectId: 'o1', by: 'bea', outcome: { status: 'performed', error: null, effect: { kind: 'nothing' } } });
    run.say({ type: 'control.giveBack', leaseId: 'lease-of-bea', note: 'I signed you in' });
    assert.deepEqual([run.place(), run.context().awaits], [{ state: 'deciding', control: 'agent' }, null], 'nothing begins before the desktop knows');
    run.fence();
    assert.equal(run.context().awaits?.kind, 'observe');
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    assert.equal(run.place().state, 'awaitingModel');
    const note = run.facts.find((fact) => fact.type === 'note.added')?.text ?? '';
    assert.match(note, /in control of this desktop .*typed 5 characters.*I signed you in/);
    const result = run.facts.find((fact) => fact.type === 'turn.ended')?.results[0];
    assert.match(result?.notes.join(' ') ?? '', /a person was in control meanwhile/);
    assert.equal(result?.frameId, 'f2');
  });

  it('goes to nobody when the lease ends: the run is paused, and resumed by a person only', () => {
    const run = acting();
    run.say(taking);
    run.fence();
    const { until } = run.context().lease ?? assert.fail();
    assert.deepEqual(deadlinesOf(run.context()), [{ deadlineId: 'lease', dueAt: until }]);
    run.say({ type: 'control.renew', leaseId: 'lease-of-bea', ttlMs: 120_000 });
    assert.equal(stepRun(run.state(), { type: 'deadline', at: until, deadlineId: 'lease' }), undefined, 'a deadline that was moved is not due');
    const { epoch } = run.context();
    run.say({ type: 'deadline', deadlineId: 'lease', at: until + 120_000 });
    assert.deepEqual([run.place().control, run.context().epoch, run.context().standsStill?.why], ['paused', epoch + 1, 'lease_expired']);
    assert.equal(stepRun(run.state(), { type: 'operator.act', at: 9_999_999, leaseId: 'lease-of-bea', actionId: 'o1', action: typing }), undefined);
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed'), timings });
    run.say({ type: 'resume', by: 'ann' });
    assert.equal(run.context().awaits, null, 'not before the desktop knows');
    run.fence();
    assert.equal(run.context().awaits?.kind, 'observe');
  });

  it('is refused to a second person, asked of the holder, and taken by force', () => {
    const run = acting();
    run.say(taking);
    run.fence();
    const second = { ...taking, at: 6000, leaseId: 'lease-of-cid', holder: 'cid', principal: 'cid' };
    assert.equal(stepRun(run.state(), second as RunCommand), undefined);
    const asked = run.say({ type: 'control.request', by: 'cid', principal: 'cid', reason: 'my turn' });
    assert.deepEqual(asked.view.lease?.requests.map(({ by, reason }) => [by, reason]), [['cid', 'my turn']]);
    const { epoch } = run.context();
    run.say({ ...second, isForced: true });
    assert.deepEqual([run.context().lease?.holder, run.context().epoch], ['cid', epoch + 1]);
    assert.equal(stepRun(run.state(), { type: 'control.giveBack', at: 7000, leaseId: 'lease-of-bea', note: null }), undefined);
  });

  it('drops a look at the screen that was under way, so that none of a person is kept', () => {
    const run = conversation();
    run.say({ type: 'admit' });
    run.answer({ type: 'desktop.ready', desktopId: run.context().desktopId, display: { width: 1280, height: 800 }, launchMs: 5 });
    const observing = run.context().awaits?.effectId ?? '';
    const step = run.say(taking);
    assert.ok(step.commit.effectsEnded.includes(observing));
    assert.equal(stepRun(run.state(), { type: 'observed', at: 6000, effectId: observing, frame: frameNamed('f9') }), undefined);
  });

  it('is left to the person when the run is cancelled', () => {
    const run = acting();
    run.say(taking);
    run.say({ type: 'cancel', by: 'ann', reason: 'enough' });
    assert.equal(run.context().awaits?.kind, 'perform');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'failed'), timings });
    run.fence();
    const { awaits } = run.context();
    assert.ok(awaits?.kind === 'finish' && awaits.leaves?.holder === 'bea');
  });

  it('is carried on by a run that ends with it', () => {
    const lease = { id: 'lease-of-bea', holder: 'bea', principal: 'bea', reason: null, takenAt: 1000, until: 61_000, requests: [], deeds: {} };
    const carries = { lease, display: { width: 1280, height: 800 }, standsInFor: { runId: 'run-0', keepForMs: 0 } };
    const run = conversation({ ...newRun({ desktopId: 'd1' }, 'caller'), lastEpoch: 7, carries });
    assert.deepEqual([run.place(), run.context().epoch, run.context().fencing], [{ state: 'awaitingCaller', control: 'operator' }, 7, null]);
    run.say({ type: 'operator.act', leaseId: 'lease-of-bea', actionId: 'o1', action: typing });
    run.say({ type: 'deadline', deadlineId: 'lease', at: 61_000 });
    assert.equal(run.place().state, 'finishing');
    assert.equal(run.context().awaits, null, 'the action of the person in control is waited for');
    run.say({ type: 'operated', effectId: 'o1', by: 'bea', outcome: { status: 'performed', error: null, effect: { kind: 'nothing' } } });
    assert.deepEqual(run.context().awaits, { kind: 'finish', effectId: 'run-1.finish.1' });
  });
});

describe('tools and questions to the caller', () => {
  const tool = { type: 'shell' as const, command: 'ls', restart: false, timeoutMs: 1000 };

  it('are performed in the order of the turn, between actions, each answered', () => {
    const run = conversation();
    run.ready();
    const calls = [
      { callId: 'a', actions: [], tool, safetyChecks: [] }, { callId: 'b', actions: [], asks: { name: 'weather', arguments: '{"in":"Rome"}' }, safetyChecks: [] },
      { callId: 'c', actions: [], asks: { name: 'time', arguments: '{}' }, safetyChecks: [] }, { callId: 'd', actions: [click], safetyChecks: [] },
    ];
    run.answer({ type: 'model.answered', ms: 9, costUsd: 0.5, turn: turnWith(calls) });
    assert.equal(run.context().awaits?.kind, 'use');
    run.answer({ type: 'tool.ended', output: 'a.txt', isError: false, ms: 3 });
    assert.deepEqual([run.place().state, run.context().asked.map(({ name }) => name)], ['awaitingCaller', ['weather', 'time']]);
    const answers = ['b', 'c'].map((callId) => ({ callId, output: `of ${callId}`, isError: false }));
    assert.equal(stepRun(run.state(), { type: 'caller.answer', at: 9999, answers: answers.slice(1), by: 'ann' }), undefined, 'half an answer is none');
    run.say({ type: 'caller.answer', answers, by: 'ann' });
    assert.equal(run.context().awaits?.kind, 'perform');
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed('f1')), timings });
    const results = run.facts.find((fact) => fact.type === 'turn.ended')?.results ?? [];
    assert.deepEqual(results.map(({ output }) => output), ['a.txt', 'of b', 'of c', undefined]);
    assert.equal(run.context().costUsd, 0.5);
  });

  it('end the run when the caller does not answer in time', () => {
    const run = conversation(newRun({ callerTimeoutMs: 1000 }));
    run.ready();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([{ callId: 'b', actions: [], asks: { name: 'weather', arguments: '{}' }, safetyChecks: [] }]) });
    run.say({ type: 'deadline', deadlineId: 'wait', at: 1_000_000 });
    assert.equal(run.context().ending?.failure?.code, 'caller_lost');
  });
});

describe('the chart under random commands', () => {
  const runs = process.env['VITRINE_TEST_FULL'] === '1' ? 3000 : 400;

  it(`keeps its promises over ${runs} random runs`, () => {
    let transitions = 0;
    const met = new Set<string>();
    for (let seed = 1; seed <= runs; seed += 1) transitions += randomRun(seed, met);
    console.log(`# ${transitions} random transitions over ${runs} runs; ${met.size} places with effects in flight, every outcome accepted in each`);
    for (const place of ['awaitingModel operator ask', 'executingAction operator perform', 'executingAction operator use', 'executingAction paused perform', 'deciding operator operate', 'deciding agent fence', 'awaitingCaller operator fence']) assert.ok(met.has(place), `${place} was not met`);
    assert.ok(transitions > runs * 5);
  });
});

/** I10: whatever is not over is woken some day; I11 and the rest of what a clock may not do. */
function assertBounded({ commit, view, next: { snapshot: { context } } }: Step, where: string): void {
  if (commit.index.isOver) assert.deepEqual(commit.deadlines, [], `${where}: a run that is over is woken`);
  else assert.ok(commit.deadlines.length > 0 && commit.deadlines.every(({ dueAt }) => Number.isFinite(dueAt)), `${where}: nothing wakes the run, which is ${view.state}, ${view.control}`);
  assert.ok(context.clock.activeMs >= 0, `${where}: it worked for ${context.clock.activeMs} ms`);
  assert.ok(context.startsOver <= 3, `${where}: it began anew ${context.startsOver} times`);
}

/** Every effect in flight is awaited wherever the run is: no outcome changes nothing, and each clears its slot. */
function assertAllAccepted(state: StoredState, outcomes: readonly RunCommand[], seed: number, met: Set<string>): void {
  const { state: progress, control } = placeOf(state.snapshot.value);
  for (const outcome of outcomes) {
    if (!('effectId' in outcome)) continue;
    const { awaits, fencing, operating } = state.snapshot.context;
    const effect = [awaits, fencing, operating].find((one) => one?.effectId === outcome.effectId) ?? assert.fail();
    // A run that ends has given up whatever acts on no desktop.
    if (progress === 'finishing' && ['ask', 'observe', 'launch', 'attach'].includes(effect.kind)) continue;
    met.add(`${progress} ${control} ${effect.kind}`);
    const step = stepRun(structuredClone(state), outcome);
    assert.ok(step, `seed ${seed}: ${outcome.type} is dropped in ${progress}, ${control}`);
    assert.ok(step.commit.effectsEnded.includes(outcome.effectId), `seed ${seed}: ${outcome.type} leaves ${effect.kind} in flight in ${progress}, ${control}`);
  }
}

/** One run under random outcomes and interruptions, restored from JSON before each; returns the number of transitions. */
function randomRun(seed: number, met: Set<string>): number {
  const random = seededRandom(seed);
  const created = seed % 4 === 0 ? newRun({ desktopId: 'd-1' }, 'caller') : newRun({ onDesktopLost: seed % 2 === 0 ? 'start_over' : 'fail' });
  const first = createRun({ ...created, rules: randomRules });
  let typed = '';
  let approvedTurn = 0;
  assert.notDeepEqual(first.commit.deadlines, [], `seed ${seed}: a new run without a deadline`);
  let state: StoredState = first.next;
  let hasDesktop = false;
  let at = 2000;
  let epoch = 0;
  let transitions = 0;
  const begun = new Set<string>();
  const intended = new Set<string>();
  const ended = new Set<string>();
  const openCalls = new Set<string>();
  for (let index = 0; index < 400; index += 1) {
    at += Math.floor(random() * 100);
    const { context, value } = state.snapshot;
    const before = placeOf(value);
    const outcomes = outcomesOf(context, at, random);
    assertAllAccepted(state, outcomes, seed, met);
    const outside = random() < 0.3 || outcomes.length === 0;
    const command: RunCommand = before.state === 'queued' ? { type: 'admit', at } : outside ? interruption(context, at, random) : (outcomes[Math.floor(random() * outcomes.length)] ?? assert.fail());
    const step = stepRun(JSON.parse(JSON.stringify(state)), command);
    if (step === undefined) {
      if (finalStates.includes(before.state)) break;
      continue;
    }
    transitions += 1;
    at = Math.max(at, command.at);
    assertBounded(step, `seed ${seed}, ${command.type} in ${JSON.stringify(value)}`);
    assert.ok(step.begun.length <= 1, `seed ${seed}: ${step.begun.length} effects at once`);
    const after = placeOf(step.next.snapshot.value);
    hasDesktop = step.next.snapshot.context.display !== null && step.next.snapshot.context.desktopId !== null;
    for (const effect of step.begun) {
      assert.ok(!begun.has(effect.effectId), `seed ${seed}: effect ${effect.effectId} begun twice`);
      begun.add(effect.effectId);
      if (effect.kind === 'perform' || effect.kind === 'use' || effect.kind === 'observe') assert.ok(hasDesktop, `seed ${seed}: ${effect.kind} without a desktop`);
      if (!['finish', 'fence', 'operate'].includes(effect.kind)) {
        assert.equal(after.control, 'agent', `seed ${seed}: ${effect.kind} begun while ${after.control}`);
        assert.equal(step.next.snapshot.context.fencing, null, `seed ${seed}: ${effect.kind} begun while control was being passed`);
      }
      if (effect.kind === 'operate') assert.ok(before.control === 'operator' && context.fencing === null && effect.epoch === context.epoch, `seed ${seed}: a person acted without control`);
      if ('epoch' in effect && ['launch', 'attach', 'fence'].includes(effect.kind)) {
        assert.ok(effect.epoch > epoch, `seed ${seed}: epoch ${effect.epoch} after ${epoch}`);
        assert.equal(step.commit.controlEpoch, effect.epoch, `seed ${seed}: the journal is not told of epoch ${effect.epoch}`);
        epoch = effect.epoch;
      }
    }
    for (const fact of step.commit.facts as RunFact[]) {
      RunFactSchema.parse(fact);
      if (fact.type === 'approval.ended' && fact.approval.state === 'approved') assert.equal(fact.approval.answer !== null, fact.approval.kind === 'question', `seed ${seed}: a question without an answer, or an answer without a question`);
      if (fact.type === 'approval.ended' && fact.approval.state === 'approved' && fact.approval.kind !== 'question') approvedTurn = context.turn?.number ?? 0;
      if (fact.type === 'action.intended' && fact.action.type === 'type') {
        assert.ok(!`${typed}${fact.action.text}`.includes('sudo'), `seed ${seed}: a refused text is typed`);
        assert.ok(!fact.action.text.includes('rm') || approvedTurn === fact.turn, `seed ${seed}: typed without the approval that a rule wants`);
      }
      if (fact.type === 'action.ended' && fact.action.type === 'type' && fact.outcome.status !== 'refused') typed += fact.action.text;
      if (fact.type === 'action.intended' || fact.type === 'tool.intended') intended.add(fact.actionId);
      if (fact.type === 'action.ended' || fact.type === 'tool.ended') {
        assert.ok(intended.has(fact.actionId) && !ended.has(fact.actionId), `seed ${seed}: ${fact.actionId} ended without intent, or twice`);
        ended.add(fact.actionId);
      }
      if (fact.type === 'model.answered' && fact.answer.unfinished === null) for (const call of fact.answer.calls) openCalls.add(`${fact.turn}:${call.callId}`);
      if (fact.type === 'turn.ended') for (const result of fact.results) assert.ok(openCalls.delete(`${fact.turn}:${result.callId}`), `seed ${seed}: a call answered twice`);
    }
    state = step.next;
  }
  const last = placeOf(state.snapshot.value).state;
  if (finalStates.includes(last)) {
    assert.equal(openCalls.size, 0, `seed ${seed}: calls left without an answer`);
    assert.deepEqual([...intended].filter((id) => !ended.has(id)), [], `seed ${seed}: intended actions without an outcome`);
  }
  return transitions;
}
