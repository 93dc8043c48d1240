import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Run } from '../../controller/runs/run.ts';
import { testToken } from '../support/fake-api.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertAccessible } from './support/accessible.ts';
import { startBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { buildConsole, ConsoleWorld } from './support/console-world.ts';
import { startCrowd } from './support/crowd.ts';
import { startCutProxy } from './support/cut-proxy.ts';
import { calmest, scrollThrough, watchThumbnails, wordsOfSmoothness } from './support/smoothness.ts';

const check = { id: 'sc_1', code: 'irreversible', message: 'This sends the form' };

describe('the sessions page', () => {
  let world: ConsoleWorld;
  const held = Promise.withResolvers<readonly unknown[]>();
  let asking: Run;
  let thinking: Run;
  before(async () => {
    world = await ConsoleWorld.start();
    const { controller, vendor } = world;
    vendor.answers.push([computerCall('c1', [{ type: 'click', x: 300, y: 200, button: 'left' }], [check])]);
    asking = await controller.post<Run>('/api/runs', { task: 'Send the form of the tax office', model: 'scripted' });
    await controller.until(asking.id, ({ state }) => state === 'awaitingSafetyAck');
    vendor.answers.push(held.promise);
    thinking = await controller.post<Run>('/api/runs', { task: 'Read the weather in Lisbon', model: 'scripted' });
    await controller.until(thinking.id, ({ state }) => state === 'awaitingModel');
    for (let number = 1; number <= 48; number += 1) await controller.post<Run>('/api/runs', { task: `Batch job ${number}`, model: 'scripted' });
  });
  after(async () => {
    held.resolve([message('done')]);
    await world[Symbol.asyncDispose]();
  });

  /** How many different colours the shown picture of a session has; 0 while there is none. */
  const coloursOf = (page: Page, key: string) => page.locator(`[data-session="${key}"] canvas`).evaluate((canvas: HTMLCanvasElement) => {
    if (canvas.hidden) return 0;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    const colours = new Set<number>();
    for (let at = 0; at + 3 < data.length; at += 4) colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
    return colours.size;
  });

  it('lists fifty sessions: what waits for a person first, live pictures, the queue with its places and reasons', async () => {
    await using window = await world.windowOf('viewer', '/', { width: 1920, height: 1080 });
    const { page } = window;
    await page.locator('[data-session]').nth(49).waitFor({ state: 'attached' });
    assert.equal(await page.locator('[data-session]').count(), 50);
    const waiting = page.getByRole('region', { name: 'Waiting for a person 1' });
    assert.match(await waiting.innerText(), /Decision needed[\s\S]*Send the form of the tax office[\s\S]*Decide on a safety check/);
    assert.ok(await page.locator('[data-session]').first().evaluate((card, id) => card.getAttribute('data-session') === id, asking.id));
    assert.equal(await page.title(), '(1) Vitrine');
    await page.getByRole('link', { name: /^Inbox 1/ }).waitFor();
    assert.match(await page.getByRole('region', { name: /^Desktops/ }).innerText(), /Thinking[\s\S]*Read the weather in Lisbon/);
    const queued = await page.getByRole('region', { name: /^Queue/ }).getByRole('listitem').allTextContents();
    assert.equal(queued.length, 48);
    assert.match(queued[0] ?? '', /1[\s\S]*Batch job 1[\s\S]*(desktop|place)/);
    assert.match(queued[47] ?? '', /48[\s\S]*Batch job 48/);
    for (const { id } of [asking, thinking]) await waitFor('the picture of a desktop is there', async () => (await coloursOf(page, id)) > 3, 20_000);
    await assertAccessible(page);
    await window.picture('sessions');
  });

  it('offers a viewer nothing that would be refused', async () => {
    await using viewer = await world.windowOf('viewer');
    await viewer.page.locator('[data-session]').first().waitFor();
    const offered = await viewer.page.getByRole('main').getByRole('button').allInnerTexts();
    assert.deepEqual(offered.filter((words) => /pause|stop|start/i.test(words)), []);
    assert.equal(await viewer.page.getByRole('link', { name: 'Start a run' }).count(), 0);
  });

  it('filters by words, state and model, says so in its address, and stops what is shown after a question', async () => {
    await using window = await world.windowOf('operator', '/?state=queued');
    const { page } = window;
    await page.getByRole('button', { name: /^Queued 48/, pressed: true }).waitFor();
    await page.locator('body').press('/');
    await page.keyboard.type('batch 4');
    await waitFor('the filter is in force', async () => (await page.locator('[data-session]').count()) === 13);
    assert.equal(new URL(page.url()).search, '?q=batch+4&state=queued');
    await page.getByRole('button', { name: 'Stop all shown…' }).click();
    const question = page.getByRole('dialog', { name: 'Stop 13 runs?' });
    await question.waitFor();
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'BUTTON', 'Enter presses nothing by accident');
    await assertAccessible(page);
    await page.keyboard.press('Escape');
    assert.equal((await world.controller.get<{ runs: Run[] }>('/api/runs?state=cancelled')).runs.length, 0);
    await page.getByRole('button', { name: 'Stop all shown…' }).click();
    await question.getByRole('button', { name: 'Stop 13 runs' }).click();
    await page.getByText('Stopped 13 runs.').waitFor();
    await page.getByText('No session matches').waitFor();
    const finished = page.getByRole('region', { name: 'Finished', exact: true });
    await waitFor('they are among the finished', async () => (await finished.getByRole('row').count()) === 14);
    await page.getByRole('button', { name: 'Show all' }).first().click();
    await waitFor('the others are still there', async () => (await page.locator('[data-session]').count()) === 37);
  });

  it('pages through what is over, and is usable at 360 pixels', async () => {
    const { controller } = world;
    const { runs } = await controller.get<{ runs: Run[] }>('/api/runs?state=queued&limit=200');
    for (const { id } of runs.slice(0, 20)) await controller.post(`/api/runs/${id}/cancel`).then(() => controller.ended(id));
    await using window = await world.windowOf('viewer', '/', { width: 360, height: 740, colours: 'light' });
    const { page } = window;
    const rows = page.getByRole('region', { name: 'Finished', exact: true }).getByRole('row');
    await waitFor('one page is shown', async () => (await rows.count()) === 26);
    await page.getByRole('button', { name: /^Fold/ }).click();
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await waitFor('all are shown', async () => (await rows.count()) === 34);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360), 'nothing sticks out sideways');
    await assertAccessible(page);
    await window.picture('sessions-small');
  });
});

