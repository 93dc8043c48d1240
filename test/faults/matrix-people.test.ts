import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Approval } from '../../controller/approvals/approval.ts';
import { row } from './matrix/matrix.ts';
import { check, click } from './matrix/planned-vendor.ts';
import { World } from './matrix/world.ts';

type Refusal = { readonly error: { readonly code: string; readonly message: string; readonly details?: { readonly state?: string } } };

describe('the fault matrix: people who decide', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world[Symbol.asyncDispose]());

  /** A run whose second click waits for a person; nothing of it was seen yet. */
  async function asked(more: { readonly approvalTimeoutMs?: number } = {}) {
    const desktop = await world.desktop();
    const run = await world.give([{ actions: [click()] }, { actions: [click()], checks: [check] }, { actions: [click()] }], { on: desktop, ...more });
    const approval = await world.controller.pendingApproval(run.id);
    assert.equal((await desktop.events()).filter(({ event }) => event === 'press').length, 1, 'I5: only what nobody had to decide was performed');
    return { desktop, run, approval };
  }

  async function decide(approval: Approval, decision: 'approve' | 'deny'): Promise<{ status: number; text: string }> {
    const response = await world.controller.request('POST', `/api/approvals/${approval.id}/decision`, { decision, reason: 'the test says so' });
    return { status: response.status, text: await response.text() };
  }

  /** Exactly one decision counts; every other is told of it. */
  function assertOneCounts(answers: readonly { status: number; text: string }[]): Approval {
    const counted = answers.filter(({ status }) => status === 200);
    assert.equal(counted.length, 1, JSON.stringify(answers.map(({ status }) => status)));
    const first = JSON.parse(counted[0]?.text ?? '') as Approval;
    for (const { status, text } of answers.filter((answer) => answer !== counted[0])) {
      const { error } = JSON.parse(text) as Refusal;
      assert.deepEqual([status, error.code, error.details?.state], [409, 'conflict', first.state]);
    }
    return first;
  }

  /** I5 in the journal: the decision is written before the action that it allows is intended. */
  async function assertDecidedFirst(runId: string, approval: Approval): Promise<void> {
    const events = await world.controller.events(runId);
    const decided = events.find(({ fact }) => fact.type === 'approval.ended' && fact.approval.id === approval.id)?.sequence ?? 0;
    const intended = events.filter(({ fact }) => fact.type === 'action.intended')[1]?.sequence ?? 0;
    assert.ok(decided > 0 && decided < intended, `decided at ${decided}, intended at ${intended}`);
  }

  row('twenty people approve at once', () => world, async () => {
    const { run, approval } = await asked();
    const first = assertOneCounts(await Promise.all(Array.from({ length: 20 }, () => decide(approval, 'approve'))));
    assert.equal(first.state, 'approved');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    await assertDecidedFirst(run.id, approval);
    return '1 × 200, 19 × 409 that name the first; performed once';
  });

  row('approval and denial race', () => world, async () => {
    const { run, approval } = await asked();
    const first = assertOneCounts(await Promise.all(Array.from({ length: 20 }, (_, index) => decide(approval, index % 2 === 0 ? 'deny' : 'approve'))));
    if (first.state === 'approved') assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    else await endDenied(run.id);
    return `${first.state} by the first, 19 × 409`;
  });

  row('a decision after its time', () => world, async () => {
    const { run, approval } = await asked({ approvalTimeoutMs: 1000 });
    await world.controller.until(run.id, ({ approvalId }) => approvalId !== approval.id);
    const { status, text } = await decide(approval, 'approve');
    assert.deepEqual([status, (JSON.parse(text) as Refusal).error.details?.state], [409, 'expired']);
    await endDenied(run.id);
    return '409; expired counts as denied, nothing performed';
  });

  row('a decision after its run was cancelled', () => world, async () => {
    const { run, approval } = await asked();
    await world.controller.post(`/api/runs/${run.id}/cancel`);
    assert.equal((await world.controller.ended(run.id)).state, 'cancelled');
    const { status, text } = await decide(approval, 'approve');
    assert.deepEqual([status, (JSON.parse(text) as Refusal).error.details?.state], [409, 'withdrawn']);
    return '409; withdrawn, nothing performed';
  });

  row('the controller is killed right after a decision', () => world, async () => {
    const { run, approval } = await asked();
    assert.equal((await decide(approval, 'approve')).status, 200);
    await world.controller.kill('SIGKILL');
    await world.controller.startAgain();
    assert.equal((await world.controller.get<Approval>(`/api/approvals/${approval.id}`)).state, 'approved', 'I2: the decision was acknowledged');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    await assertDecidedFirst(run.id, approval);
    return 'the decision is there; performed once';
  });

  /** A run that was denied: its model asks again, and nothing that had to be decided is performed. */
  async function endDenied(runId: string): Promise<void> {
    await world.controller.post(`/api/runs/${runId}/cancel`);
    await world.controller.ended(runId);
    const intended = (await world.controller.events(runId)).filter(({ fact }) => fact.type === 'action.intended');
    assert.equal(intended.length, 1, 'I5: what was denied is not even intended');
  }
});
