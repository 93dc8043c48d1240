import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { pino } from 'pino';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { Journal } from '../../controller/journal/journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import type { RunRegistry } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import type { FakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const bob = { name: 'bob', project: 'other' };
const soon = () => AbortSignal.timeout(10_000);
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const folders: string[] = [];

type World = { runs: RunRegistry; journal: Journal; desktops: FakeDesktops; model: ScriptedModel; folder: string };

function open(folder: string, desktops: FakeDesktops, model: ScriptedModel, maxDesktops = 4): World {
  const journal = openJournal(folder);
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops, maxQueued: 100, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
  return { runs, journal, desktops, model, folder };
}

async function world(turns: ScriptedModel['turns'], maxDesktops = 4): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-runs-'));
  folders.push(folder);
  return open(folder, fakeDesktops(), scriptedModel(turns), maxDesktops);
}

const request = (more: object = {}) => RunRequest.parse({ task: 'do it', ...more });
const called = (...actions: (typeof click)[]) => turnWith([{ callId: 'call_1', actions, safetyChecks: [] }]);
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [check] }]);

/** Waits until a run is in a state. */
async function reach({ runs }: World, runId: string, state: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => runs.get(runId, ann).state === state && resolve();
  const stop = runs.onEvents(look);
  look();
  const late = setTimeout(() => resolve(), 5000);
  await promise;
  clearTimeout(late);
  stop();
  assert.equal(runs.get(runId, ann).state, state);
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('runs over a journal', () => {
  it('carries a task to its answer and lets the desktop go', async () => {
    const w = await world([called(click), turnWith([], 'Hello')]);
    const { id } = w.runs.create(request(), ann);
    const run = await w.runs.ended(id, ann, soon());
    assert.equal(run.state, 'succeeded');
    assert.equal(run.answer, 'Hello');
    assert.equal(run.steps, 1);
    assert.equal(w.desktops.made.size, 0);
    assert.deepEqual(w.journal.effects(id), []);
    const transcript = w.model.asked[1]?.transcript.map((entry) => entry.kind);
    assert.deepEqual(transcript, ['task', 'turn', 'results']);
    const picture = await w.runs.picture(id, run.lastFrameId ?? '', ann);
    assert.match(picture.bytes.toString(), /^picture/);
  });

  it('hides everything of another project alike', async () => {
    const w = await world([flagged()]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    const approvalId = w.runs.get(id, ann).approvalId ?? '';
    const desktopId = w.runs.get(id, ann).desktopId ?? '';
    const notFound = (work: () => unknown) => assert.throws(work, (error: VitrineError) => error.code === 'not_found');
    for (const work of [
      () => w.runs.get(id, bob), () => w.runs.cancel(id, 'x', bob), () => w.runs.pause(id, bob), () => w.runs.message(id, 'x', bob),
      () => w.runs.events({ runId: id, after: 0, limit: 1 }, bob), () => w.runs.approval(approvalId, bob), () => w.runs.decide(approvalId, { decision: 'approve' }, bob),
      () => w.runs.create(request({ desktopId }), bob),
    ]) notFound(work);
    assert.deepEqual(w.runs.list({ limit: 10 }, bob).items, []);
    assert.deepEqual(w.runs.events({ after: 0, limit: 10 }, bob), []);
  });

  it('holds a check, and takes one decision only', async () => {
    const w = await world([flagged(), turnWith([], 'done')]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    const [approval] = w.runs.approvals({ state: 'pending', limit: 5 }, ann).items;
    assert.ok(approval);
    assert.throws(() => w.runs.decide(approval.id, { decision: 'approve', digest: '0'.repeat(64) }, ann), (error: VitrineError) => error.code === 'conflict');
    assert.equal(w.desktops.made.get(w.runs.get(id, ann).desktopId ?? '')?.performedIds.length, 0);
    assert.equal(w.runs.decide(approval.id, { decision: 'approve', digest: approval.digest, reason: 'fine' }, ann).state, 'approved');
    assert.throws(() => w.runs.decide(approval.id, { decision: 'deny' }, ann), (error: VitrineError) => error.code === 'conflict' && error.details?.['decidedBy'] === 'ann');
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
  });

  it('denies when nobody decides in time, and tells the model', async () => {
    const w = await world([flagged(), turnWith([], 'stopped')]);
    const { id } = w.runs.create(request({ approvalTimeoutMs: 1000 }), ann);
    const run = await w.runs.ended(id, ann, soon());
    assert.equal(run.answer, 'stopped');
    assert.equal(run.steps, 0);
    const [approval] = w.runs.approvals({ runId: id, limit: 5 }, ann).items;
    assert.equal(approval?.state, 'expired');
    const results = w.model.asked[1]?.transcript.find((entry) => entry.kind === 'results');
    assert.match(results?.kind === 'results' ? (results.results[0]?.notes[0] ?? '') : '', /nobody approved it in time/);
  });

  it('cancels while the model is asked', async () => {
    const { promise } = Promise.withResolvers<never>();
    const w = await world([promise]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingModel');
    w.runs.cancel(id, 'enough', ann);
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'cancelled');
    assert.equal(w.desktops.made.size, 0);
  });

  it('ends a run by its working time', async () => {
    const { promise } = Promise.withResolvers<never>();
    const w = await world([promise]);
    const { id } = w.runs.create(request({ budgets: { maxDurationMs: 1000 } }), ann);
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.failure?.code], ['failed', 'budget_duration']);
  });

  it('fails with the reason when the desktop cannot be had, or is lost', async () => {
    const w = await world([flagged()]);
    w.desktops.failLaunch = 'the engine is down: start it';
    const first = await w.runs.ended(w.runs.create(request(), ann).id, ann, soon());
    assert.deepEqual(first.failure, { code: 'desktop_failed', message: 'the engine is down: start it' });
    w.desktops.failLaunch = undefined;
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    w.desktops.made.get(w.runs.get(id, ann).desktopId ?? '')?.end({ kind: 'lost', reason: 'killed' });
    const second = await w.runs.ended(id, ann, soon());
    assert.equal(second.failure?.code, 'desktop_lost');
    assert.equal(w.runs.approvals({ runId: id, limit: 1 }, ann).items[0]?.state, 'withdrawn');
  });

  it('queues runs beyond the number of desktops, first come first served', async () => {
    const w = await world([flagged(), turnWith([], 'one'), turnWith([], 'two')], 1);
    const first = w.runs.create(request(), ann).id;
    const second = w.runs.create(request(), ann).id;
    await reach(w, first, 'awaitingSafetyAck');
    assert.equal(w.runs.get(second, ann).state, 'queued');
    w.runs.decide(w.runs.get(first, ann).approvalId ?? '', { decision: 'approve' }, ann);
    assert.equal((await w.runs.ended(second, ann, soon())).answer, 'two');
  });

  it('leaves nothing on a desktop that outlives its runs', async () => {
    const w = await world([called(click), turnWith([], 'one'), called(click), turnWith([], 'two')]);
    await w.desktops.launch('d1', { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, soon());
    for (const answer of ['one', 'two']) assert.equal((await w.runs.ended(w.runs.create(request({ desktopId: 'd1' }), ann).id, ann, soon())).answer, answer);
    assert.equal(w.desktops.made.get('d1')?.listenerCount(), 0);
  });

  it('keeps the Outbox as artefacts', async () => {
    const w = await world([flagged(), turnWith([], 'done')]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    w.desktops.made.get(w.runs.get(id, ann).desktopId ?? '')?.files.set('Outbox/result.csv', Buffer.from('a,b\n'));
    w.runs.decide(w.runs.get(id, ann).approvalId ?? '', { decision: 'approve' }, ann);
    const run = await w.runs.ended(id, ann, soon());
    const [artefact] = run.artefacts;
    assert.deepEqual([artefact?.name, artefact?.size], ['result.csv', 4]);
    assert.equal((await w.runs.artefact(id, artefact?.id ?? '', ann)).name, 'result.csv');
  });

  it('performs directly in one caller run until the desktop is released', async () => {
    const w = await world([]);
    await w.desktops.launch('d1', { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, soon());
    const direct = { actions: [click, click], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined };
    const [one, two] = await Promise.all([w.runs.performDirectly('d1', direct, ann, soon()), w.runs.performDirectly('d1', direct, ann, soon())]);
    assert.equal(one.run.id, two.run.id);
    assert.deepEqual([one.performed.length, two.run.steps, two.run.driver], [2, 4, 'caller']);
    assert.throws(() => w.runs.create(request({ desktopId: 'd1' }), ann), (error: VitrineError) => error.code === 'conflict');
    const far = { ...direct, actions: [click, { ...click, x: 1280 }] };
    assert.throws(() => w.runs.performDirectly('d1', far, ann, soon()), (error: VitrineError) => error.code === 'unprocessable');
    assert.equal(w.runs.get(one.run.id, ann).steps, 4);
    await w.runs.releaseDesktop('d1', ann, undefined, soon());
    assert.equal(w.runs.get(one.run.id, ann).state, 'succeeded');
    assert.equal(w.desktops.made.size, 0);
  });
});

describe('runs after a restart', () => {
  /** Ends the first controller without a word, as a kill does, and starts a second on the same folder and desktops. */
  async function restart(w: World, turns: ScriptedModel['turns']): Promise<World> {
    await w.runs.close();
    w.journal.close();
    const next = open(w.folder, w.desktops, scriptedModel(turns));
    next.runs.takeUp();
    return next;
  }

  it('asks a pending question to the model again', async () => {
    const { promise } = Promise.withResolvers<never>();
    const w = await world([promise]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingModel');
    const next = await restart(w, [turnWith([], 'after')]);
    assert.equal(next.journal.controllerEpoch, w.journal.controllerEpoch + 1);
    assert.equal((await next.runs.ended(id, ann, soon())).answer, 'after');
  });

  it('keeps a pending approval with its deadline', async () => {
    const w = await world([flagged()]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    const [before] = w.runs.approvals({ runId: id, limit: 1 }, ann).items;
    const next = await restart(w, [turnWith([], 'after')]);
    assert.deepEqual(next.runs.approvals({ runId: id, limit: 1 }, ann).items[0], before);
    next.runs.decide(before?.id ?? '', { decision: 'approve' }, ann);
    assert.equal((await next.runs.ended(id, ann, soon())).steps, 1);
  });

  it('sends a pending action again under the same id, and performs it once', async () => {
    const w = await world([called(click)]);
    const gate = Promise.withResolvers<void>();
    w.desktops.newGate = gate.promise;
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'executingAction');
    const desktop = [...w.desktops.made.values()][0];
    const actionId = w.journal.effects(id)[0]?.effectId;
    w.journal.close(); // The first controller is as good as dead: whatever it does now, nothing of it is written.
    gate.resolve();
    const next = open(w.folder, w.desktops, scriptedModel([turnWith([], 'after')]));
    next.runs.takeUp();
    const run = await next.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.steps, desktop?.performedIds], ['succeeded', 1, [actionId]]);
    await w.runs.close();
  });

  it('fails a run whose desktop is gone', async () => {
    const w = await world([flagged()]);
    const { id } = w.runs.create(request(), ann);
    await reach(w, id, 'awaitingSafetyAck');
    w.desktops.made.clear();
    const next = await restart(w, []);
    assert.equal((await next.runs.ended(id, ann, soon())).failure?.code, 'desktop_lost');
  });
});
