import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Run } from '../../controller/runs/run.ts';
import { containerOf, containersOf } from '../faults/matrix/evidence.ts';
import { PlannedVendor, click } from '../faults/matrix/planned-vendor.ts';
import { environmentFor } from '../faults/matrix/world.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { waitFor } from '../support/wait-for.ts';

const docker = (...args: string[]) => promisify(execFile)('docker', args);

describe('a container that is killed in mid-run', () => {
  it('is replaced for a run that is to start over: the model is told, and the run succeeds on a fresh desktop', async () => {
    await using vendor = await PlannedVendor.start();
    await using controller = await ControllerProcess.start(environmentFor(vendor));
    const plan = vendor.plan([{ actions: [click()] }, { actions: [{ type: 'wait', ms: 20_000 }] }, { actions: [click()] }]);
    const { id } = await controller.post<Run>('/api/runs', { task: plan.task, model: 'planned', onDesktopLost: 'start_over' });
    const { desktopId } = await controller.until(id, ({ state, turns }) => state === 'executingAction' && turns === 2);
    await docker('kill', await containerOf(desktopId ?? ''));
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.answer], ['succeeded', `done ${plan.name}`]);
    assert.notEqual(run.desktopId, desktopId);
    const facts = (await controller.events(id)).map(({ fact }) => fact);
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.outcome.status] : [])), ['performed', 'unknown', 'performed']);
    assert.equal(facts.filter(({ type }) => type === 'run.started_over').length, 1);
    const told = vendor.questions(plan.name).find(({ turn }) => turn === 2)?.text ?? '';
    assert.match(told, /Your desktop was lost, and with it everything that was on it/);
    assert.match(told, /is not known/);
    await waitFor('no container', async () => ((await containersOf(controller.installId)).length === 0 ? true : undefined), 30_000);
  });

  it('fails a run that did not ask for another', async () => {
    await using vendor = await PlannedVendor.start();
    await using controller = await ControllerProcess.start(environmentFor(vendor));
    const plan = vendor.plan([{ actions: [{ type: 'wait', ms: 20_000 }] }]);
    const { id } = await controller.post<Run>('/api/runs', { task: plan.task, model: 'planned' });
    const { desktopId } = await controller.until(id, ({ state }) => state === 'executingAction');
    await docker('kill', await containerOf(desktopId ?? ''));
    assert.equal((await controller.ended(id)).failure?.code, 'desktop_lost');
  });
});

describe('a desktop that nobody uses', () => {
  it('is released with the reason, with or without a caller\'s run on it, and not while something is under way', async () => {
    await using controller = await ControllerProcess.start({ VITRINE_DESKTOP_IDLE_SECONDS: '10', VITRINE_MAX_DESKTOPS: '3' });
    const [unused, acted, busy] = await Promise.all([1, 2, 3].map(async () => (await controller.post<{ id: string }>('/api/desktops', {})).id));
    const { runId } = await controller.post<{ runId: string }>(`/api/desktops/${acted}/actions`, { actions: [{ type: 'move', x: 5, y: 5 }] });
    const program = controller.post<{ exitCode: number }>(`/api/desktops/${busy}/programs`, { argv: ['sleep', '24'] });
    const full = await controller.request('POST', '/api/desktops', {});
    assert.deepEqual([full.status, Number(full.headers.get('retry-after')) > 0], [429, true]);
    const ids = async () => (await controller.get<{ desktops: { id: string }[] }>('/api/desktops')).desktops.map(({ id }) => id);
    await waitFor('two go', async () => ((await ids()).length === 1 ? true : undefined), 60_000);
    assert.deepEqual(await ids(), [busy]);
    assert.equal((await program).exitCode, 0);
    const run = await controller.run(runId);
    assert.equal(run.state, 'succeeded');
    const reasons = (await controller.events(runId)).flatMap(({ fact }) => (fact.type === 'desktop.ended' ? [fact.reason] : []));
    assert.deepEqual(reasons, ['released: nobody used it for 10 s']);
    assert.ok(controller.log.some((line) => line.includes(`"desktopId":"${unused}"`) && line.includes('nobody used it for 10 s (VITRINE_DESKTOP_IDLE_SECONDS)')));
  });
});
