import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Approval } from '../../controller/approvals/approval.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeClock } from './matrix/fake-clock.ts';
import type { FakeClock } from './matrix/fake-clock.ts';
import { row } from './matrix/matrix.ts';
import { check, click } from './matrix/planned-vendor.ts';
import type { RowName } from './matrix/rows.ts';
import { World } from './matrix/world.ts';

const hourMs = 3_600_000;

describe('the fault matrix: the wall clock', () => {
  let clock: FakeClock;
  let world: World;
  before(async () => {
    clock = await fakeClock();
    world = await World.start({ environment: clock.environment });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    clock[Symbol.dispose]();
  });

  /** The clock is set while a person is asked: nothing expires, no time is negative, and the approval has as long as it had. */
  function jumps(name: RowName, hours: number): void {
    row(name, () => world, async () => {
      clock.set(0);
      const desktop = await world.desktop();
      const run = await world.give([{ actions: [click()] }, { actions: [click()], checks: [check] }, { actions: [click()] }], { on: desktop, approvalTimeoutMs: 120_000 });
      const before = await world.controller.pendingApproval(run.id);
      const jumpsBefore = jumpsLogged();
      clock.set(hours);
      await waitFor('the controller notices', () => jumpsLogged() > jumpsBefore, 30_000);
      const now = await world.controller.get<Approval>(`/api/approvals/${before.id}`);
      assert.equal(now.state, 'pending', 'I5: nobody decided');
      assert.ok(Math.abs(now.expiresAt - before.expiresAt - hours * hourMs) < 10_000, `its end was moved by ${now.expiresAt - before.expiresAt} ms`);
      await world.controller.post(`/api/approvals/${before.id}/decision`, { decision: 'approve' });
      const ended = await world.controller.ended(run.id);
      assert.equal(ended.state, 'succeeded', ended.failure?.message ?? ended.state);
      assert.ok(ended.activeMs >= 0 && ended.activeMs < hourMs / 2, `worked for ${ended.activeMs} ms`);
      for (const { fact } of await world.controller.events(run.id)) {
        const times = fact.type === 'action.ended' ? Object.values(fact.timings) : 'ms' in fact ? [fact.ms] : [];
        assert.ok(times.every((ms) => ms >= 0 && ms < hourMs / 2), `${fact.type}: ${times.join(', ')}`);
      }
      return `noticed; the approval's end moved along, ${Math.round(ended.activeMs)} ms of work`;
    });
  }

  const jumpsLogged = () => world.controller.log.filter((line) => line.includes('"msg":"clock_jump"')).length;

  jumps('the clock jumps an hour ahead', 1);
  jumps('the clock jumps an hour back', -1);
});
