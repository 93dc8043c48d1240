import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import type { RunRegistryOptions } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { Run, RunState } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const request = (more: object = {}) => RunRequest.parse({ task: 'do it', ...more });
const clicks = () => turnWith([{ callId: 'call_1', actions: [click, { ...click, x: 20 }], safetyChecks: [] }, { callId: 'call_2', actions: [click], safetyChecks: [] }]);
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [check] }]);
const spec = { display: { width: 1280, height: 800 }, template: 'default' };

async function world(turns: ScriptedModel['turns'], options: Partial<RunRegistryOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-lasting-'));
  const desktops = fakeDesktops();
  const model = scriptedModel(turns);
  const open = () => {
    const journal = openJournal(folder);
    return { journal, runs: createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }), ...options }) };
  };
  let present = open();
  const reach = (id: string, state: RunState) => waitFor(`run ${id} ${state}`, (): Run | undefined => {
    const run = present.runs.get(id, ann);
    return run.state === state ? run : undefined;
  });
  return {
    desktops, model, reach, folder,
    get runs() { return present.runs; },
    get journal() { return present.journal; },
    facts: (id: string) => present.runs.events({ runId: id, after: 0, limit: 1000 }, ann).map(({ fact }) => fact),
    desktopOf: (id: string) => desktops.made.get(present.runs.get(id, ann).desktopId ?? '') ?? assert.fail('no desktop'),
    /** Ends the controller and starts another on the same journal and desktops. */
    async restart(meanwhile: () => void = () => undefined) {
      await present.runs.close();
      present.journal.close();
      meanwhile();
      present = open();
      present.runs.takeUp();
    },
    async [Symbol.asyncDispose]() {
      await present.runs.close();
      present.journal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** I10, asked of the journal's own tables. */
function runsWithoutDeadline(folder: string): unknown[] {
  const database = new DatabaseSync(join(folder, 'journal.sqlite'), { readOnly: true });
  try {
    return database.prepare('SELECT run_id, state FROM runs WHERE is_over = 0 AND run_id NOT IN (SELECT run_id FROM deadlines)').all();
  } finally {
    database.close();
  }
}

describe('a run whose desktop is lost', () => {
  it('begins anew on a fresh one if it is to, tells the model, and calls what was in flight unknown', async () => {
    await using w = await world([clicks(), turnWith([], 'done on the second desktop')]);
    const gate = Promise.withResolvers<void>();
    w.desktops.newGate = gate.promise;
    const { id } = w.runs.create(request({ onDesktopLost: 'start_over' }), ann);
    await w.reach(id, 'executingAction');
    const lost = w.desktopOf(id);
    w.desktops.newGate = undefined;
    lost.end({ kind: 'lost', reason: 'its container was killed' });
    gate.resolve();
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.answer], ['succeeded', 'done on the second desktop']);
    const facts = w.facts(id);
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.outcome.status] : [])), ['unknown']);
    assert.deepEqual(facts.filter(({ type }) => type === 'run.started_over'), [{ type: 'run.started_over', count: 1, desktopId: lost.id, reason: 'it ended (lost): its container was killed' }]);
    assert.equal(new Set(facts.flatMap((fact) => (fact.type === 'desktop.ready' ? [fact.desktopId] : []))).size, 2);
    assert.deepEqual(lost.performedIds.length, 1);
    assert.equal(w.desktops.made.size, 0);
    const told = w.model.asked[1]?.transcript ?? [];
    assert.deepEqual(told.map(({ kind }) => kind), ['task', 'turn', 'results', 'note']);
    const results = told.flatMap((entry) => (entry.kind === 'results' ? entry.results : []));
    assert.match(results[0]?.notes.join(' ') ?? '', /not known/);
    assert.match(results[1]?.notes.join(' ') ?? '', /Not executed: its desktop was lost/);
    const [note] = told.flatMap((entry) => (entry.kind === 'note' ? [entry.text] : []));
    assert.match(note ?? '', /Your desktop was lost, and with it everything.*its container was killed.*begin the task anew/);
  });

  it('does so three times, and fails the fourth', async () => {
    await using w = await world([flagged(), flagged(), flagged(), flagged()]);
    const { id } = w.runs.create(request({ onDesktopLost: 'start_over' }), ann);
    const names = new Set<string>();
    for (let count = 0; count < 4; count += 1) {
      await w.reach(id, 'awaitingSafetyAck');
      names.add(w.desktopOf(id).id);
      w.desktopOf(id).end({ kind: 'broken', reason: 'Xvfb died' });
    }
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([names.size, run.failure?.code], [4, 'desktop_lost']);
    assert.deepEqual(w.runs.approvals({ runId: id, limit: 9 }, ann).items.map(({ state }) => state), ['withdrawn', 'withdrawn', 'withdrawn', 'withdrawn']);
  });

  it('does so after a restart, too, when its desktop is gone by then', async () => {
    await using w = await world([flagged(), turnWith([], 'done')]);
    const { id } = w.runs.create(request({ onDesktopLost: 'start_over' }), ann);
    await w.reach(id, 'awaitingSafetyAck');
    await w.restart(() => w.desktops.made.clear());
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, w.facts(id).filter(({ type }) => type === 'run.started_over').length], ['succeeded', 1]);
  });

  it('keeps the question to its caller, and begins anew with the answer', async () => {
    await using w = await world([turnWith([{ callId: 'call_1', actions: [], asks: { name: 'weather', arguments: '{}' }, safetyChecks: [] }]), turnWith([], 'done')]);
    const { id } = w.runs.create(request({ onDesktopLost: 'start_over' }), ann);
    await w.reach(id, 'awaitingCaller');
    w.desktopOf(id).end({ kind: 'lost', reason: 'killed' });
    assert.equal(w.runs.get(id, ann).state, 'awaitingCaller');
    w.runs.answerCaller(id, [{ callId: 'call_1', output: 'sunny', isError: false }], ann);
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
    const results = w.model.asked[1]?.transcript.flatMap((entry) => (entry.kind === 'results' ? entry.results : []));
    assert.deepEqual(results?.map(({ output }) => output), ['sunny']);
  });

  it('stays paused if it is paused, and goes on when it is resumed', async () => {
    await using w = await world([flagged(), turnWith([], 'done')]);
    const { id } = w.runs.create(request({ onDesktopLost: 'start_over' }), ann);
    await w.reach(id, 'awaitingSafetyAck');
    w.runs.pause(id, ann);
    w.desktopOf(id).end({ kind: 'lost', reason: 'killed' });
    assert.deepEqual([w.runs.get(id, ann).state, w.runs.get(id, ann).control], ['deciding', 'paused']);
    assert.deepEqual(runsWithoutDeadline(w.folder), []);
    w.runs.resume(id, ann);
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
  });
});

