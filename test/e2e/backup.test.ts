import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, stat, truncate } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const move = (x: number) => ({ type: 'move', x, y: 7 });
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const program = resolve(import.meta.dirname, '../../controller/cli/vitrine.ts');

async function vitrine(controller: ControllerProcess, ...words: string[]): Promise<{ code: number | null; text: string }> {
  const token = controller.headers['authorization']?.replace('Bearer ', '') ?? '';
  const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, VITRINE_URL: controller.url, VITRINE_TOKEN: token }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, text };
}

describe('backup and restore of a running controller', () => {
  it('brings back what was, ends what was going on then, lets the queued go on, and refuses a damaged file', async () => {
    await using folder = await temporaryFolder();
    const gate = Promise.withResolvers<readonly unknown[]>();
    await using vendor = await startScriptedVendor([[message('first')], [computerCall('c1', [move(3)], [check])], gate.promise]);
    await using controller = await ControllerProcess.start({ VITRINE_MAX_DESKTOPS: '1', OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const give = (task: string) => controller.post<Run>('/api/runs', { task, model: 'scripted' });
    const first = await controller.ended((await give('first')).id);
    const waiting = (await give('waits for a person')).id;
    const approval = await controller.pendingApproval(waiting);
    const queued = (await give('waits for a desktop')).id;
    const file = join(folder.path, 'all.tar');
    const made = await vitrine(controller, 'backup', file);
    assert.equal(made.code, 0, made.text);
    const framesBefore = await framesOf(controller, first.id);

    await controller.post(`/api/runs/${queued}/cancel`);
    await controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'deny' });
    await controller.until(waiting, () => vendor.asked.length === 3);
    const { size } = await stat(file);
    const damaged = join(folder.path, 'damaged.tar');
    await copyFile(file, damaged);
    await truncate(damaged, size >> 1);
    const refused = await vitrine(controller, 'restore', damaged);
    assert.notEqual(refused.code, 0);
    assert.match(refused.text, /cannot be restored: .*nothing was changed/);
    assert.equal((await controller.run(waiting)).state, 'awaitingModel', 'nothing was disturbed');
    const sequenceBefore = Math.max(...(await controller.events(waiting)).map(({ sequence }) => sequence));

    gate.resolve([message('the model of the time that is gone')]);
    vendor.answers.push([message('at last')]);
    const restored = await vitrine(controller, 'restore', file, '--json');
    assert.equal(restored.code, 0, restored.text);
    assert.equal((JSON.parse(restored.text) as { runs: number }).runs, 3);
    const lost = await controller.ended(waiting);
    assert.deepEqual([lost.state, lost.failure?.code], ['failed', 'desktop_lost']);
    assert.match(lost.failure?.message ?? '', /restored from a backup of \d{4}-\d\d-\d\dT/);
    assert.equal((await controller.get<{ state: string }>(`/api/approvals/${approval.id}`)).state, 'withdrawn');
    assert.deepEqual([(await controller.ended(queued)).state, (await controller.run(queued)).answer], ['succeeded', 'at last']);
    assert.deepEqual(await controller.run(first.id), first);
    assert.deepEqual(await framesOf(controller, first.id), framesBefore);
    const after = (await controller.events(waiting)).map(({ sequence, fact }) => `${fact.type} ${sequence > sequenceBefore}`);
    assert.ok(after.includes('run.ended true'), 'sequences go on where they were');
    assert.deepEqual((await controller.get<{ desktops: DesktopView[] }>('/api/desktops')).desktops.filter(({ runId }) => runId === waiting), []);
    await controller.kill('SIGKILL');
    await controller.startAgain();
    assert.deepEqual((await controller.run(waiting)).failure, lost.failure);
  });
});

describe('a controller that is killed while it restores', () => {
  it('comes back with the old or the new, whole', async () => {
    await using vendor = await startScriptedVendor([[message('one')], [message('two')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const finished = async (task: string) => (await controller.ended((await controller.post<Run>('/api/runs', { task, model: 'scripted' })).id)).id;
    const backup = async () => Buffer.from(await (await controller.request('GET', '/api/backup')).arrayBuffer());
    const first = await finished('one');
    const small = await backup();
    const second = await finished('two');
    const large = await backup();
    const frames = { [first]: await framesOf(controller, first), [second]: await framesOf(controller, second) };
    const outcomes: string[] = [];
    let isLarge = true;
    for (const delayMs of [5, 20, 40, 60, 80, 100, 130, 170, 230, 400, 1500]) {
      const restoring = fetch(`${controller.url}/api/restore`, { method: 'POST', body: isLarge ? small : large, headers: { ...controller.headers, 'content-type': 'application/octet-stream' } }).catch(() => undefined);
      await new Promise((next) => setTimeout(next, delayMs));
      await controller.kill('SIGKILL');
      await restoring;
      await controller.startAgain();
      const ids = (await controller.get<{ runs: Run[] }>('/api/runs')).runs.map(({ id }) => id);
      assert.ok(ids.includes(first), `killed after ${delayMs} ms`);
      const isNowLarge = ids.includes(second);
      for (const id of ids) assert.deepEqual(await framesOf(controller, id), frames[id], `killed after ${delayMs} ms`);
      outcomes.push(isNowLarge === isLarge ? 'old' : 'new');
      isLarge = isNowLarge;
    }
    assert.ok(outcomes.includes('new') && outcomes.includes('old'), outcomes.join(' '));
  });
});

async function framesOf(controller: ControllerProcess, runId: string): Promise<string[]> {
  const frameIds = (await controller.events(runId)).flatMap(({ fact }) => (fact.type === 'frame.captured' ? [fact.frame.frameId] : []));
  assert.ok(frameIds.length > 0);
  return Promise.all(frameIds.map(async (frameId) => Buffer.from(await (await controller.request('GET', `/api/runs/${runId}/frames/${frameId}`)).arrayBuffer()).toString('base64')));
}
