import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Approval } from '../../controller/approvals/approval.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { readWitness } from '../support/witnessed.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';

const check = { id: 'cu_1', code: 'malicious_instructions', message: 'The page may contain instructions that are not yours.' };
const click = (x: number, y: number) => ({ type: 'click', button: 'left', x, y });
const rules = [{ name: 'removal', verdict: 'ask', reason: 'something is removed', when: { text: { matches: '\\brm\\b' } } }];

const dock = (page: Page) => page.getByRole('region', { name: 'Waiting for a person' });
const cardOf = (page: Page, approval: Approval) => page.locator(`[data-dock=open] [data-approval="${approval.id}"]`);
const toasts = (page: Page) => page.getByRole('status').filter({ hasText: /^Approved|^Denied/ });

describe('what waits for a person, over every page', () => {
  let world: ConsoleWorld;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let desktopId: string;

  before(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'policy.json'), JSON.stringify({ rules }));
    world = await ConsoleWorld.start({ VITRINE_POLICY_FILE: join(folder.path, 'policy.json') });
    desktopId = (await world.controller.post<DesktopView>('/api/desktops', {})).id;
    const witness = await readFile(new URL('../support/witness.py', import.meta.url));
    await fetch(`${world.controller.url}/api/desktops/${desktopId}/files/witness.py`, { method: 'PUT', body: witness, headers: { ...world.controller.headers, 'content-type': 'application/octet-stream' } });
    await world.controller.post(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', 'setsid python3 witness.py witness.log > witness.errors 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done'] });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    const { runs } = await world.controller.get<{ runs: Run[] }>('/api/runs?driver=model');
    for (const { id, endedAt } of runs) if (endedAt === null) await world.controller.post(`/api/runs/${id}/cancel`).then(() => world.controller.ended(id));
    world.vendor.answers.splice(0);
    world.vendor.asked.splice(0);
  });

  /** A run on the one desktop whose model answers so, as far as its first question to a person. */
  async function asking(answers: readonly (readonly unknown[])[], more: object = {}): Promise<{ readonly run: Run; readonly approval: Approval }> {
    world.vendor.answers.push(...answers);
    const run = await world.controller.post<Run>('/api/runs', { task: 'Tidy the documents folder', model: 'scripted', desktopId, ...more });
    return { run, approval: await world.controller.pendingApproval(run.id) };
  }
  const approvalOf = (id: string) => world.controller.get<Approval>(`/api/approvals/${id}`);
  const keysTyped = async () => readWitness(await (await world.controller.request('GET', `/api/desktops/${desktopId}/files/witness.log`)).text()).flatMap(({ event, key }) => (event === 'keydown' && key !== undefined ? [key] : []));

  it('opens a safety check with the frame and every action drawn on it; Enter and Space decide nothing, a press of the button does', async () => {
    await using window = await world.windowOf('admin', '/audit', { width: 1440, height: 900 });
    const { page } = window;
    const actions = [click(410, 300), { type: 'drag', path: [{ x: 100, y: 500 }, { x: 300, y: 620 }] }, { type: 'scroll', x: 900, y: 400, scroll_x: 0, scroll_y: 300 }, { type: 'type', text: 'hello' }];
    const { run, approval } = await asking([[computerCall('c1', actions, [check])], [message('done')]]);
    const card = cardOf(page, approval);
    await card.getByRole('heading', { name: 'Safety check' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.closest('section, button')?.tagName ?? 'none'), 'none', 'it has not taken the focus');
    await card.getByText(check.message).waitFor();
    await card.getByRole('img', { name: /Click at 410,300, then Drag from 100,500 to 300,620, then Scroll 3 down/ }).waitFor();
    await card.locator('svg [data-mark]').first().waitFor();
    assert.deepEqual(await card.locator('svg [data-mark]').evaluateAll((marks) => marks.map((mark) => mark.childElementCount > 0)), [true, true, true, false]);
    const cross = await card.locator('svg [data-mark="0"] circle').last().evaluate((circle) => [circle.getAttribute('cx'), circle.getAttribute('cy')]);
    assert.deepEqual(cross, ['410', '300'], 'in pixels of the screen');
    await waitFor('the title', async () => (await page.title()) === '(1) Vitrine');
    await card.getByRole('button', { name: 'Approve' }).and(page.locator(':enabled')).waitFor();
    for (let press = 0; press < 15; press += 1) for (const key of ['Enter', 'Space']) await page.keyboard.press(key);
    assert.equal((await approvalOf(approval.id)).state, 'pending');
    await card.getByRole('button', { name: 'Approve' }).click();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    const decided = await approvalOf(approval.id);
    assert.deepEqual([decided.state, decided.decidedBy, decided.decidedDigest], ['approved', 'admin', approval.digest]);
    await dock(page).waitFor({ state: 'detached' });
    await waitFor('the title', async () => (await page.title()) === 'Vitrine');
  });

  it('brings a question of the model\'s, which is answered in words or by a choice, never by Enter', async () => {
    await using window = await world.windowOf('admin', '/', { width: 1440, height: 900 });
    const { page } = window;
    const ask = (callId: string) => ({ type: 'function_call', id: `fc_${callId}`, call_id: callId, status: 'completed', name: 'ask_person', arguments: JSON.stringify({ question: 'Which of the two accounts is meant?', choices: ['Savings', 'Current'] }) });
    const { run, approval } = await asking([[ask('q1')], [ask('q2')], [message('thanks')]], { tools: ['ask_person'] });
    const card = cardOf(page, approval);
    await card.getByRole('heading', { name: 'The model asks' }).waitFor();
    await card.getByText('Which of the two accounts is meant?').waitFor();
    const send = card.getByRole('button', { name: 'Send the answer' });
    await card.getByRole('button', { name: 'Do not answer' }).and(page.locator(':enabled')).waitFor();
    assert.ok(await send.isDisabled(), 'there is no answer yet');
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.keyboard.type('the old one');
    await page.keyboard.press('Enter');
    await card.locator('img').waitFor();
    assert.equal((await approvalOf(approval.id)).state, 'pending');
    await assertAccessible(page);
    await card.getByRole('button', { name: 'Current' }).click();
    await window.picture('question');
    await send.click();
    const second = await world.controller.until(run.id, ({ approvalId }) => approvalId !== null && approvalId !== approval.id);
    const decided = await approvalOf(approval.id);
    assert.deepEqual([decided.state, decided.answer, decided.decidedBy], ['approved', 'Current', 'admin']);
    const other = cardOf(page, await approvalOf(second.approvalId ?? ''));
    await other.getByLabel('Your answer').fill('you were told');
    await other.getByRole('button', { name: 'Do not answer' }).and(page.locator(':enabled')).click();
    assert.equal((await world.controller.ended(run.id)).answer, 'thanks');
    assert.match(JSON.stringify(world.vendor.asked[1]?.['input']), /A person answers: Current/);
    assert.match(JSON.stringify(world.vendor.asked[2]?.['input']), /A person does not answer: you were told/);
    await page.goto(`${world.controller.url}/inbox`);
    await page.getByRole('tab', { name: /Decided/ }).click();
    await page.getByRole('cell', { name: 'Left unanswered' }).first().waitFor();
    await page.getByRole('cell', { name: 'Current', exact: true }).waitFor();
  });

  it('tells the model why something was denied', async () => {
    await using window = await world.windowOf('admin', '/');
    const { run, approval } = await asking([[computerCall('c1', [click(5, 5)], [check])], [message('I see')]]);
    const card = cardOf(window.page, approval);
    await card.getByLabel('Reason').fill('that is not our account');
    await card.getByRole('button', { name: 'Deny' }).click();
    assert.equal((await world.controller.ended(run.id)).answer, 'I see');
    assert.match(JSON.stringify(world.vendor.asked[1]?.['input']), /a person denied it: that is not our account/);
    await toasts(window.page).first().waitFor();
  });

  it('lets a text be edited before it is typed, and shows what that changes', async () => {
    await using window = await world.windowOf('admin', '/', { width: 1440, height: 900 });
    const before = await keysTyped();
    const { run, approval } = await asking([[computerCall('c1', [click(200, 200), { type: 'type', text: 'rm all' }])], [message('done')]]);
    const card = cardOf(window.page, approval);
    await card.getByText('Rule removal').waitFor();
    await card.getByRole('button', { name: 'Edit the text' }).click();
    await card.getByLabel('Type this instead').fill('ls');
    assert.deepEqual([await card.locator('del').allInnerTexts(), await card.locator('ins').allInnerTexts()], [['rm all'], ['ls']]);
    await card.locator('img').waitFor();
    await window.picture('decide');
    await card.getByRole('button', { name: 'Approve as edited' }).click();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual((await waitFor('the keys', async () => ((await keysTyped()).length >= before.length + 2 ? keysTyped() : undefined))).slice(before.length), ['l', 's']);
    assert.match(JSON.stringify(world.vendor.asked[1]?.['input']), /edited your text before it was typed/);
  });

  it('tells the second of two who decide at once who was first, what they said and why', async () => {
    await using first = await world.windowOf('admin', '/', { name: 'ann' });
    await using second = await world.windowOf('admin', '/', { name: 'bea' });
    second.expectProblems(/status of 409/);
    const { approval } = await asking([[computerCall('c1', [click(5, 5)], [check])], [message('done')]]);
    const late = cardOf(second.page, approval).getByRole('button', { name: 'Approve' });
    await late.and(second.page.locator(':enabled')).waitFor();
    // Bea's browser hears of nothing for a while, as over a slow line.
    const held = Promise.withResolvers<void>();
    await second.page.route('**/decision', async (route) => {
      await held.promise;
      await route.continue();
    });
    await late.click();
    const card = cardOf(first.page, approval);
    await card.getByLabel('Reason').fill('not today');
    await card.getByRole('button', { name: 'Deny' }).click();
    await waitFor('the denial', async () => (await approvalOf(approval.id)).state === 'denied');
    held.resolve();
    const alert = cardOf(second.page, approval).getByRole('alert');
    await alert.waitFor();
    assert.equal(await alert.innerText(), 'ann was first and denied it, saying “not today”. Your decision was not taken.');
    await cardOf(second.page, approval).getByText(/^Denied by ann: not today/).waitFor();
    assert.equal((await approvalOf(approval.id)).decidedBy, 'ann');
  });

  it('counts down to the denial, and says so when it has come', async () => {
    await using window = await world.windowOf('admin', '/');
    const { run, approval } = await asking([[computerCall('c1', [click(5, 5)], [check])], [message('done')]], { approvalTimeoutMs: 4000 });
    const card = cardOf(window.page, approval);
    await card.locator('[data-left=last]').waitFor();
    await card.getByText('Denied by time: nobody decided before the deadline').waitFor();
    assert.equal(await card.getByRole('button', { name: /Approve|Deny/ }).count(), 0);
    assert.equal((await approvalOf(approval.id)).state, 'expired');
    await world.controller.ended(run.id);
    assert.match(JSON.stringify(world.vendor.asked[1]?.['input']), /nobody approved it in time/);
  });

  it('is decided by two keys, and by none while somebody types', async () => {
    await using window = await world.windowOf('admin', '/');
    const { page } = window;
    const { run, approval } = await asking([[computerCall('c1', [click(5, 5)], [check])], [computerCall('c2', [click(6, 6)], [check])], [message('done')]]);
    const card = cardOf(page, approval);
    await card.getByRole('button', { name: 'Approve' }).and(page.locator(':enabled')).waitFor();
    await card.getByLabel('Reason').focus();
    await page.keyboard.type('gaga gd');
    assert.equal(await card.getByLabel('Reason').inputValue(), 'gaga gd');
    assert.equal((await approvalOf(approval.id)).state, 'pending');
    await page.getByRole('heading', { name: 'Safety check' }).click();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await waitFor('the approval', async () => (await approvalOf(approval.id)).state === 'approved');
    const next = await world.controller.until(run.id, ({ state, approvalId }) => state === 'awaitingSafetyAck' && approvalId !== approval.id);
    const second = await approvalOf(next.approvalId ?? '');
    await cardOf(page, second).getByRole('button', { name: 'Deny' }).and(page.locator(':enabled')).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await waitFor('the denial', async () => (await approvalOf(second.id)).state === 'denied');
    await world.controller.ended(run.id);
  });

  it('shows those who may not decide everything but the buttons, and why', async () => {
    await using viewer = await world.windowOf('viewer', '/');
    await using own = await world.windowOf('admin', '/', { name: 'starter' });
    world.vendor.answers.push([computerCall('c1', [click(5, 5)], [check])], [message('done')]);
    const started = await fetch(`${world.controller.url}/api/runs`, { method: 'POST', headers: { authorization: `Bearer ${await world.tokenOf('admin', 'starter')}`, 'content-type': 'application/json' }, body: JSON.stringify({ task: 'Mine', model: 'scripted', desktopId }) });
    const run = (await started.json()) as Run;
    const approval = await world.controller.pendingApproval(run.id);
    for (const [window, why] of [[viewer, /signed in as viewer, who may look and not decide/], [own, /started this run, and nobody decides about what they started themselves/]] as const) {
      const card = cardOf(window.page, approval);
      await card.getByText(why).waitFor();
      await card.getByText(check.message).waitFor();
      assert.equal(await card.getByRole('button', { name: /Approve|Deny|Edit/ }).count(), 0);
      await window.page.keyboard.press('g');
      await window.page.keyboard.press('a');
    }
    assert.equal((await approvalOf(approval.id)).state, 'pending');
    await world.controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'deny' });
    await world.controller.ended(run.id);
  });

  it('folds away from what somebody types into, stays readable at 360 pixels, and passes axe in dark and light', async () => {
    await using window = await world.windowOf('admin', '/', { width: 360, height: 740 });
    const { page } = window;
    const { run, approval } = await asking([[computerCall('c1', [click(5, 5), { type: 'type', text: 'rm x' }], [check])], [message('done')]]);
    const card = cardOf(page, approval);
    await card.getByRole('button', { name: 'Approve' }).and(page.locator(':enabled')).waitFor();
    const box = await card.getByRole('button', { name: 'Approve' }).boundingBox();
    assert.ok(box !== null && box.y + box.height <= 740 && box.x + box.width <= 360, 'both answers are in sight');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the window');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page);
    }
    await page.evaluate(() => {
      const field = document.createElement('textarea');
      field.setAttribute('aria-label', 'Notes of mine');
      document.querySelector('main')?.append(field);
      field.scrollIntoView({ block: 'end' });
      field.focus();
    });
    await page.locator('[data-dock=folded]').waitFor();
    await page.keyboard.type('ga');
    assert.equal(await page.getByLabel('Notes of mine').inputValue(), 'ga');
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Open' }).click();
    await card.waitFor();
    await world.controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'deny' });
    await world.controller.ended(run.id);
  });
});