describe('a run that fails with its desktop', () => {
  it('lets the lost desktop go: it takes nobody\'s place', async () => {
    await using w = await world([flagged(), flagged()]);
    for (const kind of ['broken', 'lost'] as const) {
      const { id } = w.runs.create(request(), ann);
      await w.reach(id, 'awaitingSafetyAck');
      const lost = w.desktopOf(id);
      lost.end({ kind, reason: 'Xvfb died' });
      const run = await w.runs.ended(id, ann, soon());
      assert.equal(run.failure?.code, 'desktop_lost');
      assert.equal(w.desktops.made.has(lost.id), false, `the ${kind} desktop is still there`);
    }
  });
});

describe('nothing waits for ever', () => {
  it('I10: every run that is not over has a deadline, whatever it waits for', async () => {
    const never = new Promise<never>(() => undefined);
    await using w = await world([flagged(), turnWith([{ callId: 'call_1', actions: [], asks: { name: 'weather', arguments: '{}' }, safetyChecks: [] }]), never, never], { maxDesktops: 5 });
    const ids = [];
    for (const state of ['awaitingSafetyAck', 'awaitingCaller', 'awaitingModel'] as const) {
      const { id } = w.runs.create(request(), ann);
      await w.reach(id, state);
      ids.push(id);
    }
    w.runs.pause(ids[2] ?? '', ann);
    await w.runs.launchDesktop('d-1', spec, ann, soon());
    await w.runs.performDirectly('d-1', { actions: [click], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined }, ann, soon());
    w.runs.create(request(), ann);
    const queued = w.runs.create(request(), ann);
    assert.equal(queued.state, 'queued');
    assert.deepEqual(runsWithoutDeadline(w.folder), []);
  });

  it('a run leaves the queue when its time is up', async () => {
    await using w = await world([new Promise<never>(() => undefined)], { maxDesktops: 1 });
    w.runs.create(request(), ann);
    const { id } = w.runs.create(request({ queueTimeoutMs: 1000 }), ann);
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual(run.failure, { code: 'queue_timeout', message: 'no desktop was free within 1000 ms (queueTimeoutMs)' });
  });

  it('a caller\'s run ends when its desktop is not used, and the desktop goes with it', async () => {
    await using w = await world([], { idleMs: 1000 });
    await w.runs.launchDesktop('d-1', spec, ann, soon());
    const { run } = await w.runs.performDirectly('d-1', { actions: [click], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined }, ann, soon());
    const ended = await w.runs.ended(run.id, ann, soon());
    assert.equal(ended.state, 'succeeded');
    assert.equal(w.desktops.made.size, 0);
    assert.ok(w.facts(run.id).some((fact) => fact.type === 'desktop.ended' && fact.reason === 'released: nobody used it for 1 s'));
  });

  it('a desktop that is used in another way than by actions is not idle', async () => {
    await using w = await world([], { idleMs: 1000 });
    w.desktops.idleMs = () => 0;
    await w.runs.launchDesktop('d-1', spec, ann, soon());
    const { run } = await w.runs.performDirectly('d-1', { actions: [click], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined }, ann, soon());
    const first = w.journal.nextDeadline() ?? 0;
    await waitFor('a later deadline', () => ((w.journal.nextDeadline() ?? 0) > first ? true : undefined));
    assert.equal(w.runs.get(run.id, ann).state, 'awaitingCaller');
    w.desktops.idleMs = () => 60_000;
    assert.equal((await w.runs.ended(run.id, ann, soon())).state, 'succeeded');
  });
});

