import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';

const execute = promisify(execFile);
type Failure = { error: { code: string; message: string } };
type Readiness = { ready: boolean; checks: { name: string; ok: boolean; reason: string | null }[] };

describe('when something is missing', () => {
  it('an image that does not exist is named, with what to do', async () => {
    await using controller = await ControllerProcess.start({ VITRINE_DESKTOP_IMAGE: 'vitrine-no-such-image:1' });
    const refused = await controller.request('POST', '/api/desktops', {});
    assert.equal(refused.status, 503);
    const { error } = (await refused.json()) as Failure;
    assert.deepEqual([error.code, /vitrine-no-such-image:1/.test(error.message), /npm run setup/.test(error.message)], ['image_missing', true, true]);
    const run = await controller.ended((await controller.post<Run>('/api/runs', { task: "Run a Python script that prints 'x'" })).id);
    assert.equal(run.failure?.code, 'desktop_failed');
    const ready = await controller.request('GET', '/readyz');
    assert.equal(ready.status, 503);
    assert.equal(((await ready.json()) as Readiness).checks.find(({ name }) => name === 'image')?.ok, false);
  });

  it('an engine that is down is named; the controller answers all the same', async () => {
    await using controller = await ControllerProcess.start({ DOCKER_HOST: 'unix:///run/no-such-engine.sock' });
    assert.equal((await controller.request('GET', '/healthz')).status, 200);
    const refused = await controller.request('POST', '/api/desktops', {});
    assert.equal(refused.status, 503);
    assert.equal(((await refused.json()) as Failure).error.code, 'engine_unavailable');
    assert.equal((await controller.request('GET', '/readyz')).status, 503);
  });

  it('a task that no rehearsal knows gets the name of the variable to set', async () => {
    await using controller = await ControllerProcess.start({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' });
    const run = await controller.ended((await controller.post<Run>('/api/runs', { task: 'Write me a novel' })).id);
    assert.equal(run.failure?.code, 'model_failed');
    assert.match(run.failure?.message ?? '', /OPENAI_API_KEY/);
  });
});

describe('when the desktop breaks under a run', () => {
  /** A run that stands in awaitingSafetyAck on a real desktop, and its container. */
  async function waiting(controller: ControllerProcess) {
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
    await controller.pendingApproval(id);
    const { stdout } = await execute('docker', ['ps', '-q', '--filter', `label=dev.vitrine.install=${controller.installId}`]);
    return { id, container: stdout.trim() };
  }
  const checked = () => [computerCall('c1', [{ type: 'move', x: 1, y: 1 }], [{ id: 'cu_sc_1', code: null, message: null }])];

  it('a killed container ends the run with that reason', async () => {
    await using vendor = await startScriptedVendor([checked()]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id, container } = await waiting(controller);
    await execute('docker', ['kill', container]);
    const run = await controller.ended(id);
    assert.equal(run.failure?.code, 'desktop_lost');
  });

  it('a dead X server ends the run as broken, with the reason', async () => {
    await using vendor = await startScriptedVendor([checked()]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id, container } = await waiting(controller);
    await execute('docker', ['exec', '-u', '10002', container, 'pkill', '-KILL', 'Xvfb']);
    const run = await controller.ended(id);
    assert.equal(run.failure?.code, 'desktop_lost');
    assert.match(run.failure?.message ?? '', /broken/);
    assert.match(run.failure?.message ?? '', /X server|Xvfb/);
  });
});

describe('what a model gets wrong', () => {
  it('is answered, never performed in part: unknown key, off the screen, unknown action', async () => {
    const wrong = [
      [{ type: 'move', x: 5, y: 5 }, { type: 'keypress', keys: ['NOPE'] }],
      [{ type: 'move', x: 5, y: 5 }, { type: 'click', button: 'left', x: 5000, y: 5 }],
      [{ type: 'move', x: 5, y: 5 }, { type: 'teleport', x: 1, y: 1 }],
    ];
    await using vendor = await startScriptedVendor([...wrong.map((actions, index) => [computerCall(`c${index}`, actions)]), [message('I give up')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.steps], ['succeeded', 0]);
    const results = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'turn.ended' ? fact.results : []));
    assert.deepEqual(results.map(({ isError }) => isError), [true, true, true]);
    assert.match(results[0]?.notes[0] ?? '', /NOPE/);
    assert.match(results[1]?.notes[0] ?? '', /5000/);
    assert.match(results[2]?.notes[0] ?? '', /teleport/);
    const last = JSON.stringify(vendor.asked.at(-1)?.['input']);
    for (const word of ['NOPE', '5000', 'teleport']) assert.ok(last.includes(word), `the model was not told of ${word}`);
  });

  it('ends a run by the budget it hits', async () => {
    await using vendor = await startScriptedVendor(Array.from({ length: 9 }, (_, index) => [computerCall(`c${index}`, [{ type: 'move', x: index + 1, y: 5 }])]));
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const give = async (budgets: object) => controller.ended((await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', budgets })).id);
    const steps = await give({ maxSteps: 2 });
    assert.deepEqual([steps.steps, steps.failure?.code], [2, 'budget_steps']);
    const tokens = await give({ maxTokens: 150 });
    assert.equal(tokens.failure?.code, 'budget_tokens');
    const { desktops } = await controller.get<{ desktops: DesktopView[] }>('/api/desktops');
    assert.deepEqual(desktops, []);
  });
});
