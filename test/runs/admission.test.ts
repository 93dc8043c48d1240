import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { RunState } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const bob = { name: 'bob', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const spec = { display: { width: 1280, height: 800 }, template: 'default' };
const request = (more: object = {}) => RunRequest.parse({ task: 'do it', ...more });

/** Runs whose model answers nothing until the test says `end`. */
async function world(limits: { maxDesktops: number; maxQueued?: number; startsClosed?: boolean }) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-admission-'));
  const journal = openJournal(folder);
  const desktops = fakeDesktops();
  const turns = Array.from({ length: 50 }, () => Promise.withResolvers<ReturnType<typeof turnWith>>());
  const model = scriptedModel(turns.map(({ promise }) => promise));
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxQueued: 100, ...limits, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
  let answered = 0;
  return {
    runs, desktops, journal,
    /** Answers the oldest open question with a final message. */
    end: () => turns[answered++]?.resolve(turnWith([], 'done')),
    asked: (count: number) => waitFor(`${count} questions`, () => (model.asked.length >= count ? true : undefined)),
    names: (state: RunState) => runs.list({ states: [state], limit: 100 }, ann).items.map(({ task }) => task).toReversed(),
    async [Symbol.asyncDispose]() {
      await runs.close();
      journal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('the queue of runs', () => {
  it('lets them in by priority, then to the token with the fewest desktops, then in turn; says where each stands', async () => {
    await using w = await world({ maxDesktops: 1 });
    w.runs.create(request({ task: 'first of ann' }), ann);
    w.runs.create(request({ task: 'second of ann' }), ann);
    w.runs.create(request({ task: 'first of bob' }), bob);
    w.runs.create(request({ task: 'third of ann, low', priority: 'low' }), ann);
    const urgent = w.runs.create(request({ task: 'fourth of ann, high', priority: 'high' }), ann);
    assert.deepEqual([urgent.state, urgent.queue?.position], ['queued', 1]);
    const places = w.runs.list({ states: ['queued'], limit: 10 }, ann).items.map(({ task, queue }) => [task, queue?.position]);
    assert.deepEqual(Object.fromEntries(places), { 'fourth of ann, high': 1, 'first of bob': 2, 'second of ann': 3, 'third of ann, low': 4 });
    const third = w.runs.list({ states: ['queued'], limit: 10 }, ann).items.find(({ task }) => task === 'second of ann');
    assert.equal(third?.queue?.reason, 'all 1 desktops are in use, and 2 runs go before this one');
    assert.equal(third?.queue?.estimatedStartAt, null);
    const order: string[] = [];
    for (let count = 1; count <= 5; count += 1) {
      await w.asked(count);
      const [working] = w.names('awaitingModel');
      order.push(working ?? '');
      w.end();
      await waitFor('its end', () => (w.names('succeeded').length === count ? true : undefined));
    }
    /* Once ann's first run is over nobody has a desktop: then it is the turn of bob, who had none yet. */
    assert.deepEqual(order, ['first of ann', 'fourth of ann, high', 'first of bob', 'second of ann', 'third of ann, low']);
  });

  it('expects a start from how long runs took lately', async () => {
    await using w = await world({ maxDesktops: 1 });
    w.runs.create(request(), ann);
    await w.asked(1);
    w.end();
    await waitFor('its end', () => (w.names('succeeded').length === 1 ? true : undefined));
    w.runs.create(request(), ann);
    const [one, two] = [w.runs.create(request(), ann), w.runs.create(request(), ann)].map(({ queue }) => queue?.estimatedStartAt ?? 0);
    assert.ok(one !== undefined && two !== undefined && one >= Date.now() - 1000 && two > one && two < Date.now() + 60_000, `${one} ${two}`);
  });

  it('refuses more than may wait with 429 and when to try again, and forgets a cancelled one at once', async () => {
    await using w = await world({ maxDesktops: 1, maxQueued: 1 });
    w.runs.create(request(), ann);
    const { id } = w.runs.create(request(), ann);
    assert.throws(() => w.runs.create(request(), ann), (error: VitrineError) => error.code === 'too_many_requests' && Number(error.details?.['retryAfterSeconds']) >= 1
      && error.message === '1 runs wait for a desktop already, and at most 1 may (VITRINE_MAX_QUEUED); all 1 desktops (VITRINE_MAX_DESKTOPS) are in use');
    w.runs.cancel(id, 'enough', ann);
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'cancelled');
    assert.equal(w.runs.create(request(), ann).queue?.position, 1);
  });

  it('counts the desktops of callers, and lets nobody push past those who wait', async () => {
    await using w = await world({ maxDesktops: 2 });
    await w.runs.launchDesktop('d-1', spec, ann, soon());
    w.runs.create(request({ task: 'one' }), ann);
    const full = (error: VitrineError) => error.code === 'too_many_requests' && Number(error.details?.['retryAfterSeconds']) >= 1;
    await assert.rejects(w.runs.launchDesktop('d-2', spec, ann, soon()), full);
    w.runs.create(request({ task: 'two' }), ann);
    assert.deepEqual(w.names('queued'), ['two']);
    await assert.rejects(w.runs.launchDesktop('d-2', spec, ann, soon()), full);
    await w.runs.releaseDesktop('d-1', ann, undefined, soon());
    await w.asked(2);
    assert.deepEqual(w.names('queued'), []);
  });

  it('gives no place to a paused run, and goes on with it where it stood', async () => {
    await using w = await world({ maxDesktops: 1 });
    w.runs.create(request({ task: 'one' }), ann);
    const paused = w.runs.create(request({ task: 'two' }), ann);
    w.runs.create(request({ task: 'three' }), ann);
    w.runs.pause(paused.id, ann);
    await w.asked(1);
    w.end();
    await w.asked(2);
    assert.deepEqual([w.names('queued'), w.names('awaitingModel')], [['two'], ['three']]);
    assert.equal(w.runs.resume(paused.id, ann).queue?.position, 1);
    w.end();
    await w.asked(3);
    assert.deepEqual(w.names('awaitingModel'), ['two']);
  });

  it('accepts runs before the desktops of an earlier start are known, and lets them in then', async () => {
    await using w = await world({ maxDesktops: 1, startsClosed: true });
    const run = w.runs.create(request(), ann);
    assert.deepEqual([run.state, run.queue?.reason], ['queued', 'the controller has just started and looks for its desktops first']);
    w.runs.letIn();
    await w.asked(1);
  });

  it('is no obstacle for a run on a desktop that its caller has', async () => {
    await using w = await world({ maxDesktops: 1, maxQueued: 0 });
    await w.runs.launchDesktop('d-1', spec, ann, soon());
    assert.throws(() => w.runs.create(request(), ann), (error: VitrineError) => error.code === 'too_many_requests');
    w.runs.create(request({ desktopId: 'd-1' }), ann);
    await w.asked(1);
  });
});
