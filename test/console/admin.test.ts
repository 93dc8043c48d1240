import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AnswerOf } from '../../controller/api/contract.ts';
import { AuditEntry, firstMisfit } from '../../controller/audit-chain.ts';
import { message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';

/** So soon after a token is revoked its holder is out (docs say two seconds), on a machine that does much else. */
const outMs = 8000;

describe('who may do what, in the console', () => {
  let world: ConsoleWorld;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-console-'));
    const templates = { research: { network: { mode: 'allow', allow: [{ host: 'wiki.example.com' }] }, rules: [{ name: 'no-root', verdict: 'refuse', reason: 'never', when: { text: { contains: 'sudo' } } }] } };
    await writeFile(join(folder, 'templates.json'), JSON.stringify({ templates }));
    world = await ConsoleWorld.start({ VITRINE_TEMPLATES_FILE: join(folder, 'templates.json') });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('signs in with a token and out again, and says why it does not', async () => {
    await using window = await world.browser.openWindow(world.controller.url);
    const { page } = window;
    window.expectProblems(/status of 401/);
    await page.goto('/settings');
    await assertAccessible(page);
    await window.picture('sign-in');
    await page.getByLabel('Token').fill('vit_00000000_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'does not know this token' }).waitFor();
    await page.getByLabel('Token').fill(await world.tokenOf('operator'));
    await page.getByLabel('Show it').check();
    assert.equal(await page.getByLabel('Token').getAttribute('type'), 'text');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Settings and installation' }).waitFor();
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees the cookie');
    const loadedAnew = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await loadedAnew;
    await page.getByLabel('Token').waitFor();
    await page.goto('/settings');
    await page.getByLabel('Token').waitFor();
  });

  it('makes a token that works, and revokes it: whoever uses it is out, and finds what they had typed', async () => {
    await using admins = await world.windowOf('admin', '/tokens');
    const { page } = admins;
    await page.getByRole('button', { name: 'Make a token…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('night-shift');
    await page.getByLabel('Role', { exact: true }).selectOption('operator');
    await page.getByLabel(/^approvals:decide/).check();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = await page.getByRole('dialog', { name: 'The token of night-shift' }).locator('code').innerText();
    assert.match(token, /^vit_[0-9a-f]{8}_/);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    assert.ok(!(await page.content()).includes(token), 'it is shown once');

    await using theirs = await world.browser.openWindow(world.controller.url);
    theirs.expectProblems(/status of 401|INCOMPLETE_CHUNKED/);
    await theirs.signIn(token, '/start');
    await theirs.page.getByLabel('Task', { exact: true }).fill('Half a sentence');
    await page.getByRole('button', { name: 'Revoke night-shift' }).click();
    const question = page.getByRole('dialog', { name: 'Revoke night-shift?' });
    await question.waitFor();
    await assertAccessible(page);
    await page.keyboard.press('Enter');
    await question.waitFor();
    await question.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('✕ revoked').waitFor();
    await theirs.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor({ timeout: outMs });
    assert.equal(await theirs.page.getByLabel('Task', { exact: true }).inputValue(), 'Half a sentence');
    await assertAccessible(theirs.page);
    await admins.picture('tokens');
  });

  it('offers a viewer nothing that would be refused', async () => {
    await using window = await world.windowOf('viewer');
    const { page } = window;
    window.expectProblems(/status of 403/);
    for (const [path, words] of [['/tokens', 'Tokens are managed by admins'], ['/audit', 'The audit is read by admins'], ['/start', 'Tasks are given by operators']] as const) {
      await page.goto(path);
      await page.getByRole('heading', { name: words }).waitFor();
      assert.equal(await page.locator('main').getByRole('button').count(), 0, path);
    }
    await page.goto('/settings');
    await page.getByText('metrics:read').waitFor();
    await assertAccessible(page);
  });

  it('shows the audit, filtered, verified and exported', async () => {
    await using window = await world.windowOf('admin', '/audit');
    const { page } = window;
    await page.getByText(/✓ The chain holds: \d+ entries/).waitFor();
    const rows = page.getByRole('region', { name: 'Audit' }).getByRole('row');
    await page.getByLabel('What', { exact: true }).fill('TOKEN.REVOKE');
    await waitFor('the filtered rows', async () => (await rows.count()) === 2);
    assert.match((await rows.nth(1).innerText()).replaceAll(/\s+/g, ' '), /admin token\.revoke .*night-shift/);
    await assertAccessible(page);
    await page.getByLabel('Who', { exact: true }).fill('nobody');
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor();
    await page.getByLabel('Who', { exact: true }).fill('');
    await page.getByLabel('What', { exact: true }).fill('');
    await waitFor('all rows', async () => (await rows.count()) > 2);
    await window.picture('audit');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export all as JSON lines' }).click()]);
    const entries = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n').map((line) => AuditEntry.parse(JSON.parse(line)));
    assert.ok(entries.some(({ what }) => what === 'token.create'));
    assert.equal(firstMisfit(entries), undefined);
  });

  it('gives a task with a file and a way out, which are there when the model looks', async () => {
    await using window = await world.windowOf('admin', '/start');
    const { page } = window;
    world.vendor.answers.push(
      [{ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: JSON.stringify({ command: 'cat ~/notes.txt' }), status: 'completed' }],
      [message('It says what it says')],
    );
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByText('say what is to be done').waitFor();
    await page.getByLabel('Task', { exact: true }).fill('Read the notes');
    await page.getByLabel('Choose files').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('the müller file\n') });
    await page.getByLabel('Model', { exact: true }).selectOption('scripted');
    await page.getByRole('radio', { name: /^These hosts/ }).check();
    await page.getByLabel('Hosts', { exact: true }).fill('https://example.com/');
    await page.getByText(/is no host: write example\.com/).waitFor();
    await page.getByLabel('Hosts', { exact: true }).fill('example.com');
    await page.getByText('More: waiting').click();
    await page.getByLabel('The model may use a shell').check();
    await assertAccessible(page);
    await page.evaluate(() => scrollTo(0, 0));
    await window.picture('start', true);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.waitForURL(/\/runs\/run-/, { timeout: 60_000 });
    const id = page.url().split('/').at(-1) ?? '';
    const run = await world.controller.until(id, ({ endedAt }) => endedAt !== null);
    assert.deepEqual([run.state, run.answer, run.startedBy], ['succeeded', 'It says what it says', 'admin']);
    assert.match(JSON.stringify(world.vendor.asked.at(-1)), /the müller file/);
    assert.match(JSON.stringify(world.vendor.asked.at(-2)), /\/home\/agent\/notes\.txt/);
    await page.getByText('Put the file notes.txt into the desktop, 17 bytes').first().waitFor();
    const { policy } = await world.controller.get<AnswerOf<'GET /api/runs/{id}/network'>>(`/api/runs/${id}/network`);
    assert.deepEqual([policy.mode, 'allow' in policy ? policy.allow : null], ['allow', [{ host: 'example.com', ports: [443] }]]);
    await waitFor('the desktop that was launched for it is gone', async () => (await world.controller.get<AnswerOf<'GET /api/desktops'>>('/api/desktops')).desktops.length === 0, 30_000);

    await page.goto(`/start?from=${id}`);
    await waitFor('the task of that run', async () => (await page.getByLabel('Task', { exact: true }).inputValue()) === 'Read the notes');
    assert.equal(await page.getByLabel('Hosts', { exact: true }).inputValue(), 'example.com');
  });

  it('gives files to a kind of desktop with rules and a way out, dropped, placed, sent with progress, and given up in between', async () => {
    await using window = await world.windowOf('operator', '/start');
    const { page } = window;
    await page.getByLabel('Task', { exact: true }).fill('Compare the letters');
    await page.getByLabel('Kind of desktop').selectOption('research');
    const dropped = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['Dear reader'], 'letter.txt'));
      transfer.items.add(new File([new Uint8Array(3_000_000)], 'scan.bin'));
      return transfer;
    });
    await page.getByText('or drop them here').dispatchEvent('drop', { dataTransfer: dropped });
    const place = page.getByLabel('Place of letter.txt in the home folder');
    await place.fill('../letter.txt');
    await page.getByText('letter.txt: name a place below the home folder').waitFor();
    await place.fill('Letters/one.txt');
    await page.getByLabel('Model', { exact: true }).selectOption('scripted');
    await page.getByText('More: waiting').click();
    await page.getByLabel('The model may use a shell').check();
    await assertAccessible(page);

    const held = Promise.withResolvers<void>();
    await page.route(/\/api\/uploads\?name=scan\.bin$/, async (route) => {
      await held.promise;
      await route.continue().catch(() => undefined); // Given up meanwhile.
    });
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByText('Sending file 2 of 2').waitFor();
    assert.equal(await page.getByLabel('Sent of letter.txt').evaluate((bar: HTMLProgressElement) => bar.value / bar.max), 1);
    const uploads = async () => (await world.controller.get<AnswerOf<'GET /readyz'>>('/readyz')).disk?.uploadsBytes;
    assert.equal(await uploads(), 11);
    await page.getByRole('button', { name: 'Give up' }).click();
    await waitFor('nothing of it is left', async () => (await uploads()) === 0);
    held.resolve();

    world.vendor.answers.push(
      [{ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: JSON.stringify({ command: 'cat Letters/one.txt; wc -c scan.bin' }), status: 'completed' }],
      [message('compared')],
    );
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.waitForURL(/\/runs\/run-/, { timeout: 60_000 });
    const id = page.url().split('/').at(-1) ?? '';
    const run = await world.controller.until(id, ({ endedAt }) => endedAt !== null);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'compared'], JSON.stringify(run.failure));
    assert.match(JSON.stringify(world.vendor.asked.at(-1)), /Dear reader3000000 scan\.bin/);
    await page.getByText('Put the file Letters/one.txt into the desktop, 11 bytes').first().waitFor();
    const { policy } = await world.controller.get<AnswerOf<'GET /api/runs/{id}/network'>>(`/api/runs/${id}/network`);
    assert.equal(policy.mode, 'allow');
    await waitFor('nothing waits any more', async () => (await uploads()) === 0);
  });

  it('shows what the installation stands on', async () => {
    await using window = await world.windowOf('admin', '/settings');
    const { page } = window;
    await page.getByRole('heading', { name: 'What it stands on' }).waitFor();
    await page.getByText('Docker Engine').waitFor();
    await assertAccessible(page);
    await window.picture('settings', true);
  });
});

describe('a full queue, in the console', () => {
  it('is told with the time to wait', async () => {
    await using world = await ConsoleWorld.start({ VITRINE_MAX_DESKTOPS: '1', VITRINE_MAX_QUEUED: '0' });
    const never = Promise.withResolvers<readonly unknown[]>();
    world.vendor.answers.push(never.promise);
    const run = await world.controller.post<AnswerOf<'POST /api/runs'>>('/api/runs', { task: 'Hold the place', model: 'scripted' });
    await world.controller.until(run.id, ({ state }) => state === 'awaitingModel');
    await using window = await world.windowOf('operator', '/start');
    window.expectProblems(/status of 429/);
    await window.page.getByLabel('Task', { exact: true }).fill('One too many');
    await window.page.getByRole('button', { name: 'Start the run' }).click();
    await window.page.getByRole('heading', { name: /^The queue is full: try again in \d+ s/ }).waitFor();
    never.resolve([message('done')]);
  });
});
