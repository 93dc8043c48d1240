import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import type { ScriptedVendor } from '../support/scripted-vendor.ts';

const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const longText = 'all work and no play\n'.repeat(900);

describe('cancelling a run', () => {
  let vendor: ScriptedVendor;
  let controller: ControllerProcess;
  before(async () => {
    vendor = await startScriptedVendor([]);
    controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_MAX_DESKTOPS: '2' });
  });
  after(async () => {
    await controller[Symbol.asyncDispose]();
    await vendor[Symbol.asyncDispose]();
  });

  beforeEach(() => void vendor.answers.splice(0));

  const give = (more: object = {}) => controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', ...more });

  /** Cancels and checks what must hold whatever the state was: it ends as cancelled, every intended action has an outcome, the desktop is gone. */
  async function cancelled(runId: string): Promise<Run> {
    await controller.post(`/api/runs/${runId}/cancel`, { reason: 'enough' });
    const run = await controller.ended(runId, 30_000);
    assert.equal(run.state, 'cancelled');
    const facts = (await controller.events(runId)).map(({ fact }) => fact);
    const intended = facts.flatMap((fact) => (fact.type === 'action.intended' ? [fact.actionId] : []));
    const ended = facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.actionId] : []));
    assert.deepEqual(intended, ended);
    assert.equal(facts.filter(({ type }) => type === 'run.ended').length, 1);
    const { desktops } = await controller.get<{ desktops: DesktopView[] }>('/api/desktops');
    assert.ok(!desktops.some(({ id }) => id === run.desktopId));
    return run;
  }

  it('while its desktop is prepared', async () => {
    const { id } = await give();
    await controller.until(id, ({ state }) => state === 'preparing');
    await cancelled(id);
  });

  it('while the model is asked', async () => {
    vendor.answers.push(new Promise(() => {}));
    const { id } = await give();
    await controller.until(id, ({ state }) => state === 'awaitingModel');
    await cancelled(id);
  });

  it('while an action is performed: it stops midway, and how far it came is known', async () => {
    const opened = Promise.withResolvers<readonly unknown[]>();
    vendor.answers.push(opened.promise);
    const { id } = await give();
    const { desktopId } = await controller.until(id, ({ state }) => state === 'awaitingModel');
    const launch = 'setsid xterm -e sh -c "cat > typed.txt" >/dev/null 2>&1 & for n in $(seq 200); do test -e typed.txt && exit 0; sleep 0.05; done; exit 1';
    assert.equal((await controller.post<{ exitCode: number }>(`/api/desktops/${desktopId}/programs`, { argv: ['sh', '-c', launch] })).exitCode, 0);
    opened.resolve([computerCall('c1', [{ type: 'type', text: longText }])]);
    const begun = 'for n in $(seq 400); do test -s typed.txt && exit 0; sleep 0.02; done; exit 1';
    assert.equal((await controller.post<{ exitCode: number }>(`/api/desktops/${desktopId}/programs`, { argv: ['sh', '-c', begun] })).exitCode, 0);
    const run = await cancelled(id);
    const [outcome] = (await controller.events(run.id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome] : []));
    assert.equal(outcome?.status, 'failed');
    assert.ok(outcome?.typedCharacters !== undefined && outcome.typedCharacters > 0 && outcome.typedCharacters < longText.length, `${outcome?.typedCharacters} of ${longText.length}`);
  });

  it('while a person is asked, which withdraws the question', async () => {
    vendor.answers.push([computerCall('c1', [{ type: 'click', button: 'left', x: 5, y: 5 }], [check])]);
    const { id } = await give();
    const approval = await controller.pendingApproval(id);
    await cancelled(id);
    assert.equal((await controller.get<{ state: string }>(`/api/approvals/${approval.id}`)).state, 'withdrawn');
    const late = await controller.request('POST', `/api/approvals/${approval.id}/decision`, { decision: 'approve' });
    assert.equal(late.status, 409);
  });

  it('while it is paused', async () => {
    vendor.answers.push([computerCall('c1', [{ type: 'wait' }])], [message('done')]);
    const { id } = await give();
    await controller.until(id, ({ state }) => state === 'executingAction');
    await controller.post(`/api/runs/${id}/pause`);
    await controller.until(id, ({ state, control }) => state === 'deciding' && control === 'paused');
    await cancelled(id);
  });

  it('while it is queued, without a desktop ever being made', async () => {
    vendor.answers.push(new Promise(() => {}), new Promise(() => {}));
    const first = await Promise.all([give(), give()]);
    const { id } = await give();
    assert.equal((await controller.run(id)).state, 'queued');
    const run = await cancelled(id);
    assert.equal(run.startedAt, null);
    for (const other of first) await cancelled(other.id);
  });

  it('while the screen is looked at', async () => {
    const { id } = await give({ settle: { floorMs: 8000, quietMs: 8000, ceilingMs: 20_000 } });
    await controller.until(id, ({ state }) => state === 'observing');
    await cancelled(id);
  });

  it('while a person is asked because it repeats itself', async () => {
    vendor.answers.push(...Array.from({ length: 6 }, (_, index) => [computerCall(`c${index}`, [{ type: 'click', button: 'left', x: 700, y: 400 }])]));
    const { id } = await give();
    await controller.until(id, ({ state }) => state === 'awaitingOperator');
    await cancelled(id);
  });

  it('while it is put away: it ends as it was going to', async () => {
    vendor.answers.push([message('done')]);
    const { id } = await give();
    await controller.until(id, ({ state, endedAt }) => state === 'finishing' || endedAt !== null);
    await controller.post(`/api/runs/${id}/cancel`);
    assert.equal((await controller.ended(id)).state, 'succeeded');
  });

  it('when it is over: nothing changes', async () => {
    vendor.answers.push([message('done')]);
    const { id } = await give();
    const run = await controller.ended(id);
    assert.equal(run.state, 'succeeded');
    assert.deepEqual(await controller.post(`/api/runs/${id}/cancel`), run);
  });

  it('that a caller drives: its desktop goes when it is released', async () => {
    const desktop = await controller.post<DesktopView>('/api/desktops', {});
    const acted = await controller.post<{ runId: string }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'move', x: 9, y: 9 }] });
    assert.equal((await controller.run(acted.runId)).state, 'awaitingCaller');
    await controller.request('DELETE', `/api/desktops/${desktop.id}`);
    assert.equal((await controller.ended(acted.runId)).state, 'succeeded');
  });

  it('that a caller drives: the desktop is the caller\'s and stays', async () => {
    const desktop = await controller.post<DesktopView>('/api/desktops', {});
    const acted = await controller.post<{ runId: string; frame: unknown }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'move', x: 9, y: 9 }], capture: null });
    assert.equal(acted.frame, null, 'no picture was asked for');
    await controller.post(`/api/runs/${acted.runId}/cancel`);
    assert.equal((await controller.ended(acted.runId)).state, 'cancelled');
    const again = await controller.post<{ runId: string }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'cursor' }] });
    assert.notEqual(again.runId, acted.runId);
    assert.equal((await controller.request('DELETE', `/api/desktops/${desktop.id}`)).status, 204);
  });
});
