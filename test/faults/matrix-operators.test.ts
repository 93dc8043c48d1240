import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { ControlTaken, DesktopControl, InboxItem } from '../../controller/runs/control/control.ts';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import { click, letters } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import { World } from './matrix/world.ts';

const shortestLeaseMs = 5000;

describe('the fault matrix: people in control', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world[Symbol.asyncDispose]());

  const clicked = (): PlannedTurn => ({ actions: [click()] });
  const on = (desktopId: string, word: string) => `/api/desktops/${desktopId}/control${word}`;
  const take = (desktopId: string, as: string, ttlMs = 60_000) => world.controller.request('POST', on(desktopId, '/take'), { as, ttlMs, reason: 'the test says so' });
  const giveBack = (desktopId: string, lease: string) => world.controller.post<DesktopControl>(on(desktopId, '/give-back'), { lease });

  /** A run whose model thinks between its clicks. */
  const thinking = () => world.thinking([clicked(), clicked(), clicked()]);

  async function succeeds(runId: string): Promise<void> {
    const { state, failure } = await world.controller.ended(runId);
    assert.equal(state, 'succeeded', failure?.message ?? state);
  }

  row('ten people take control at once', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => take(desktop.id, `person ${index}`)));
    const taken = await Promise.all(answers.filter(({ status }) => status === 200).map((answer) => answer.json() as Promise<ControlTaken>));
    assert.equal(taken.length, 1, JSON.stringify(answers.map(({ status }) => status)));
    const [{ lease, holder } = { lease: '', holder: '' }] = taken;
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assert.equal(answer.status, 409);
      assert.ok((await answer.text()).includes(String(holder)), 'the holder is named');
    }
    const before = await desktop.count('press');
    goOn();
    const refused = await world.controller.request('POST', `/api/desktops/${desktop.id}/actions`, { actions: [click()] });
    assert.equal(refused.status, 409);
    assert.equal((await desktop.events()).filter(({ event }) => event === 'press').length, before, 'I8: nobody but the holder gives input');
    await giveBack(desktop.id, lease);
    await succeeds(run.id);
    return '1 × 200, 9 × 409 that name the holder; nothing of agent or callers meanwhile';
  });

  row('control is taken during an action', () => world, async () => {
    const desktop = await world.desktop();
    const run = await world.give([clicked(), { actions: [{ type: 'type', text: letters(15_000) }] }, clicked()], { on: desktop });
    await waitFor('the first letters are typed', async () => (await desktop.count('keydown')) > 20, 30_000);
    const { lease } = await (await take(desktop.id, 'a person')).json() as ControlTaken;
    const seen = (await desktop.events()).length;
    const outcome = (await waitFor('the outcome is known', async () => (await world.controller.events(run.id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome] : [])).at(1)));
    assert.equal(outcome.status, 'failed');
    assert.equal((await desktop.events()).length, seen, 'I8: nothing more of the agent');
    await giveBack(desktop.id, lease);
    await succeeds(run.id);
    return `stopped after ${outcome.typedCharacters} of 15000 letters, as the witness saw; told; the run went on`;
  });

  row('the person in control disappears', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    assert.equal((await take(desktop.id, 'a person', shortestLeaseMs)).status, 200);
    goOn();
    await waitFor('the lease ends', async () => (await world.controller.get<DesktopControl>(on(desktop.id, ''))).control === 'paused', 15_000);
    const { items } = await world.controller.get<{ items: InboxItem[] }>('/api/inbox');
    assert.ok(items.some(({ kind, runId }) => kind === 'lease_expired' && runId === run.id), JSON.stringify(items));
    assert.equal((await desktop.events()).filter(({ event }) => event === 'press').length, 1, 'I8: not back to the agent by itself');
    await world.controller.post(`/api/runs/${run.id}/resume`);
    await succeeds(run.id);
    return 'paused when the lease ended, in the inbox; went on when somebody said so';
  });

  row('the controller is killed while a person is in control', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    const { lease, holder, until } = await (await take(desktop.id, 'a person')).json() as ControlTaken;
    await world.controller.kill('SIGKILL');
    await world.controller.startAgain();
    goOn();
    const now = await world.controller.get<DesktopControl>(on(desktop.id, ''));
    assert.deepEqual([now.control, now.holder, now.until], ['operator', holder, until]);
    assert.equal((await desktop.events()).filter(({ event }) => event === 'press').length, 1, 'I8: nothing of the agent');
    await giveBack(desktop.id, lease);
    await succeeds(run.id);
    return 'the same holder, the same end; given back, the run went on';
  });
});