describe('fifty desktops at work', () => {
  let browser: TestBrowser;
  before(async () => {
    await buildConsole();
    browser = await startBrowser();
  });
  after(() => browser[Symbol.asyncDispose]());

  it('stay smooth in a burst of events', async (test) => {
    await using crowd = await startCrowd(50);
    await using window = await browser.openWindow(crowd.url, { width: 1920, height: 1080 });
    const { page } = window;
    await window.signIn(testToken);
    await page.locator('[data-session]').nth(49).waitFor({ state: 'attached' });
    await waitFor('the pictures in sight are there', async () => (await page.locator('canvas:not([hidden])').count()) >= 5);
    await page.evaluate(() => {
      const long: number[] = [];
      Object.assign(globalThis, { long });
      new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
    const last = page.locator('[data-session="run-0"] dd').nth(1);
    const longest: number[] = [];
    for (let round = 1; round <= 6; round += 1) {
      await crowd.move(round);
      await waitFor(`round ${round} is shown`, async () => (await last.textContent()) === String(round), 15_000);
      longest.push(await page.evaluate(() => Math.round(Math.max(0, ...(globalThis as unknown as { long: number[] }).long.splice(0)))));
    }
    test.diagnostic(`50 sessions, 6 bursts of 240 events: the longest task of each is ${longest.join(', ')} ms (0: none over 50 ms)`);
    // A machine that does much else can hold up any one of them.
    assert.ok(longest.filter((ms) => ms < 200).length >= 4, `the longest tasks of the bursts: ${longest.join(', ')} ms`);
    const pictures = watchThumbnails(page);
    const smooth = await calmest(3, () => scrollThrough(page));
    const { answers, bytes } = pictures.take();
    test.diagnostic(`50 sessions scrolled through: ${wordsOfSmoothness(smooth)}; ${answers} small pictures, ${(bytes / 1024).toFixed(0)} KiB`);
    assert.ok(smooth.cpuMs < 33, wordsOfSmoothness(smooth));
    await assertAccessible(page);
  });

  it('say when the connection is lost, and go on where they were', async () => {
    await using crowd = await startCrowd(6);
    await using proxy = await startCutProxy(crowd.port);
    await using window = await browser.openWindow(proxy.url, { width: 1920, height: 1080 });
    const { page } = window;
    window.expectProblems(/ERR_CONNECTION_(RESET|CLOSED|REFUSED)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_SOCKET_NOT_CONNECTED|network error/i);
    await window.signIn(testToken);
    await page.getByText('Live', { exact: true }).waitFor();
    await crowd.move(1);
    const steps = page.locator('[data-session="run-0"] dd').nth(1);
    await waitFor('the first step is shown', async () => (await steps.textContent()) === '1');
    const resumed: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/api/events')) resumed.push(request.headers()['last-event-id'] ?? '');
    });
    const heard = crowd.runs.journal.length;
    proxy.cut();
    await crowd.move(2);
    await page.getByText(/^Connection lost .* ago/).waitFor();
    await page.getByText('Not live').waitFor();
    assert.equal(await steps.textContent(), '1', 'what was shown stays');
    await assertAccessible(page);
    await window.picture('connection-lost');
    proxy.mend();
    await page.getByText('Live', { exact: true }).waitFor();
    await waitFor('what happened meanwhile is shown', async () => (await steps.textContent()) === '2');
    assert.deepEqual([...new Set(resumed)], [String(heard)], 'every attempt begins after the last event that was heard');
    assert.equal(await page.getByText(/^Connection lost/).isVisible(), false);
  });

  it('need one connection for all tabs of a browser, and go on when the tab that holds it is closed', async () => {
    await using crowd = await startCrowd(2);
    await using window = await browser.openWindow(crowd.url);
    await window.signIn(testToken);
    await window.page.getByText('Live', { exact: true }).waitFor();
    const tabs = await Promise.all(Array.from({ length: 8 }, () => window.context.newPage()));
    for (const tab of tabs) {
      await tab.goto('/');
      await tab.getByText('Live', { exact: true }).waitFor();
    }
    assert.equal(crowd.runs.listeners, 1);
    await window.page.close();
    await crowd.move(1);
    for (const tab of tabs) await waitFor('the step is shown', async () => (await tab.locator('[data-session="run-0"] dd').nth(1).textContent()) === '1');
  });

  it('have words for a beginning without sessions, and for a server that fails', async () => {
    await using crowd = await startCrowd(0);
    await using window = await browser.openWindow(crowd.url);
    const { page } = window;
    await window.signIn(testToken);
    await page.getByRole('heading', { name: 'No session is open' }).waitFor();
    await assertAccessible(page);
    window.expectProblems(/status of 500/);
    await page.route('**/api/desktops', (route) => route.fulfill({ status: 500, json: { error: { code: 'internal', message: 'the journal is closed' } } }));
    await page.reload();
    const failure = page.getByRole('alert').filter({ hasText: 'The sessions could not be fetched' });
    await failure.waitFor();
    assert.match(await failure.innerText(), /the journal is closed/);
    await page.unroute('**/api/desktops');
    await failure.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'No session is open' }).waitFor();
  });
});
