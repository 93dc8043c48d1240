import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { ControlTaken, DesktopControl, InboxItem } from '../../controller/runs/control/control.ts';
import { message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { longText, ScriptedController } from './scripted-controller.ts';

const secret = 'correct-horse-battery-staple';

describe('a person in control, through the API', () => {
  let world: ScriptedController;
  before(async () => {
    world = await ScriptedController.start();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => world.clear());

  /** Every byte that the controller has on disk. */
  function onDisk(folder: string): Buffer {
    return Buffer.concat(readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))).filter((path) => statSync(path).isFile()).map((path) => readFileSync(path)));
  }

  it('takes over in the middle of an action, survives a killed controller, and gives back; nobody else gets in, and nothing typed is kept', async () => {
    const { runId, desktopId } = await world.typing();
    world.vendor.answers.push([message('I see')]);
    const taken = await world.controller.post<ControlTaken>(`/api/desktops/${desktopId}/control/take`, { reason: 'a password', ttlMs: 300_000, as: 'Bea' });
    const lease = { 'x-vitrine-lease': taken.lease };
    assert.ok(taken.processes.some(({ command }) => command.startsWith('xterm')), 'what the agent left running is listed');
    const stopped = await waitFor('the action under way has ended', async () => (await world.controller.events(runId)).map(({ fact }) => fact).find((fact) => fact.type === 'action.ended'));
    assert.ok(stopped.type === 'action.ended' && stopped.outcome.status === 'failed' && (stopped.outcome.typedCharacters ?? longText.length) < longText.length, 'it stopped midway and says how far it came');

    const others = [
      ['POST', 'actions', { actions: [{ type: 'click', x: 5, y: 5 }] }], ['GET', 'frame'], ['GET', 'state'], ['GET', 'clipboard'], ['PUT', 'clipboard', { text: 'x' }], ['GET', 'files'], ['POST', 'programs', { argv: ['true'] }],
    ] as const;
    for (const [method, what, body] of others) {
      const refused = await world.controller.request(method, `/api/desktops/${desktopId}/${what}`, body);
      assert.equal(refused.status, 409, `${method} ${what}`);
      assert.match(await refused.text(), /Bea \(.*\) is in control/, `${method} ${what}`);
    }
    assert.equal((await world.controller.request('DELETE', `/api/desktops/${desktopId}`)).status, 409);

    await world.controller.kill('SIGKILL');
    await world.controller.startAgain();
    const after = await waitFor('the desktop is adopted', async () => {
      const response = await world.controller.request('GET', `/api/desktops/${desktopId}/control`);
      return response.status === 200 ? (await response.json()) as DesktopControl : undefined;
    }, 60_000);
    assert.deepEqual([after.control, after.holder, after.until], ['operator', taken.holder, taken.until]);
    const acted = await world.controller.request('POST', `/api/desktops/${desktopId}/actions`, { actions: [{ type: 'type', text: `${secret}\n` }] }, lease);
    assert.equal(acted.status, 200);
    assert.ok(((await acted.json()) as { frame: unknown }).frame !== null, 'the person sees what it did');
    assert.equal((await world.controller.request('GET', `/api/desktops/${desktopId}/frame`, undefined, lease)).status, 200);
    assert.ok((await world.program(desktopId, 'sleep 0.2; tail -c 40 typed.txt', lease)).stdout.includes(secret), 'it was typed');
    const facts = (await world.controller.events(runId)).map(({ fact }) => fact);
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'operator.acted' ? [[fact.outcome.status, fact.action.characters]] : [])), [['performed', secret.length + 1]]);
    assert.equal(facts.filter(({ type }) => type === 'frame.captured').length, 1, 'no frame but the one before the first turn');
    assert.ok(!onDisk(world.controller.dataFolder).includes(secret), 'and is nowhere on the controller');

    await world.controller.post(`/api/desktops/${desktopId}/control/give-back`, { lease: taken.lease, note: 'signed in' });
    const run = await world.controller.ended(runId);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'I see']);
    const told = JSON.stringify(world.vendor.asked.at(-1));
    assert.match(told, /A person was in control of this desktop .*typed 29 characters.*signed in/);
    assert.ok(!told.includes(secret));
  });

  it('keeps the desktop when the run is cancelled under it, and loses it with the lease', async () => {
    const { runId, desktopId } = await world.typing();
    const taken = await world.controller.post<ControlTaken>(`/api/desktops/${desktopId}/control/take`, {});
    await world.controller.post(`/api/runs/${runId}/cancel`, { reason: 'enough' });
    assert.equal((await world.controller.ended(runId, 30_000)).state, 'cancelled');
    const acted = await world.controller.request('POST', `/api/desktops/${desktopId}/actions`, { actions: [{ type: 'move', x: 50, y: 60 }], lease: taken.lease });
    assert.equal(acted.status, 200);
    const { runId: standIn } = await world.controller.get<DesktopControl>(`/api/desktops/${desktopId}/control`);
    assert.ok(standIn !== null && standIn !== runId, 'everything that acts is a run');
    await world.controller.post(`/api/desktops/${desktopId}/control/give-back`, { lease: taken.lease });
    assert.equal((await world.controller.ended(standIn, 30_000)).state, 'succeeded');
    await waitFor('the desktop is gone', async () => !(await world.controller.get<{ desktops: DesktopView[] }>('/api/desktops')).desktops.some(({ id }) => id === desktopId));
  });

  it('leads to a pause and an item in the inbox when the lease is not renewed', async () => {
    const { runId, desktopId } = await world.typing();
    world.vendor.answers.push([message('on my own again')]);
    await world.controller.post<ControlTaken>(`/api/desktops/${desktopId}/control/take`, { ttlMs: 5000 });
    const run = await world.controller.until(runId, ({ control }) => control === 'paused', 20_000);
    assert.equal(run.endedAt, null);
    const { items } = await world.controller.get<{ items: InboxItem[] }>('/api/inbox');
    assert.deepEqual(items.map(({ kind, runId: about }) => [kind, about]), [['lease_expired', runId]]);
    await world.controller.post(`/api/runs/${runId}/resume`);
    assert.equal((await world.controller.ended(runId)).answer, 'on my own again');
  });
});
