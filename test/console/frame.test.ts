import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
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
});
