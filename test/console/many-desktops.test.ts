import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { label } from '../../controller/launcher/labels.ts';
import { waitFor } from '../support/wait-for.ts';
import { ConsoleWorld } from './support/console-world.ts';
import { calmest, scrollThrough, watchThumbnails, wordsOfSmoothness } from './support/smoothness.ts';

const run = promisify(execFile);
const isFull = process.env['VITRINE_TEST_FULL'] === '1';
/** As many as are wanted; one more fails to launch where the engine is full, and what is there is measured. */
const wanted = Number(process.env['VITRINE_TEST_DESKTOPS'] ?? 50);
const fewest = Math.min(wanted, 20);
const watchMs = 20_000;
const minute = 60_000;

describe('as many real desktops as there is room for', { skip: isFull ? false : 'fifty desktops take ten minutes and most of the memory: VITRINE_TEST_FULL=1' }, () => {
  it('are shown live and scrolled through smoothly', { timeout: 40 * minute }, async () => {
    await using world = await ConsoleWorld.start({ VITRINE_MAX_DESKTOPS: String(wanted), VITRINE_DESKTOP_MEMORY_MB: '512', VITRINE_DESKTOP_CPUS: '0.5' });
    const { controller } = world;
    const began = performance.now();
    const ids: string[] = [];
    let problem = '';
    const launch = async () => {
      while (ids.length < wanted && problem === '') {
        try {
          const { id } = await controller.post<DesktopView>('/api/desktops', { display: { width: 640, height: 400 } });
          ids.push(id);
          // Something that changes once a second, so that every picture is a new one.
          await controller.post(`/api/desktops/${id}/programs`, { argv: ['sh', '-c', 'setsid xterm -geometry 60x18+10+10 -e sh -c "while :; do date; sleep 1; done" >/dev/null 2>&1 &'] });
        } catch (error) {
          problem = String(error);
        }
      }
    };
    await Promise.all([launch(), launch()]);
    const launched = (performance.now() - began) / 1000;
    console.log(`${ids.length} desktops of 640x400 were launched in ${launched.toFixed(0)} s, two at a time${problem === '' ? '' : `; then: ${problem}`}`);
    assert.ok(ids.length >= fewest, problem);
    console.log(`memory: ${await containersMiB(controller.installId)} MiB in containers, the controller ${rssMiB(controller.pid)} MiB`);

    await using window = await world.windowOf('operator', '/', { width: 1920, height: 1080 });
    const { page } = window;
    const shown = page.locator('[data-session] canvas:not([hidden])');
    // A wall on which all of them are in sight at once.
    await page.setViewportSize({ width: 1920, height: 6400 });
    const pictures = watchThumbnails(page);
    const opened = performance.now();
    await page.goto('/');
    await waitFor('every picture is there', async () => (await shown.count()) === ids.length, 120_000);
    console.log(`all ${ids.length} pictures are there ${((performance.now() - opened) / 1000).toFixed(1)} s after the page was opened`);
    await traffic('all in sight', pictures, controller.pid);
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.evaluate(() => scrollTo(0, 0));
    await traffic('what a screen of 1920x1080 shows in sight', pictures, controller.pid);
    const smooth = await calmest(3, () => scrollThrough(page));
    console.log(`scrolled through: ${wordsOfSmoothness(smooth)}`);
    assert.ok(smooth.cpuMs < 33, wordsOfSmoothness(smooth));
    await window.picture('many-desktops');
  });
});

/** What the pictures cost for a while. */
async function traffic(what: string, pictures: ReturnType<typeof watchThumbnails>, pid: number): Promise<void> {
  pictures.take();
  const [began, cpuBefore] = [performance.now(), cpuSeconds(pid)];
  await waitFor('a while has passed', () => performance.now() - began > watchMs, watchMs + minute);
  const seconds = (performance.now() - began) / 1000;
  const { answers, pictures: fresh, bytes } = pictures.take();
  const cpu = cpuSeconds(pid) - cpuBefore;
  console.log(`${what}: ${(answers / seconds).toFixed(1)} answers a second, ${(fresh / seconds).toFixed(1)} of them pictures, ${(bytes / seconds / 1024).toFixed(0)} KiB/s; the controller used ${((100 * cpu) / seconds).toFixed(0)} % of a core`);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rssMiB(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

async function containersMiB(installId: string): Promise<number> {
  const { stdout: ids } = await run('docker', ['ps', '-q', '--filter', `label=${label.install}=${installId}`]);
  const { stdout } = await run('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', ...ids.trim().split('\n')]);
  const units: Readonly<Record<string, number>> = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return Math.round(stdout.trim().split('\n').reduce((sum, line) => {
    const [, amount = '0', unit = 'MiB'] = /^([\d.]+)([KMG]iB)/.exec(line) ?? [];
    return sum + Number(amount) * (units[unit] ?? 0);
  }, 0));
}
