import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { longText, ScriptedController } from './scripted-controller.ts';

const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };

describe('cancelling a run', () => {
  let world: ScriptedController;
  before(async () => {
    world = await ScriptedController.start();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => world.clear());

  /** Cancels and checks what must hold whatever the state was: it ends as cancelled, every intended action has an outcome, the desktop is gone. */
  async function cancelled(runId: string): Promise<Run> {
    await world.controller.post(`/api/runs/${runId}/cancel`, { reason: 'enough' });
    const run = await world.controller.ended(runId, 30_000);
    assert.equal(run.state, 'cancelled');
    const facts = (await world.controller.events(runId)).map(({ fact }) => fact);
    const intended = facts.flatMap((fact) => (fact.type === 'action.intended' ? [fact.actionId] : []));
    const ended = facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.actionId] : []));
    assert.deepEqual(intended, ended);
    assert.equal(facts.filter(({ type }) => type === 'run.ended').length, 1);
    const { desktops } = await world.controller.get<{ desktops: DesktopView[] }>('/api/desktops');
    assert.ok(!desktops.some(({ id }) => id === run.desktopId));
    return run;
  }

  it('while its desktop is prepared', async () => {
    const { id } = await world.give();
    await world.controller.until(id, ({ state }) => state === 'preparing');
    await cancelled(id);
  });

  it('while the model is asked', async () => {
    world.vendor.answers.push(new Promise(() => {}));
    const { id } = await world.give();
    await world.controller.until(id, ({ state }) => state === 'awaitingModel');
    await cancelled(id);
  });

  it('while an action is performed: it stops midway, and how far it came is known', async () => {
    const { runId } = await world.typing();
    const run = await cancelled(runId);
    const [outcome] = (await world.controller.events(run.id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome] : []));
    assert.equal(outcome?.status, 'failed');
    assert.ok(outcome?.typedCharacters !== undefined && outcome.typedCharacters > 0 && outcome.typedCharacters < longText.length, `${outcome?.typedCharacters} of ${longText.length}`);
  });

  it('while a person is asked, which withdraws the question', async () => {
    world.vendor.answers.push([computerCall('c1', [{ type: 'click', button: 'left', x: 5, y: 5 }], [check])]);
    const { id } = await world.give();
    const approval = await world.controller.pendingApproval(id);
    await cancelled(id);
    assert.equal((await world.controller.get<{ state: string }>(`/api/approvals/${approval.id}`)).state, 'withdrawn');
    const late = await world.controller.request('POST', `/api/approvals/${approval.id}/decision`, { decision: 'approve' });
    assert.equal(late.status, 409);
  });

  it('while it is paused', async () => {
    world.vendor.answers.push([computerCall('c1', [{ type: 'wait' }])], [message('done')]);
    const { id } = await world.give();
    await world.controller.until(id, ({ state }) => state === 'executingAction');
    await world.controller.post(`/api/runs/${id}/pause`);
    await world.controller.until(id, ({ state, control }) => state === 'deciding' && control === 'paused');
    await cancelled(id);
  });

  it('while it is queued, without a desktop ever being made', async () => {
    world.vendor.answers.push(new Promise(() => {}), new Promise(() => {}));
    const first = await Promise.all([world.give(), world.give()]);
    const { id } = await world.give();
    assert.equal((await world.controller.run(id)).state, 'queued');
    const run = await cancelled(id);
    assert.equal(run.startedAt, null);
    for (const other of first) await cancelled(other.id);
  });

  it('while the screen is looked at', async () => {
    const { id } = await world.give({ settle: { floorMs: 8000, quietMs: 8000, ceilingMs: 20_000 } });
    await world.controller.until(id, ({ state }) => state === 'observing');
    await cancelled(id);
  });

  it('while a person is asked because it repeats itself', async () => {
    world.vendor.answers.push(...Array.from({ length: 6 }, (_, index) => [computerCall(`c${index}`, [{ type: 'click', button: 'left', x: 700, y: 400 }])]));
    const { id } = await world.give();
    await world.controller.until(id, ({ state }) => state === 'awaitingOperator');
    await cancelled(id);
  });

  it('while it is put away: it ends as it was going to', async () => {
    world.vendor.answers.push([message('done')]);
    const { id } = await world.give();
    await world.controller.until(id, ({ state, endedAt }) => state === 'finishing' || endedAt !== null);
    await world.controller.post(`/api/runs/${id}/cancel`);
    assert.equal((await world.controller.ended(id)).state, 'succeeded');
  });

  it('when it is over: nothing changes', async () => {
    world.vendor.answers.push([message('done')]);
    const { id } = await world.give();
    const run = await world.controller.ended(id);
    assert.equal(run.state, 'succeeded');
    assert.deepEqual(await world.controller.post(`/api/runs/${id}/cancel`), run);
  });

  it('that a caller drives: its desktop goes when it is released', async () => {
    const desktop = await world.controller.post<DesktopView>('/api/desktops', {});
    const acted = await world.controller.post<{ runId: string }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'move', x: 9, y: 9 }] });
    assert.equal((await world.controller.run(acted.runId)).state, 'awaitingCaller');
    await world.controller.request('DELETE', `/api/desktops/${desktop.id}`);
    assert.equal((await world.controller.ended(acted.runId)).state, 'succeeded');
  });

  it('that a caller drives: the desktop is the caller\'s and stays', async () => {
    const desktop = await world.controller.post<DesktopView>('/api/desktops', {});
    const acted = await world.controller.post<{ runId: string; frame: unknown }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'move', x: 9, y: 9 }], capture: null });
    assert.equal(acted.frame, null, 'no picture was asked for');
    await world.controller.post(`/api/runs/${acted.runId}/cancel`);
    assert.equal((await world.controller.ended(acted.runId)).state, 'cancelled');
    const again = await world.controller.post<{ runId: string }>(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'cursor' }] });
    assert.notEqual(again.runId, acted.runId);
    assert.equal((await world.controller.request('DELETE', `/api/desktops/${desktop.id}`)).status, 204);
  });
});
