import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { InboxItem } from '../../../controller/runs/control/control.ts';
import type { Run } from '../../../controller/runs/run.ts';
import { computerCall, message } from '../../support/scripted-vendor.ts';
import { waitFor } from '../../support/wait-for.ts';
import { assertAccessible } from '../support/accessible.ts';
import { ConsoleWorld } from '../support/console-world.ts';
import type { Window } from '../support/browser.ts';
import { median, pictureMs, withoutRepeats } from './session-page.ts';

const secret = 'wren-42';
/** A page that asks for a picture in the moment in which control passes or the desktop goes is told so. */
const goneMeanwhile = /(status of|response code:) 4(04|09|10)/;
const clipboardText = 'Grüße, 你好, 🙂\nzwei Zeilen';

describe('taking a desktop over in the browser', () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await ConsoleWorld.start();
  });
  after(() => world[Symbol.asyncDispose]());

  const program = async (desktopId: string, script: string) => {
    const response = await world.controller.request('POST', `/api/desktops/${desktopId}/programs`, { argv: ['sh', '-c', script] });
    assert.equal(response.status, 200, script);
    return (await response.json()) as { exitCode: number; stdout: string };
  };

  /** A run whose desktop has a terminal that keeps every line, and whose model is being asked. */
  async function withTerminal(): Promise<{ readonly runId: string; readonly desktopId: string; readonly answer: (items: readonly unknown[]) => void }> {
    const next = Promise.withResolvers<readonly unknown[]>();
    world.vendor.answers.splice(0, Infinity, next.promise);
    const { id } = await world.controller.post<Run>('/api/runs', { task: 'Sign in to the shop', model: 'scripted' });
    const { desktopId } = await world.controller.until(id, ({ state }) => state === 'awaitingModel');
    assert.ok(desktopId !== null);
    const launch = 'setsid xterm -geometry 80x24+0+0 -e sh -c "cat > typed.txt" >/dev/null 2>&1 & for n in $(seq 200); do test -e typed.txt && exit 0; sleep 0.05; done; exit 1';
    assert.equal((await program(desktopId, launch)).exitCode, 0);
    return { runId: id, desktopId, answer: next.resolve };
  }

  async function takeOver({ page }: Window): Promise<void> {
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByText('You are in control').waitFor();
    await page.locator('[data-mode="control"] canvas:not([data-frozen])').waitFor();
    await page.locator('[role=region][aria-label=Desktop] [data-kind=live]').waitFor();
  }

  it('sends what is typed to the desktop while the agent is refused, ends what it left, and tells the model on giving back', async () => {
    const { runId, desktopId, answer } = await withTerminal();
    await using window = await world.windowOf('operator', `/runs/${runId}`, { width: 1440, height: 900 });
    const { page } = window;
    window.expectProblems(goneMeanwhile);
    await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await pictureMs(page);
    await takeOver(window);
    await page.locator('[data-mode="control"] canvas').click({ position: { x: 150, y: 120 } });
    const shown = await keystrokes(page, secret);
    await page.keyboard.press('Enter');
    console.log(`takeover: a keystroke is visible after ${Math.round(median(shown))} ms (median of ${shown.map(Math.round).join(', ')})`);
    assert.ok(median(shown) <= 150, `${median(shown)} ms`);
    await window.picture('takeover');
    await assertAccessible(page);

    const refused = await world.controller.request('POST', `/api/desktops/${desktopId}/actions`, { actions: [{ type: 'click', x: 9, y: 9 }] });
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /operator.* is in control/);
    world.vendor.answers.push([message('signed in')]);
    answer([computerCall('c1', [{ type: 'click', button: 'left', x: 30, y: 30 }])]);
    await waitFor('the model has answered', async () => (await world.controller.events(runId)).some(({ fact }) => fact.type === 'model.answered'), 30_000);

    await page.getByLabel('Text between this browser and the desktop').fill(clipboardText);
    await page.getByRole('button', { name: 'Put on the desktop\'s' }).click();
    await page.getByText('It is on the desktop\'s clipboard').waitFor();
    await page.getByLabel('Text between this browser and the desktop').fill('');
    await page.getByRole('button', { name: 'Copy from the desktop' }).click();
    await page.getByText('The desktop\'s clipboard is on yours').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), clipboardText);

    const xterm = page.locator('li[data-pid]', { hasText: 'xterm' }).first();
    const pid = await xterm.getAttribute('data-pid');
    await xterm.getByRole('button', { name: `End process ${pid}` }).click();
    await page.locator(`li[data-pid="${pid}"]`).waitFor({ state: 'detached' });
    await page.getByLabel('A note to the model').fill('I signed you in as wren');
    await page.getByRole('button', { name: 'Give back to the agent' }).click();
    const run = await world.controller.ended(runId);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'signed in']);
    const facts = (await world.controller.events(runId)).map(({ fact }) => fact);
    assert.equal(facts.filter(({ type }) => type === 'action.intended').length, 0, 'nothing that was decided before is done');
    const told = JSON.stringify(world.vendor.asked.at(-1));
    assert.match(told, /A person was in control of this desktop .*(typed|pressed keys) .*I signed you in as wren/);
    assert.ok(!told.includes(secret) && !JSON.stringify(facts).includes(secret), 'what was typed is nobody\'s business');
    await page.getByText('The run is over').waitFor();
  });

  it('keeps what is typed in the file of the desktop, whoever else looks on; who looks on can send nothing, and asks for control', async () => {
    const { runId, desktopId, answer } = await withTerminal();
    await using mine = await world.windowOf('operator', `/runs/${runId}`, { name: 'Ann' });
    await using theirs = await world.windowOf('admin', `/runs/${runId}`, { name: 'Ben' });
    for (const window of [mine, theirs]) window.expectProblems(goneMeanwhile);
    await Promise.all([pictureMs(mine.page), pictureMs(theirs.page)]);
    await takeOver(mine);
    await theirs.page.getByText(/^Ann.* is in control$/).first().waitFor();
    assert.equal(await theirs.page.getByRole('button', { name: 'Take over' }).count(), 0);
    await theirs.page.getByRole('button', { name: 'Ask for control' }).click();
    await theirs.page.getByRole('dialog').getByLabel('Reason').fill('I know the password');
    await theirs.page.getByRole('dialog').getByRole('button', { name: 'Ask', exact: true }).click();
    await mine.page.getByText('Ben asks for control').waitFor();
    await mine.page.getByText('I know the password').first().waitFor();

    const code = await forge(theirs.page, desktopId);
    assert.equal(code, 1008, 'a watcher that sends input is shown out');
    await mine.page.locator('[data-mode="control"] canvas').click({ position: { x: 150, y: 120 } });
    await mine.page.keyboard.type(`${secret}\n`);
    await theirs.page.getByRole('button', { name: 'Take it anyway' }).click();
    await theirs.page.getByRole('dialog').getByRole('button', { name: 'Take it', exact: true }).click();
    await theirs.page.getByText('You are in control').waitFor();
    await mine.page.getByText(/^Ben.* is in control$/).first().waitFor();
    await mine.page.getByText('In control', { exact: true }).waitFor({ state: 'detached' });
    await theirs.page.getByRole('button', { name: 'Give back to the agent' }).click();
    await theirs.page.getByText('The agent is in control', { exact: true }).waitFor();
    const typed = await waitFor('the agent is let in again', async () => {
      const response = await world.controller.request('GET', `/api/desktops/${desktopId}/files/typed.txt`);
      return response.ok ? response.text() : undefined;
    });
    assert.equal(typed, `${secret}\n`, 'what the person typed, and nothing that was forged');
    answer([message('thank you')]);
    await world.controller.ended(runId);
  });

  it('fills the screen and goes back, with the keys to the desktop and who is in control in sight; what waits for a person lies over it', async () => {
    const { runId, desktopId, answer } = await withTerminal();
    await using window = await world.windowOf('admin', `/runs/${runId}`, { width: 1440, height: 900 });
    const { page } = window;
    window.expectProblems(goneMeanwhile);
    await pictureMs(page);
    await takeOver(window);
    const frame = page.getByRole('region', { name: 'Desktop', exact: true });
    const before = await frame.boundingBox();
    await page.getByRole('button', { name: 'Full screen', exact: true }).click();
    const leave = frame.getByRole('button', { name: 'Leave full screen' });
    await leave.waitFor();
    const whole = await page.evaluate(() => ({ x: 0, y: 0, width: innerWidth, height: innerHeight }));
    await waitFor('the frame has the whole screen', async () => JSON.stringify(await frame.boundingBox()) === JSON.stringify(whole));
    assert.ok(await frame.getByText('You are in control').isVisible());
    assert.equal(await frame.evaluate((element) => getComputedStyle(element).borderTopWidth), '5px');
    await page.keyboard.type('whole');
    await leave.click();
    const isAsBefore = async () => JSON.stringify(await frame.boundingBox()) === JSON.stringify(before);
    await waitFor('the frame is as before', isAsBefore);
    await page.keyboard.type(` and back\n`);
    await page.getByRole('button', { name: 'Full screen', exact: true }).click();
    await leave.waitFor();
    world.vendor.answers.push([computerCall('q1', [{ type: 'click', button: 'left', x: 9, y: 9 }], [{ id: 'sc_1', code: 'irreversible', message: 'Really?' }])]);
    const other = await world.controller.post<{ id: string }>('/api/runs', { task: 'Something else', model: 'scripted' });
    await page.locator('[data-dock]').waitFor();
    const dock = await page.locator('[data-dock]').boundingBox() ?? assert.fail('it has no place');
    assert.ok(await page.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.closest('[data-dock]') !== null, { x: dock.x + dock.width / 2, y: dock.y + dock.height / 2 }), 'a question is not hidden by the picture');
    await window.picture('full-screen');
    await leave.click();
    await waitFor('the frame is as before, whatever is asked meanwhile', isAsBefore);
    await world.controller.post(`/api/runs/${other.id}/cancel`);
    await page.locator('[data-dock]').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Give back to the agent' }).click();
    await page.getByText('The agent is in control', { exact: true }).waitFor();
    const typed = await waitFor('the agent is let in again', async () => {
      const response = await world.controller.request('GET', `/api/desktops/${desktopId}/files/typed.txt`);
      return response.ok ? response.text() : undefined;
    });
    assert.equal(withoutRepeats(typed), 'whole and back\n');
    answer([message('thank you')]);
    await world.controller.ended(runId);
  });

  it('stays with the person when the run is stopped, and leads to a pause in the inbox when nobody renews it', async () => {
    const { runId, desktopId } = await withTerminal();
    await using window = await world.windowOf('operator', `/runs/${runId}`);
    window.expectProblems(goneMeanwhile);
    const { page } = window;
    await pictureMs(page);
    await takeOver(window);
    await page.reload();
    await page.getByText('You are in control').waitFor();
    await world.controller.post(`/api/runs/${runId}/cancel`, { reason: 'not needed' });
    await page.getByText('the desktop stays with you until you give it back').waitFor();
    await page.locator('[data-mode="control"] canvas').waitFor();
    await page.getByRole('button', { name: 'Give back', exact: true }).first().click();
    await waitFor('the desktop is gone', async () => (await world.controller.request('GET', `/api/desktops/${desktopId}`)).status !== 200 || undefined, 20_000);

    const second = await withTerminal();
    const { lease } = await world.controller.post<{ lease: string }>(`/api/desktops/${second.desktopId}/control/take`, { ttlMs: 5000, as: 'Cleo' });
    assert.ok(lease);
    await page.goto(`/runs/${second.runId}`);
    await page.getByText(/^Cleo.* is in control$/).first().waitFor();
    await page.getByText('Paused: nobody acts').waitFor();
    const { items } = await world.controller.get<{ items: InboxItem[] }>('/api/inbox');
    assert.ok(items.some(({ kind, runId: about }) => kind === 'lease_expired' && about === second.runId));
    await page.getByRole('option', { name: /the lease of Cleo.* ended/ }).first().waitFor();
  });
});

