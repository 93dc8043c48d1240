import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';

describe('the frame of the console', () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await ConsoleWorld.start();
  });
  after(() => world[Symbol.asyncDispose]());

  it('shows a viewer no way to what would be refused, and an admin everything', async () => {
    for (const [role, pages] of [['viewer', ['Sessions', 'Inbox']], ['operator', ['Sessions', 'Inbox', 'Start a run']], ['admin', ['Sessions', 'Inbox', 'Start a run', 'Tokens', 'Audit']]] as const) {
      await using window = await world.windowOf(role);
      const links = window.page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
      assert.deepEqual((await links.allInnerTexts()).map((text) => text.trim()), pages);
    }
  });

  it('is live, accessible in dark and light, and obeys its switch', async () => {
    for (const colours of ['dark', 'light'] as const) {
      await using window = await world.windowOf('admin', '/', { colours });
      const { page } = window;
      await page.getByText('Live', { exact: true }).waitFor();
      await assertAccessible(page);
      const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const before = await ground();
      const button = page.getByRole('button', { name: /^Colours:/ });
      await button.click();
      if (colours === 'dark') await button.click();
      assert.notEqual(await ground(), before);
    }
  });

  it('says where there is no page, and keeps to its own paths', async () => {
    const statusOf = async (path: string, accept = 'text/html') => (await world.controller.request('GET', path, undefined, { accept })).status;
    assert.deepEqual([await statusOf('/runs/run-1/replay'), await statusOf('/inbox'), await statusOf('/assets/../index.html'), await statusOf('/assets/none.js'), await statusOf('/elsewhere'), await statusOf('/inbox', 'application/json')], [200, 200, 404, 404, 404, 404]);
  });

  it('fetches a page again that could not be fetched, once by itself; then it says so and leaves the rest in use', async () => {
    await using window = await world.windowOf('admin');
    const { page } = window;
    window.expectProblems(/Failed to fetch dynamically imported module|ERR_FAILED/);
    let isLoadedAgain = false;
    page.on('request', (request) => {
      if (request.isNavigationRequest()) isLoadedAgain = true;
    });
    await page.route(/\/assets\/audit-page-.*\.js$/, (route) => (isLoadedAgain ? route.continue() : route.abort()));
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
    assert.ok(isLoadedAgain);
    await page.route(/\/assets\/tokens-page-.*\.js$/, (route) => route.abort());
    await page.getByRole('link', { name: 'Tokens' }).click();
    const failure = page.getByRole('alert').filter({ hasText: 'could not be fetched' });
    await failure.waitFor();
    await window.picture('not-fetched');
    await assertAccessible(page);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
    await page.goBack();
    await page.unrouteAll();
    await failure.getByRole('button', { name: 'Load again' }).click();
    await page.getByRole('heading', { name: 'Tokens', level: 1 }).waitFor();
  });

  it('fetches a stylesheet again that could not be fetched', async () => {
    await using window = await world.windowOf('admin');
    const { page } = window;
    window.expectProblems(/ERR_FAILED/);
    let refused = 0;
    await page.route(/\/assets\/index-.*\.css$/, (route) => (refused++ === 0 ? route.abort() : route.continue()));
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
    await waitFor('the margin of its own', () => page.evaluate(() => getComputedStyle(document.body).margin === '0px'));
    assert.equal(refused, 2);
  });

  it('says so where the console itself could not be fetched, not while it takes a moment, and loads itself again', async () => {
    await using window = await world.windowOf('admin');
    const { page } = window;
    window.expectProblems(/ERR_FAILED/);
    await page.route(/\/assets\/index-.*\.js$/, (route) => route.abort());
    await page.reload();
    const words = page.getByText('The console is being loaded. Should this stay, load the page again');
    assert.equal(await words.isVisible(), false);
    await words.waitFor();
    await page.unrouteAll();
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await words.count(), 0);
  });
});
