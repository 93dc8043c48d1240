import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from '../../controller/runs/run.ts';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import { check, click, letters } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import type { RowName } from './matrix/rows.ts';
import { World } from './matrix/world.ts';

/** A controller that is started again goes on within this time, also on a machine that has much else to do. */
const resumeMs = 20_000;

describe('the fault matrix: a controller that is killed in every state of a run', () => {
  let world: World;
  before(async () => {
    world = await World.start({ environment: { VITRINE_MAX_DESKTOPS: '2' } });
  });
  after(() => world[Symbol.asyncDispose]());

  const clicked = (): PlannedTurn => ({ actions: [click()] });
  const inState = (run: Run, ...states: readonly Run['state'][]) => world.controller.until(run.id, ({ state }) => states.includes(state), 60_000);

  /** Kills the process in the state that `reach` brings a run to, starts it again, lets it go on, and waits for a good end. */
  function killed(name: RowName, reach: () => Promise<{ run: Run; goOn?: () => Promise<unknown> | void }>): void {
    row(name, () => world, async () => {
      const { run, goOn } = await reach();
      const before = await world.controller.run(run.id);
      await world.controller.kill('SIGKILL');
      const begunAt = performance.now();
      await world.controller.startAgain();
      const resumed = await world.controller.run(run.id);
      const ms = Math.round(performance.now() - begunAt);
      assert.ok(ms < resumeMs, `started again within ${ms} ms`);
      assert.ok(resumed.steps >= before.steps && resumed.turns >= before.turns, 'I2: what was told before the kill is still true');
      await goOn?.();
      const { state, failure } = await world.controller.ended(run.id);
      assert.equal(state, 'succeeded', failure?.message ?? state);
      return `taken up after ${ms} ms in ${resumed.state}, ended well`;
    });
  }

  killed('the controller is killed while the model thinks', async () => {
    const run = await world.give([clicked(), clicked()], { on: await world.desktop() });
    const goOn = world.vendor.hold(run.plan, 1);
    await waitFor('the model is asked', () => world.vendor.questions(run.plan).length === 2, 30_000);
    return { run, goOn };
  });

  killed('the controller is killed while an action is performed', async () => {
    const desktop = await world.desktop();
    const run = await world.give([clicked(), { actions: [{ type: 'type', text: letters(4000) }] }, clicked()], { on: desktop });
    await waitFor('the first letters are typed', async () => (await desktop.count('keydown')) > 20, 30_000);
    return { run };
  });

  killed('the controller is killed while a person is asked', async () => {
    const run = await world.give([clicked(), { actions: [click()], checks: [check] }, clicked()], { on: await world.desktop() });
    const approval = await world.controller.pendingApproval(run.id);
    return {
      run,
      goOn: async () => {
        assert.deepEqual(await world.controller.pendingApproval(run.id), approval, 'I5: the same question, the same deadline');
        await world.controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'approve' });
      },
    };
  });

  row('the controller is killed while a caller drives', () => world, async () => {
    const desktop = await world.desktop();
    const act = () => world.controller.post<{ runId: string; outcomes: { status: string }[] }>(`/api/desktops/${desktop.id}/actions`, { actions: [click()], capture: null });
    const first = await act();
    world.watch(first.runId);
    await world.controller.kill('SIGKILL');
    await world.controller.startAgain();
    const second = await act();
    assert.equal(second.runId, first.runId, 'the same run goes on');
    assert.equal((await world.controller.run(first.runId)).steps, 2, 'I2: both are counted');
    return 'the caller\'s run goes on';
  });

  killed('the controller is killed while a stuck run waits for a person', async () => {
    const same = click();
    const run = await world.give([...Array.from({ length: 6 }, () => ({ actions: [same] })), clicked()], { on: await world.desktop() });
    await inState(run, 'awaitingOperator');
    return { run, goOn: () => world.controller.post(`/api/runs/${run.id}/messages`, { text: 'go on' }) };
  });

  killed('the controller is killed while the run is paused', async () => {
    const run = await world.give([clicked(), clicked()], { on: await world.desktop() });
    const release = world.vendor.hold(run.plan, 1);
    await waitFor('the model is asked', () => world.vendor.questions(run.plan).length === 2, 30_000);
    await world.controller.post(`/api/runs/${run.id}/pause`);
    release();
    return { run, goOn: () => world.controller.post(`/api/runs/${run.id}/resume`) };
  });

  killed('the controller is killed while a desktop is prepared', async () => {
    const run = await world.give([clicked()]);
    await inState(run, 'preparing');
    return { run };
  });

  killed('the controller is killed while a run is queued', async () => {
    const first = await world.give([clicked()]);
    const goOn = world.vendor.hold(first.plan, 0);
    await inState(first, 'awaitingModel');
    const run = await world.give([clicked()]);
    assert.ok(['queued', 'preparing'].includes((await world.controller.run(run.id)).state), 'it waits for a place');
    return { run, goOn };
  });

  killed('the controller is killed while a run is put away', async () => {
    const run = await world.give([clicked()]);
    await inState(run, 'finishing', 'succeeded');
    return { run };
  });

  row('the controller is killed while it starts again', () => world, async () => {
    const run = await world.give([clicked(), clicked()], { on: await world.desktop() });
    const goOn = world.vendor.hold(run.plan, 1);
    await waitFor('the model is asked', () => world.vendor.questions(run.plan).length === 2, 30_000);
    await world.controller.kill('SIGKILL');
    for (const ms of [150, 400, 600, 800, 1000, 1300]) {
      const starting = world.controller.startAgain().catch(() => undefined); // it is killed before it listens, or right after
      await pause(ms);
      await world.controller.kill('SIGKILL');
      await starting;
    }
    await world.controller.startAgain();
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return 'killed six times at different points of its start; then it went on';
  });
});
