import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { renderReplay } from '../../controller/api/replay/render-replay.ts';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { FinishedRun } from '../../controller/journal/upkeep.ts';
import { chooseRemovals, startHousekeeping } from '../../controller/runs/housekeeping.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { click, turnWith } from './random-commands.ts';

const day = 24 * 3_600_000;
const now = 100 * day;
const by = { name: 'ann', project: 'default' };
const log = pino({ level: 'silent' });

const ended = (runId: string, daysAgo: number, framesBytes: number, artefactsBytes: number): FinishedRun => ({ runId, desktopId: null, endedAt: now - daysAgo * day, framesBytes, artefactsBytes });
const said = (removals: ReturnType<typeof chooseRemovals>) => removals.map(({ runId, what }) => `${runId} ${what}`);

describe('chooseRemovals', () => {
  const runs = [ended('old', 40, 10, 10), ended('middle', 20, 10, 10), ended('new', 1, 10, 10)];

  it('keeps everything without limits, and whole runs go by age', () => {
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 0, maxBytes: 0 }, now)), []);
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 30, maxBytes: 0 }, now)), ['old run']);
  });

  it('takes the oldest pictures first, then the oldest runs, and no more than needed', () => {
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 0, maxBytes: 60 }, now)), []);
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 0, maxBytes: 45 }, now)), ['old pictures', 'middle pictures']);
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 0, maxBytes: 15 }, now)), ['old pictures', 'middle pictures', 'new pictures', 'old run', 'middle run']);
    assert.deepEqual(said(chooseRemovals(runs, 0, { days: 30, maxBytes: 35 }, now)), ['old run', 'middle pictures']);
  });

  it('counts what goes on but takes none of it, nor of a run that has just ended', () => {
    assert.deepEqual(said(chooseRemovals([ended('fresh', 0, 10, 10)], 1000, { days: 0, maxBytes: 5 }, now)), []);
    assert.deepEqual(said(chooseRemovals([...runs, ended('fresh', 0, 10, 10)], 1000, { days: 0, maxBytes: 5 }, now)), ['old pictures', 'middle pictures', 'new pictures', 'old run', 'middle run', 'new run']);
  });
});

describe('startHousekeeping', () => {
  it('takes the pictures of finished runs, which still list and replay and say so, and leaves the run that goes on', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    const gate = Promise.withResolvers<ReturnType<typeof turnWith>>();
    const turns = [turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [] }]), turnWith([], 'done'), gate.promise];
    const desktops = fakeDesktops();
    const runs = createRuns({ journal, desktops, models: onlyModel(scriptedModel(turns)), log, maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: '' }) });
    const { id } = await runs.ended(runs.create(RunRequest.parse({ task: 'first' }), by).id, by, AbortSignal.timeout(10_000));
    const going = runs.create(RunRequest.parse({ task: 'second' }), by).id;
    while (runs.get(going, by).state !== 'awaitingModel') await new Promise((next) => setImmediate(next));
    const housekeeping = startHousekeeping({ upkeep: journal.upkeep, desktops, log, retention: { days: 0, maxBytes: 1 }, everyMs: 1_000_000 });
    await housekeeping.tidy(Date.now());
    assert.equal(runs.get(id, by).picturesRemovedAt, undefined, 'it has just ended');
    const later = Date.now() + 11 * 60_000;
    await housekeeping.tidy(later);
    const run = runs.get(id, by);
    assert.equal(run.picturesRemovedAt, later);
    assert.deepEqual(runs.list({ limit: 10 }, by).items.map((item) => item.id), [going, id]);
    await assert.rejects(runs.picture(id, run.lastFrameId ?? '', by), (error: VitrineError) => error.code === 'gone' && /removed to make room/.test(error.message));
    let html = '';
    for await (const chunk of renderReplay(run, runs.events({ runId: id, after: 0, limit: 1000 }, by), { script: '', style: '', policy: '' }, (frameId) => runs.picture(id, frameId, by))) html += chunk;
    assert.match(html, new RegExp(`"picturesRemovedAt":${later}`));
    assert.doesNotMatch(html, /data-frame=/);
    assert.ok(existsSync(join(folder.path, 'frames', going)));
    gate.resolve(turnWith([], 'done'));
    assert.equal((await runs.ended(going, by, AbortSignal.timeout(10_000))).state, 'succeeded');
    await housekeeping.close();
    await runs.close();
    journal.close();
  });

  it('removes a run that is older than it is to be kept, but not while its desktop is there', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    const desktops = fakeDesktops();
    const runs = createRuns({ journal, desktops, models: onlyModel(scriptedModel([turnWith([], 'done')])), log, maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: '' }) });
    const { id, desktopId } = await runs.ended(runs.create(RunRequest.parse({ task: 'first', keepForMs: 60_000 }), by).id, by, AbortSignal.timeout(10_000));
    const housekeeping = startHousekeeping({ upkeep: journal.upkeep, desktops, log, retention: { days: 1, maxBytes: 0 }, everyMs: 1_000_000 });
    await housekeeping.tidy(Date.now() + 2 * day);
    assert.equal(runs.get(id, by).id, id);
    await desktops.release(desktopId ?? '', 'its time is over');
    await housekeeping.tidy(Date.now() + 2 * day);
    assert.throws(() => runs.get(id, by), (error: VitrineError) => error.code === 'not_found');
    assert.equal(existsSync(join(folder.path, 'frames', id)), false);
    await housekeeping.close();
    await runs.close();
    journal.close();
  });
});
