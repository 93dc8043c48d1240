import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Run } from '../../controller/runs/run.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { ConsoleWorld } from './support/console-world.ts';
import { assertStill, slowDown } from './support/stillness.ts';

const check = { id: 'sc_1', code: 'irreversible', message: 'This sends the form' };
const click = (x: number, y: number) => ({ type: 'click', button: 'left', x, y });

describe('nothing jumps', () => {
  let world: ConsoleWorld;
  const over: Run[] = [];
  before(async () => {
    world = await ConsoleWorld.start();
    for (const number of [1, 2]) {
      world.vendor.answers.push([computerCall(`o${number}`, [click(30 * number, 30)])], [message('The form is filled in.')]);
      const { id } = await world.controller.post<Run>('/api/runs', { task: 'Fill in the form', model: 'scripted' });
      over.push(await world.controller.ended(id));
    }
  });
  after(() => world[Symbol.asyncDispose]());

  it('while pages load over a slow line', async () => {
    const [first, second] = over;
    assert.ok(first !== undefined && second !== undefined);
    await using window = await world.windowOf('admin', '/', { width: 1440, height: 900 });
    const { page } = window;
    await slowDown(page);
    const pages: readonly (readonly [string, string, (page: Page) => Promise<unknown>])[] = [
      ['the sessions', '/', (shown) => shown.getByRole('region', { name: 'Finished', exact: true }).getByRole('row').nth(2).waitFor()],
      ['the inbox', '/inbox', (shown) => shown.getByRole('heading', { name: 'Nothing waits for a person' }).waitFor()],
      ['starting a run', '/start', (shown) => shown.getByRole('combobox', { name: 'Model' }).waitFor()],
      ['a run that is over', `/runs/${first.id}`, (shown) => shown.getByText('Who had the desktop').waitFor()],
      ['a replay', `/runs/${first.id}/replay`, (shown) => shown.getByText(/^1 \/ \d+$/).waitFor()],
      ['two runs compared', `/compare?left=${first.id}&right=${second.id}`, (shown) => shown.getByRole('region', { name: 'Right run' }).getByText(/^Turn 1:/).waitFor()],
      ['the tokens', '/tokens', (shown) => shown.getByRole('row').nth(1).waitFor()],
      ['the audit', '/audit', (shown) => shown.getByRole('row').nth(2).waitFor()],
      ['the settings', '/settings', (shown) => shown.getByText('scripted').first().waitFor()],
    ];
    const jumping: string[] = [];
    for (const [name, path, isThere] of pages) {
      await page.goto(path);
      await isThere(page);
      await assertStill(page, name).catch((error: unknown) => jumping.push(String(error)));
    }
    assert.deepEqual(jumping, []);
  });

  it('while runs begin, wait, ask, are answered, go on and end', async () => {
    const { controller, vendor } = world;
    await using window = await world.windowOf('admin', '/', { width: 1440, height: 900 });
    window.expectProblems(/status of 4(04|09|10)/);
    const sessions = window.page;
    const inbox = await window.context.newPage();
    const session = await window.context.newPage();
    await inbox.goto('/inbox');
    await inbox.getByRole('heading', { name: 'Nothing waits for a person' }).waitFor();
    await sessions.reload();
    await sessions.getByRole('region', { name: 'Finished', exact: true }).getByRole('row').nth(2).waitFor();
    const held = Promise.withResolvers<readonly unknown[]>();
    vendor.answers.splice(0, Infinity, [computerCall('a1', [click(100, 100)])], [computerCall('a2', [click(200, 100), click(300, 100)])], held.promise);
    const works = await controller.post<Run>('/api/runs', { task: 'Sort the letters', model: 'scripted' });
    await session.goto(`/runs/${works.id}`);
    await session.getByRole('option', { name: /^Turn 3/ }).waitFor({ timeout: 60_000 });
    vendor.answers.push([computerCall('b1', [click(100, 100)], [check])], [message('sent')], [message('read')]);
    const asks = await controller.post<Run>('/api/runs', { task: 'Send the form', model: 'scripted' });
    const waits = await controller.post<Run>('/api/runs', { task: 'Read the weather', model: 'scripted' });
    const { id } = await controller.pendingApproval(asks.id);
    await sessions.getByRole('region', { name: /^Waiting for a person 1/ }).getByText('Send the form').waitFor();
    await sessions.getByRole('region', { name: /^Queue/ }).getByText('Read the weather').waitFor();
    await inbox.locator(`main [data-approval="${id}"] img`).waitFor();
    await session.locator('[data-dock]').waitFor();
    await controller.post(`/api/approvals/${id}/decision`, { decision: 'approve' });
    for (const run of [asks, waits]) await controller.ended(run.id);
    vendor.answers.push([message('sorted')]);
    held.resolve([computerCall('a3', [click(50, 50)])]);
    await controller.ended(works.id);
    await session.getByRole('region', { name: 'How the run ended' }).waitFor();
    await waitFor('all are over', async () => (await sessions.locator('[data-session]').count()) === 0);
    await inbox.getByRole('heading', { name: 'Nothing waits for a person' }).waitFor();
    const jumping: string[] = [];
    for (const [name, page] of [['the sessions', sessions], ['the inbox', inbox], ['a session', session]] as const) {
      await page.bringToFront();
      await assertStill(page, `${name} while runs come and go`).catch((error: unknown) => jumping.push(String(error)));
    }
    assert.deepEqual(jumping, []);
  });
});
