import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { dockerLauncher } from '../../../controller/launcher/docker-launcher.ts';
import { desktopRecipe } from '../../../controller/launcher/image-recipe.ts';
import { serveLauncher } from '../../../controller/launcher/launcher-server.ts';
import type { RunEvent } from '../../../controller/runs/run-event.ts';
import type { Run } from '../../../controller/runs/run.ts';
import { message } from '../../support/scripted-vendor.ts';
import { waitFor } from '../../support/wait-for.ts';
import { assertAccessible } from '../support/accessible.ts';
import { ConsoleWorld } from '../support/console-world.ts';

const tag = `vitrine-desktop:test-console-${process.pid}`;
/** Steps that take a moment each, on the image of set-up: what comes of them is a desktop like any other. */
const good = ['FROM vitrine-desktop:latest', 'USER root', ...[1, 2, 3, 4].map((part) => `RUN echo part ${part} ${process.pid} && sleep 1.5`), 'USER 10002:10002', ''].join('\n');
const failing = 'FROM vitrine-desktop:latest\nRUN echo "no package of that name" && exit 100\n';
const endless = `FROM vitrine-desktop:latest\nRUN echo waiting ${process.pid} && sleep 600\n`;

describe('the desktop\'s image in the console', () => {
  let folder: string;
  let world: ConsoleWorld;
  let launcher: AsyncDisposable;
  const dockerfile = (text: string) => writeFile(join(folder, 'sandbox-image/Dockerfile'), text);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-test-recipe-'));
    await mkdir(join(folder, 'sandbox-image'));
    await dockerfile(failing);
    const recipe = { ...desktopRecipe(tag, {}, folder), inputs: ['sandbox-image'], bases: [] };
    const socket = join(folder, 'launcher.sock');
    launcher = await serveLauncher(dockerLauncher({ recipe }), socket, 0o600);
    world = await ConsoleWorld.start({ VITRINE_LAUNCHER: `unix://${socket}`, VITRINE_DESKTOP_IMAGE: tag });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await launcher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    execFileSync('docker', ['image', 'rm', '--force', tag], { stdio: 'ignore' });
  });

  it('is asked for where it is missing, of who may build it; who may not reads whom to ask', async () => {
    await using window = await world.windowOf('viewer');
    const { page } = window;
    await page.getByRole('heading', { name: 'The desktop\'s image is missing' }).waitFor();
    await page.getByText('Whoever administers Vitrine can build it').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Build it' }).count(), 0);
    const { status } = await fetch(`${world.controller.url}/api/image/build`, { method: 'POST', headers: { authorization: `Bearer ${await world.tokenOf('operator')}` } });
    assert.equal(status, 403);
  });

  it('that cannot be built says why, and is tried again', async () => {
    await using window = await world.windowOf('admin', '/', { colours: 'light' });
    const { page } = window;
    await page.getByRole('button', { name: 'Build it' }).click();
    await page.getByRole('heading', { name: 'The desktop\'s image could not be built' }).waitFor();
    await page.getByText('exit code: 100').first().waitFor();
    assert.match(await page.getByLabel('Output of the build').innerText(), /^no package of that name$/m);
    await assertAccessible(page);
    await window.picture('image-failed');
    await dockerfile(endless);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Cancel the build' }).click();
    await page.getByText('Its build was cancelled').waitFor();
  });

  it('is built by a click, is seen to be, and lets what waited for it begin', async () => {
    await dockerfile(good);
    await using window = await world.windowOf('admin');
    window.expectProblems(/status of (404|409|410).*\/thumbnail/);
    const { page } = window;
    await page.getByRole('button', { name: 'Build it' }).click();
    const bar = page.getByRole('progressbar', { name: 'Build of the desktop\'s image' });
    await bar.waitFor();
    world.vendor.answers.push([message('It was worth waiting')]);
    const { controller } = world;
    const run = await controller.post<Run>('/api/runs', { task: 'Say something', model: 'scripted' });
    const seen = new Set<number>();
    await waitFor('the bar to move', async () => {
      const value = await bar.evaluate((element: HTMLProgressElement) => element.value, undefined, { timeout: 1000 }).catch(() => undefined);
      if (value !== undefined) seen.add(value);
      return seen.size >= 2;
    }, 60_000);
    await page.reload();
    await page.getByRole('heading', { name: 'The desktop\'s image is being built' }).waitFor();
    await page.getByText('Output', { exact: true }).click();
    await assertAccessible(page);
    await window.picture('image-build');
    await page.getByRole('heading', { name: 'The desktop\'s image is there' }).waitFor({ timeout: 60_000 });
    const done = await controller.until(run.id, ({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state));
    assert.deepEqual([done.state, done.answer], ['succeeded', 'It was worth waiting'], JSON.stringify(done.failure));
    const events: RunEvent[] = await controller.events(run.id);
    const waits = events.flatMap(({ fact }) => (fact.type === 'desktop.waits' ? [fact.reason] : []));
    assert.ok(waits.length > 0 && waits.every((reason) => /^the desktop's image is being built(, step \d+ of \d+)?$/.test(reason)), waits.join(' | '));
    await page.goto('/settings');
    await page.getByText('as Vitrine has it').waitFor();
    await assertAccessible(page);
  });
});
