import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import type { ProgramResult } from '../../controller/api/shapes.ts';
import type { Approval } from '../../controller/approvals/approval.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { withoutRepeats } from './session/session-page.ts';
import { ConsoleWorld } from './support/console-world.ts';

const check = { id: 'sc_1', code: 'irreversible', message: 'This sends the form' };
const terminal = 'setsid xterm -geometry 80x24+0+0 -e sh -c "cat > typed.txt" >/dev/null 2>&1 & for n in $(seq 200); do test -e typed.txt && exit 0; sleep 0.05; done; exit 1';
/** A page that asks for a picture in the moment in which control passes or the desktop goes is told so. */
const goneMeanwhile = /(status of|response code:) 4(04|09|10)/;
/** More than any page has to be tabbed through. */
const mostTabs = 80;

describe('without a mouse', () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await ConsoleWorld.start();
  });
  after(() => world[Symbol.asyncDispose]());

  it('a run is started, decided, taken over, given back, found and replayed', async () => {
    const { controller, vendor } = world;
    await using window = await world.windowOf('admin');
    const { page } = window;
    window.expectProblems(goneMeanwhile);
    await noMouse(page);
    const held = Promise.withResolvers<readonly unknown[]>();
    vendor.answers.push([computerCall('c1', [{ type: 'click', button: 'left', x: 300, y: 300 }], [check])], held.promise);

    await tabTo(page, page.getByRole('main').getByRole('link', { name: 'Start a run' }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByLabel('Task'));
    await page.keyboard.type('Send the form of the tax office');
    await tabTo(page, page.getByRole('combobox', { name: 'Model' }));
    await page.keyboard.type('scripted');
    await tabTo(page, page.getByRole('button', { name: 'Start the run' }));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/run-/);
    const runId = new URL(page.url()).pathname.split('/')[2] ?? '';
    const asked = await controller.pendingApproval(runId);

    // Nobody decides about what they started themselves.
    await using second = await world.windowOf('admin', '/inbox', { name: 'ann' });
    second.expectProblems(goneMeanwhile);
    await noMouse(second.page);
    await second.page.getByRole('button', { name: 'Approve' }).and(second.page.locator(':enabled')).waitFor();
    await tabTo(second.page, second.page.getByRole('button', { name: 'Approve' }));
    await second.page.keyboard.press('Enter');
    await waitFor('the decision', async () => (await controller.get<Approval>(`/api/approvals/${asked.id}`)).state === 'approved');

    const { desktopId } = await controller.until(runId, ({ state }) => state === 'awaitingModel');
    assert.equal((await controller.post<ProgramResult>(`/api/desktops/${desktopId}/programs`, { argv: ['sh', '-c', terminal] })).exitCode, 0);
    await tabTo(page, page.getByRole('button', { name: 'Take over' }));
    await page.keyboard.press('Enter');
    await page.locator('[data-mode="control"] canvas:not([data-frozen]):focus').waitFor();
    await page.keyboard.type('by keys\n');
    await page.keyboard.press('Control+Alt+q');
    await page.getByRole('region', { name: 'Desktop', exact: true }).and(page.locator(':focus')).waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Give back', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByText('The agent is in control', { exact: true }).waitFor();
    const typed = await waitFor('the agent is let in again', async () => {
      const response = await controller.request('GET', `/api/desktops/${desktopId}/files/typed.txt`);
      return response.ok ? response.text() : undefined;
    });
    assert.equal(withoutRepeats(typed), 'by keys\n');

    await tabTo(page, page.getByRole('link', { name: 'Sessions', exact: true }));
    await page.keyboard.press('Enter');
    await page.locator(`[data-session="${runId}"]`).waitFor();
    await page.locator('main').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('searchbox', { name: 'Search' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('nothing like it');
    await page.getByText('No session matches').waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('tax office');
    await page.locator(`[data-session="${runId}"]`).waitFor();
    await tabTo(page, page.locator(`[data-session="${runId}"]`).getByRole('link'));
    await page.keyboard.press('Enter');
    await page.getByRole('listbox', { name: 'Timeline' }).waitFor();
    vendor.answers.push([message('sent')]);
    held.resolve([message('sent')]);
    await controller.ended(runId);
    const ended = page.getByRole('region', { name: 'How the run ended' });
    await ended.waitFor();
    await tabTo(page, ended.getByRole('link', { name: 'Replay' }));
    await page.keyboard.press('Enter');
    const step = page.getByText(/^\d+ \/ \d+$/);
    await page.getByText(/^1 \/ \d+$/).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText(/^2 \/ \d+$/).waitFor();
    assert.equal(await step.count(), 1);
    for (const each of [page, second.page]) assert.equal(await each.evaluate(() => (globalThis as unknown as { pressed: number }).pressed), 0, 'the mouse was not used');
  });
});

/** Counts presses of the mouse from now on. */
async function noMouse(page: Page): Promise<void> {
  await page.evaluate(() => {
    const count = globalThis as unknown as { pressed: number };
    count.pressed = 0;
    addEventListener('mousedown', () => { count.pressed += 1; }, { capture: true });
  });
}

/** Goes from one thing to the next as a person with a keyboard does, until it has come to the one that is wanted. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor();
  for (let press = 0; press < mostTabs; press += 1) {
    if (await wanted.evaluateAll((found) => found.some((one) => one === document.activeElement))) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`it cannot be reached by Tab: ${String(wanted)}`);
}
