import assert from 'node:assert/strict';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { filmOf } from '../../controller/api/replay/film.ts';
import type { Film } from '../../controller/api/replay/film-shape.ts';
import type { Run } from '../../controller/runs/run.ts';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';
import { longFilm } from './support/long-film.ts';
import { picturePixels, shownPixels } from './support/pixels-on-page.ts';

describe('replay', () => {
  let world: ConsoleWorld;
  let run: Run;
  let events: RunEvent[];
  let film: Film;
  before(async () => {
    world = await ConsoleWorld.start();
    const { controller } = world;
    const { id } = await controller.post<Run>('/api/runs', { task: "Run a Python script that prints 'Hello from computer use'", model: 'rehearsal' });
    run = await controller.ended(id);
    events = await controller.events(id);
    film = await filmOf(run, events);
  });
  after(() => world[Symbol.asyncDispose]());

  const path = () => `/runs/${run.id}/replay`;
  const pictureOf = async (frameId: string) => Buffer.from(await (await world.controller.request('GET', `/api/runs/${run.id}/frames/${frameId}`)).arrayBuffer());
  /** The actions that have a frame of their own, told by the journal. */
  const acted = () => events.flatMap(({ sequence, fact }) => (fact.type === 'action.ended' && fact.frameId !== null && fact.outcome.effect.kind === 'changed' ? [{ sequence, frameId: fact.frameId }] : []));
  const counter = (page: Page) => page.getByText(/^\d+ \/ \d+$/);
  const atStep = (page: Page, step: number) => page.getByText(`${step} / ${film.beats.length}`, { exact: true }).waitFor();

  it('scrubbed to a step shows exactly that step\'s frame', async () => {
    await using window = await world.windowOf('viewer', path());
    const { page } = window;
    const slider = page.getByRole('slider', { name: 'Position in the run' });
    const { x, y, width, height } = await slider.boundingBox() ?? assert.fail('the scrubber has no place');
    const seen = new Set<string>();
    for (const { sequence, frameId } of acted()) {
      const scene = film.scenes.findIndex((each) => each.sequence === sequence);
      const beat = film.beats.findIndex((each) => each.scene === scene && each.phase === 'after');
      await page.mouse.move(x + 2, y + height / 2);
      await page.mouse.down();
      // Somewhere on the strip that beat lies: it is drawn back and forth, by halves, until its step shows.
      for (let low = 0, high = 1, shown = 1; shown !== beat + 1 && high - low > 1e-4;) {
        const middle = (low + high) / 2;
        await page.mouse.move(x + width * middle, y + height / 2);
        shown = Number(await slider.getAttribute('aria-valuenow'));
        if (shown > beat + 1) high = middle;
        else low = middle;
      }
      await page.mouse.up();
      await atStep(page, beat + 1);
      const shown = await shownPixels(page, frameId);
      assert.equal(shown, await picturePixels(page, await pictureOf(frameId)));
      assert.match(shown, /^1280x800 /);
      seen.add(shown);
    }
    assert.ok(seen.size >= 2, `${seen.size} different frames were compared`);
  });

  it('goes by keys: steps, turns, ends, playing, search; and Enter presses nothing', async () => {
    await using window = await world.windowOf('viewer', path());
    const { page } = window;
    await atStep(page, 1);
    const last = film.beats.length;
    const turnStarts = film.beats.flatMap(({ scene }, index) => (film.scenes[scene]?.turn !== film.scenes[film.beats[index - 1]?.scene ?? -1]?.turn ? [index + 1] : []));
    for (const [key, step] of [['ArrowRight', 2], ['ArrowRight', 3], ['ArrowLeft', 2], ['End', last], ['Enter', last], ['Home', 1], ['Shift+ArrowRight', turnStarts[1]], ['Shift+ArrowRight', turnStarts[2]], ['Shift+ArrowLeft', turnStarts[1]]] as const) {
      await page.keyboard.press(key);
      await atStep(page, step ?? -1);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('+');
    await page.keyboard.press(' ');
    await atStep(page, last);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('succeeded');
    await page.getByText(`1 of ${film.scenes.length}`).waitFor();
    await atStep(page, last);
    assert.equal(await page.getByRole('option').count(), 1);
  });

  it('is linked to by the moment: a new page shows the same', async () => {
    const { sequence, frameId } = acted()[1] ?? assert.fail('the run did too little');
    await using first = await world.windowOf('viewer', `${path()}?at=${sequence}-after`);
    await first.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const shown = await shownPixels(first.page, frameId);
    const step = await counter(first.page).innerText();
    await first.page.getByRole('button', { name: 'Copy link' }).click();
    await first.page.getByText('is in the clipboard').waitFor();
    const link = new URL(await first.page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(link.searchParams.get('at'), `${sequence}-after`);
    await first.page.keyboard.press('Home');
    await atStep(first.page, 1);
    await using second = await world.windowOf('viewer', `${link.pathname}${link.search}`, { name: 'second-viewer' });
    assert.equal(await shownPixels(second.page, frameId), shown);
    assert.equal(await counter(second.page).innerText(), step);
  });

  it('is accessible, dark and light, wide and narrow', async () => {
    for (const look of [{ colours: 'dark', width: 1440, height: 900 }, { colours: 'light', width: 360, height: 800 }] as const) {
      const { sequence } = acted().at(-1) ?? assert.fail('the run did nothing');
      await using window = await world.windowOf('viewer', `${path()}?at=${sequence}`, look);
      await window.page.locator('canvas[data-frame]').waitFor();
      await assertAccessible(window.page);
      if (look.width > 1000) await window.picture('replay');
      else assert.ok(await window.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'something is wider than the window');
    }
  });

  it('exports a page that works from a file, without network and without a word in its console', async () => {
    const { sequence, frameId } = acted().at(-1) ?? assert.fail('the run did nothing');
    await using window = await world.windowOf('viewer', path());
    const download = window.page.waitForEvent('download');
    await window.page.getByRole('button', { name: /^Export HTML/ }).click();
    const file = `${await (await download).path()}.html`;
    await rename(file.slice(0, -5), file);
    await using offline = await world.browser.openWindow('http://offline.invalid');
    const asked: string[] = [];
    offline.page.on('request', (request) => asked.push(request.url().slice(0, 60)));
    await offline.context.setOffline(true);
    await offline.page.goto(`file://${file}#${sequence}-after`);
    assert.equal(await shownPixels(offline.page, frameId), await picturePixels(offline.page, await pictureOf(frameId)));
    await offline.page.keyboard.press('End');
    await atStep(offline.page, film.beats.length);
    await offline.page.getByRole('option').filter({ hasText: 'Succeeded after' }).waitFor();
    await assertAccessible(offline.page);
    assert.deepEqual(asked.filter((url) => !/^(file|data):/.test(url)), []);
  });

  it('stays smooth at a thousand frames: scrubbed, played and searched without a task of 200 ms', async (test) => {
    const long = await longFilm(run, 500);
    const pictures = await Promise.all(acted().map(({ frameId }) => pictureOf(frameId)));
    await using window = await world.windowOf('viewer', '/', { width: 1440, height: 900 });
    const { page } = window;
    await page.route(`**/api/runs/${run.id}/film`, (route) => route.fulfill({ json: long }));
    let asked = 0;
    await page.route(`**/api/runs/${run.id}/frames/*`, (route) => route.fulfill({ contentType: 'image/png', body: pictures[(asked += 1) % pictures.length] ?? Buffer.alloc(0) }));
    await page.goto(path());
    await page.getByText(`1 / ${long.beats.length}`, { exact: true }).waitFor();
    await page.evaluate(watchTasks);
    const slider = page.getByRole('slider', { name: 'Position in the run' });
    const { x, y, width, height } = await slider.boundingBox() ?? assert.fail('the scrubber has no place');
    const longest: number[] = [];
    for (let press = 0; press < 3; press += 1) await page.keyboard.press('+');
    // The machine may do other things as well: what counts is the best of three.
    for (let attempt = 0; attempt < 3 && !longest.some((ms) => ms < 200); attempt += 1) {
      await page.evaluate(() => { (globalThis as unknown as { tasks: number[] }).tasks.length = 0; });
      await page.mouse.move(x + 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + width - 2, y + height / 2, { steps: 80 });
      await page.mouse.move(x + width / 2, y + height / 2, { steps: 40 });
      await page.mouse.up();
      const step = async () => Number(await slider.getAttribute('aria-valuenow'));
      const from = await step();
      await page.keyboard.press(' ');
      await waitFor('ten steps to be played', async () => (await step()) >= from + 10, 30_000);
      await page.keyboard.press(' ');
      await page.keyboard.press('/');
      await page.keyboard.type(`page ${400 + attempt}`);
      await page.getByText(`1 of ${long.scenes.length}`).waitFor();
      await page.keyboard.press('Escape');
      longest.push(Math.max(0, ...await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks)));
    }
    test.diagnostic(`a film of ${Object.keys(long.frames).length} frames and ${long.scenes.length} steps: the longest task was ${Math.min(...longest).toFixed(0)} ms`);
    assert.ok(Math.min(...longest) < 200, `the longest tasks took ${longest.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    assert.ok(await page.getByRole('option').count() < 60, 'only what is visible of the list is drawn');
    await page.keyboard.press('End');
    await page.locator(`canvas[data-frame="${long.beats.at(-1)?.frameId}"]`).waitFor();
  });

  it('says honestly that a frame was not kept', async () => {
    const { sequence, frameId } = acted()[0] ?? assert.fail('the run did nothing');
    const files = await readdir(join(world.controller.dataFolder, 'frames'), { recursive: true });
    const own = files.filter((name) => name.includes(run.id) && name.includes(frameId));
    assert.equal(own.length, 1, files.slice(0, 5).join());
    await rm(join(world.controller.dataFolder, 'frames', own[0] ?? ''));
    await using window = await world.windowOf('viewer', `${path()}?at=${sequence}-after`);
    window.expectProblems(/status of 404/);
    await window.page.getByText('The frame of this moment was not kept.').waitFor();
    await window.page.keyboard.press('End');
    await window.page.locator('canvas[data-frame]').waitFor();
  });
});

/** Begins to note how long each long task of a page takes, in milliseconds. */
function watchTasks(): void {
  const tasks: number[] = [];
  Object.assign(globalThis, { tasks });
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
}