/** Types a text key by key; how long each took from the key event in the page to the first change of the picture. */
async function keystrokes(page: Page, text: string): Promise<number[]> {
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('[data-mode="control"] canvas:not([data-frozen])');
    const context = canvas?.getContext('2d');
    const watch = globalThis as unknown as { shownAfter: number[] };
    watch.shownAfter = [];
    const read = () => new Uint32Array(context?.getImageData(0, 0, 520, 340).data.buffer ?? new ArrayBuffer(0));
    addEventListener('keydown', () => {
      const before = read();
      const from = performance.now();
      const look = () => {
        const after = read();
        if (after.some((pixel, place) => pixel !== before[place])) watch.shownAfter.push(performance.now() - from);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true });
  });
  for (const [index, key] of [...text].entries()) {
    await page.keyboard.press(key);
    await page.waitForFunction((count) => (globalThis as unknown as { shownAfter: number[] }).shownAfter.length > count, index);
  }
  return page.evaluate(() => (globalThis as unknown as { shownAfter: number[] }).shownAfter);
}

/** Opens a view of the page's own and sends key and pointer messages, as a client would that heeds nothing. Resolves with the code it was closed with. */
async function forge(page: Page, desktopId: string): Promise<number> {
  return page.evaluate(async (desktop) => {
    const headers = { 'content-type': 'application/json', 'x-vitrine': '1' };
    const { ticket } = (await (await fetch('/api/tickets', { method: 'POST', headers, body: JSON.stringify({ for: 'view', desktop, mode: 'view' }) })).json()) as { ticket: string };
    const socket = new WebSocket(`ws://${location.host}/api/desktops/${desktop}/view`, ['vitrine.v1', `ticket.${ticket}`]);
    socket.binaryType = 'arraybuffer';
    let step = 0;
    return new Promise<number>((resolve) => {
      socket.addEventListener('close', ({ code }) => resolve(code));
      socket.addEventListener('message', () => {
        step += 1;
        if (step === 1) socket.send('RFB 003.008\n'.split('').reduce((bytes, character, index) => (bytes[index] = character.charCodeAt(0), bytes), new Uint8Array(12)));
        if (step === 2) socket.send(new Uint8Array([1]));
        if (step === 3) socket.send(new Uint8Array([1]));
        if (step !== 4) return;
        socket.send(new Uint8Array([5, 1, 0, 150, 0, 120, 5, 0, 0, 150, 0, 120]));
        socket.send(new Uint8Array([4, 1, 0, 0, 0, 0, 0, 0x78, 4, 0, 0, 0, 0, 0, 0, 0x78, 4, 1, 0, 0, 0, 0, 0xff, 0x0d]));
      });
    });
  }, desktopId);
}