describe('a wall clock that is set', () => {
  for (const jumpMs of [3_600_000, -3_600_000]) {
    it(`moves what is due by as much (${jumpMs > 0 ? 'forward' : 'back'}), expires nothing, and counts no time twice`, async () => {
      let offset = 0;
      const never = new Promise<never>(() => undefined);
      await using w = await world([flagged(), never], { time: { wall: () => Date.now() + offset, monotonic: () => performance.now() } });
      const { id } = w.runs.create(request({ approvalTimeoutMs: 60_000, budgets: { maxDurationMs: 60_000 } }), ann);
      await w.reach(id, 'awaitingSafetyAck');
      const other = w.runs.create(request({ budgets: { maxDurationMs: 60_000 } }), ann);
      await w.reach(other.id, 'awaitingModel');
      const [before] = w.runs.approvals({ runId: id, limit: 1 }, ann).items;
      offset = jumpMs;
      await waitFor('the jump', () => (w.facts(id).some(({ type }) => type === 'clock.jumped') && w.facts(other.id).some(({ type }) => type === 'clock.jumped') ? true : undefined));
      const [after] = w.runs.approvals({ runId: id, limit: 1 }, ann).items;
      assert.ok(Math.abs((after?.expiresAt ?? 0) - (before?.expiresAt ?? 0) - jumpMs) < 100, `${before?.expiresAt} ${after?.expiresAt}`);
      assert.equal(after?.state, 'pending');
      assert.equal(w.facts(id).filter(({ type }) => type === 'clock.jumped').length, 1);
      w.runs.pause(other.id, ann);
      const { activeMs, state } = w.runs.get(other.id, ann);
      assert.ok(state === 'awaitingModel' && activeMs >= 0 && activeMs < 30_000, `${state} after ${activeMs} ms of work`);
      assert.deepEqual(runsWithoutDeadline(w.folder), []);
    });
  }
});
