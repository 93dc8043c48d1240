import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ControlTaken } from '../../controller/runs/control/control.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { ProgramResult } from '../../controller/api/shapes.ts';
import type { Run } from '../../controller/runs/run.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';

const check = { id: 'cu_1', code: 'malicious_instructions', message: 'The page may contain instructions that are not yours.' };
const click = (x: number, y: number) => ({ type: 'click', button: 'left', x, y });
/** A web server that desktops reach at an address of this machine's own network, where their gate is told that they may. */
const internet = createServer((_request, response) => response.end('welcome'));

describe('the inbox and the network of a run', () => {
  let world: ConsoleWorld;
  let port: number;
  let desktopId: string;

  before(async () => {
    internet.listen(0, '0.0.0.0');
    await once(internet, 'listening');
    ({ port } = internet.address() as AddressInfo);
    const address = Object.values(networkInterfaces()).flat().find((one) => one !== undefined && one.family === 'IPv4' && !one.internal)?.address ?? '';
    world = await ConsoleWorld.start({ VITRINE_MAX_DESKTOPS: '3', VITRINE_PRIVATE_TARGETS: ['good', 'bad'].map((name) => `${name}.example.com=${address}:${port}`).join(',') });
    desktopId = (await world.controller.post<DesktopView>('/api/desktops', {})).id;
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    internet.closeAllConnections();
    internet.close();
  });
  beforeEach(async () => {
    const { runs } = await world.controller.get<{ runs: Run[] }>('/api/runs?driver=model');
    for (const { id, endedAt } of runs) if (endedAt === null) await world.controller.post(`/api/runs/${id}/cancel`).then(() => world.controller.ended(id));
    world.vendor.answers.splice(0);
    world.vendor.asked.splice(0);
  });
  const start = (answers: readonly (readonly unknown[])[], more: object = {}) => {
    world.vendor.answers.push(...answers);
    return world.controller.post<Run>('/api/runs', { task: 'Tidy the documents folder', model: 'scripted', desktopId, ...more });
  };

  it('asks about a host where the other questions are, and lets a person allow, refuse and cut hosts of the run', async () => {
    const { id } = await world.controller.post<DesktopView>('/api/desktops', { network: { mode: 'ask' } });
    const [run] = (await world.controller.get<{ runs: Run[] }>(`/api/runs?desktop=${id}`)).runs;
    assert.ok(run !== undefined);
    const curl = async (name: string) => (await world.controller.post<ProgramResult>(`/api/desktops/${id}/programs`, { argv: ['curl', '-sS', '-m', '40', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', `http://${name}.example.com:${port}/`] })).stdout;
    await using window = await world.windowOf('admin', `/runs/${run.id}`, { width: 1440, height: 900 });
    const { page } = window;
    const question = page.locator('main [data-approval]');
    /** Until the page shows it, which may take a moment, it is in the dock. */
    const isAsked = async (name: string) => {
      await question.getByRole('heading', { name: `May it reach ${name}.example.com:${port}?` }).waitFor();
      await waitFor('it is asked in one place', async () => (await page.locator('[data-approval]').count()) === 1);
    };

    const good = curl('good');
    await isAsked('good');
    await question.getByRole('button', { name: 'Allow for this run' }).click();
    assert.equal(await good, 'welcome');
    const bad = curl('bad');
    await isAsked('bad');
    await question.getByLabel('Reason').fill('not that one');
    await question.getByRole('button', { name: 'Refuse' }).click();
    assert.match(await bad, /a person refused bad\.example\.com/);

    await page.getByRole('tab', { name: 'Network' }).click();
    const contacts = page.getByRole('list', { name: 'What it asked for' });
    const refused = contacts.getByRole('listitem').filter({ hasText: 'bad.example.com' });
    await refused.getByText('Refused', { exact: true }).waitFor();
    const reached = contacts.getByRole('listitem').filter({ hasText: 'good.example.com' });
    await reached.getByText('Reached', { exact: true }).waitFor();
    assert.match(await reached.innerText(), /↑ [1-9].* B\s+↓ [1-9].* B/);
    await window.picture('network');
    await assertAccessible(page);

    await refused.getByRole('button', { name: `Allow for this run: bad.example.com:${port}` }).click();
    const rules = page.getByRole('list', { name: 'May be reached' });
    await rules.getByText(`bad.example.com:${port}`).waitFor();
    assert.equal(await curl('bad'), 'welcome');
    await rules.getByRole('button', { name: `Remove good.example.com:${port}` }).click();
    await rules.getByText(`good.example.com:${port}`).waitFor({ state: 'detached' });
    const again = curl('good');
    await isAsked('good');
    await question.getByRole('button', { name: 'Refuse' }).and(page.locator(':enabled')).click();
    assert.doesNotMatch(await again, /welcome/);

    await page.getByRole('tab', { name: 'Network' }).click();
    await page.getByLabel('Way out').selectOption('none');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Change it' }).click();
    await page.getByText('Nothing can be reached.').first().waitFor();
    assert.doesNotMatch((await world.controller.post<ProgramResult>(`/api/desktops/${id}/programs`, { argv: ['curl', '-sS', '-m', '5', `http://bad.example.com:${port}/`] })).stdout, /welcome/);

    await using viewer = await world.windowOf('viewer', `/runs/${run.id}`);
    await viewer.page.getByRole('tab', { name: 'Network' }).click();
    await viewer.page.getByText('Changing what it may reach takes the right network:write.').waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: /^(Allow|Remove|Change)/ }).count(), 0);
    await world.controller.request('DELETE', `/api/desktops/${id}`);
  });

  it('holds what waits in order of its end, decides it in place, and keeps what was decided', async () => {
    const run = await start([[computerCall('c1', [click(5, 5)], [check])], [message('I see')]]);
    const approval = await world.controller.pendingApproval(run.id);
    await using window = await world.windowOf('admin', '/inbox', { width: 1440, height: 900 });
    const { page } = window;
    const card = page.locator(`main [data-approval="${approval.id}"]`);
    await card.locator('img').waitFor();
    assert.equal(await page.locator('[data-dock]').count(), 0, 'what the page shows is not shown over it too');
    await window.picture('inbox');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page);
    }
    await card.getByLabel('Reason').fill('not in this folder');
    await card.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('heading', { name: 'Nothing waits for a person' }).waitFor();
    await world.controller.ended(run.id);
    await page.getByRole('tab', { name: 'Decided' }).click();
    await page.getByLabel('Run', { exact: true }).fill(run.id);
    await page.getByLabel('Outcome').selectOption('denied');
    const row = page.getByRole('row').filter({ hasText: 'not in this folder' });
    assert.match(await row.innerText(), /Denied[\s\S]*admin[\s\S]*Safety check/);
    await row.getByRole('button', { name: /^Look at/ }).click();
    await page.getByRole('dialog').getByText('Denied by admin: not in this folder').waitFor();
    await assertAccessible(page);
  });

  it('brings a run whose operator went away, and lets it go on from here', async () => {
    const held = Promise.withResolvers<readonly unknown[]>();
    world.vendor.answers.push(held.promise as never, [message('on my own again')]);
    const run = await world.controller.post<Run>('/api/runs', { task: 'Tidy the documents folder', model: 'scripted', desktopId });
    await world.controller.until(run.id, ({ state }) => state === 'awaitingModel');
    await using window = await world.windowOf('operator', '/inbox', { width: 1440, height: 900 });
    await world.controller.post<ControlTaken>(`/api/desktops/${desktopId}/control/take`, { ttlMs: 5000, as: 'Bea' });
    held.resolve([message('too early')]);
    const { page } = window;
    await world.controller.post(`/api/desktops/${desktopId}/control/request`, { as: 'Cem', reason: 'my turn' });
    await page.getByRole('listitem').filter({ hasText: 'Asks for control' }).getByText(/Cem .*asks Bea .*for control: my turn/).waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'Lease ended' });
    await row.waitFor();
    await waitFor('the title', async () => (await page.title()) === '(1) Vitrine');
    await row.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('heading', { name: 'Nothing waits for a person' }).waitFor();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
  });

  it('asks for a word when the model repeats itself, and says it to the model', async () => {
    await using window = await world.windowOf('admin', '/');
    const { page } = window;
    const same = () => [computerCall(`c${Math.random()}`, [click(3, 3)])];
    const run = await start([same(), same(), same(), same(), [message('as you say')]], { loopGuard: { turns: 3 } });
    const dock = page.getByRole('region', { name: 'Waiting for a person' });
    await dock.getByRole('heading', { name: 'The model repeats itself' }).waitFor();
    await assertAccessible(page);
    await dock.getByLabel('Say to the model').fill('Use the panel instead.');
    await dock.getByRole('button', { name: 'Say it, go on' }).click();
    await world.controller.ended(run.id);
    assert.match(JSON.stringify(world.vendor.asked.at(-1)?.['input']), /Use the panel instead\./);
  });

  it('goes from one question to the next of several, and never decides the one that has just appeared', async () => {
    await using window = await world.windowOf('admin', '/');
    const { page } = window;
    const one = await start([[computerCall('c1', [click(5, 5)], [check])], [computerCall('c2', [click(6, 6)], [check])], [message('done')]]);
    const first = await world.controller.pendingApproval(one.id);
    world.vendor.answers.unshift([computerCall('d1', [click(7, 7)], [check])]);
    const two = await world.controller.post<Run>('/api/runs', { task: 'Another task', model: 'scripted', approvalTimeoutMs: 60_000 });
    const second = await world.controller.pendingApproval(two.id);
    const shown = () => page.locator('[data-dock=open] [data-approval]').getAttribute('data-approval');
    await page.getByText('2 of 2').waitFor();
    assert.equal(await shown(), first.id, 'a more urgent one does not displace the one at hand');
    await waitFor('the title', async () => (await page.title()) === '(2) Vitrine');
    await page.getByRole('button', { name: 'The next question' }).click();
    await page.getByText('1 of 2').waitFor();
    assert.equal(await shown(), second.id);
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.and(page.locator(':enabled')).focus();
    // Enter held down, as by an elbow: the first press approves, what appears in its place is left alone.
    for (let press = 0; press < 20; press += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await waitFor('the decision', async () => (await world.controller.get<{ state: string }>(`/api/approvals/${second.id}`)).state === 'approved');
    await page.locator(`[data-dock=open] [data-approval="${first.id}"]`).waitFor();
    for (let press = 0; press < 20; press += 1) for (const key of ['Enter', 'Space']) await page.keyboard.press(key);
    assert.equal((await world.controller.get<{ state: string }>(`/api/approvals/${first.id}`)).state, 'pending');
  });

  it('notifies once permitted, while nobody looks, and takes the notification back with the question', async () => {
    await using window = await world.windowOf('admin', '/inbox');
    const { page, context } = window;
    await context.grantPermissions(['notifications'], { origin: world.controller.url });
    await page.addInitScript(() => {
      const shown: { title: string; body: string; isClosed: boolean }[] = [];
      (globalThis as unknown as { shown: unknown }).shown = shown;
      const Original = globalThis.Notification;
      globalThis.Notification = class extends Original {
        readonly #note: (typeof shown)[number];
        constructor(title: string, options: NotificationOptions = {}) {
          super(title, options);
          this.#note = { title, body: options.body ?? '', isClosed: false };
          shown.push(this.#note);
        }
        override close() {
          this.#note.isClosed = true;
          super.close();
        }
      };
    });
    await page.reload();
    await page.getByRole('button', { name: 'Notify me' }).click();
    await page.getByRole('button', { name: 'Notifications on' }).waitFor();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
    const other = await context.newPage();
    await other.bringToFront();
    const notes = () => page.evaluate(() => (globalThis as unknown as { shown: { title: string; body: string; isClosed: boolean }[] }).shown);
    const run = await start([[computerCall('c1', [click(5, 5)], [check])], [message('done')]]);
    const approval = await world.controller.pendingApproval(run.id);
    await waitFor('the notification', async () => (await notes()).length > 0 || undefined);
    assert.deepEqual(await notes(), [{ title: 'Safety check', body: 'Tidy the documents folder', isClosed: false }]);
    await world.controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'deny' });
    await waitFor('its end', async () => (await notes())[0]?.isClosed === true || undefined);
    await world.controller.ended(run.id);
  });
});
