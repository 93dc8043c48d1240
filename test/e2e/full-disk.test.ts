import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { smallDisk } from '../support/small-disk.ts';
import { waitFor } from '../support/wait-for.ts';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean; reason: string | null }[]; disk: { freeBytes: number; journalBytes: number; framesBytes: number | null; folder: string } };

const move = (x: number) => ({ type: 'move', x, y: 7 });
const mebibytes = 64;

describe('a controller whose disk is full', () => {
  it('accepts no work, keeps what it has, records what it is told, survives a kill, and goes on when there is room', async (t) => {
    await using disk = await smallDisk(mebibytes);
    if (disk === undefined) return t.skip('needs a user who may mount a file system');
    const gate = Promise.withResolvers<readonly unknown[]>();
    await using vendor = await startScriptedVendor([[computerCall('c1', [move(3)])], gate.promise, [message('done')]]);
    await using controller = await ControllerProcess.start({ VITRINE_DATA: disk.path, VITRINE_MIN_FREE_MB: '8', OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const readiness = async () => (await (await controller.request('GET', '/readyz')).json()) as Readiness;
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
    await controller.until(id, () => vendor.asked.length === 2);
    assert.ok(existsSync(join(disk.path, 'reserve')));
    const { disk: use } = await readiness();
    assert.equal(use.folder, disk.path);
    assert.ok(use.journalBytes > 0 && use.freeBytes > 8 * 2 ** 20 && use.freeBytes < mebibytes * 2 ** 20, JSON.stringify(use));

    disk.fill();
    await waitFor('not ready', async () => (await controller.request('GET', '/readyz')).status === 503);
    const failing = (await readiness()).checks.find(({ name }) => name === 'disk');
    assert.match(failing?.reason ?? '', new RegExp(`disk of ${disk.path} is full: \\d.*MiB are free, at least 8.* are needed`));
    const refused = await controller.request('POST', '/api/runs', { task: 'more' });
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /"unavailable".*is full.*no work is accepted/);

    const told: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      const text = `note ${n} ${'x'.repeat(20_000)}`;
      if ((await controller.request('POST', `/api/runs/${id}/messages`, { text })).ok) told.push(text);
    }
    assert.equal(told.length, 40, 'what belongs to a run that is there is written at the cost of the reserve');
    assert.equal(existsSync(join(disk.path, 'reserve')), false);
    gate.resolve([computerCall('c2', [move(4)])]);
    await waitFor('a picture that could not be kept', () => controller.log.some((line) => line.includes('a picture could not be kept; trying again')));
    assert.equal((await controller.run(id)).state, 'executingAction', 'its picture could not be kept: the outcome waits');
    assert.deepEqual(await notesOf(controller, id), told);

    await controller.kill('SIGKILL');
    await controller.startAgain();
    assert.equal((await controller.request('GET', '/readyz')).status, 503);
    assert.deepEqual(await notesOf(controller, id), told, 'nothing acknowledged is lost');
    assert.equal((await controller.request('POST', '/api/runs', { task: 'more' })).status, 503);

    disk.free();
    await waitFor('ready', async () => (await controller.request('GET', '/readyz')).status === 200);
    await waitFor('a new reserve', () => existsSync(join(disk.path, 'reserve')));
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.answer, run.steps], ['succeeded', 'done', 2], String(run.failure?.message));
    const moved = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [`${fact.actionId} ${fact.outcome.status}`] : []));
    assert.deepEqual(moved, [`${id}.t1.c0.a0 performed`, `${id}.t2.c0.a0 performed`]);
    const frames = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'frame.captured' ? [fact.frame.frameId] : []));
    for (const frameId of frames) assert.equal((await controller.request('GET', `/api/runs/${id}/frames/${frameId}`)).status, 200, `the picture of ${frameId} is there`);
    vendor.answers.push([message('again')]);
    assert.equal((await controller.ended((await controller.post<Run>('/api/runs', { task: 'more', model: 'scripted' })).id)).state, 'succeeded');
  });
});

async function notesOf(controller: ControllerProcess, runId: string): Promise<string[]> {
  return (await controller.events(runId)).flatMap(({ fact }) => (fact.type === 'note.added' && fact.from === 'person' ? [fact.text] : []));
}
