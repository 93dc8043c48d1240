import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { Run } from '../../controller/runs/run.ts';
import { waitFor } from '../support/wait-for.ts';
import { rowsOf } from './matrix/evidence.ts';
import { row } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import { environmentFor, World } from './matrix/world.ts';

/** A disk with room for the reserve, twice, and little more. */
const diskMb = 44;
const busyForLongMs = 4000;

describe('the fault matrix: disk and database', () => {
  let world: World;
  before(async () => {
    world = await World.start({ environment: { VITRINE_MIN_FREE_MB: '1' } });
    await world.controller.kill('SIGTERM');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m,mode=0700`, 'tmpfs', world.controller.dataFolder]);
    await world.controller.startAgain(environmentFor(world.vendor, { VITRINE_MIN_FREE_MB: '1' }));
  });
  after(async () => {
    // While the folder is there: the way to the launcher lies in it.
    for (const { id } of (await world.controller.get<{ desktops: DesktopView[] }>('/api/desktops')).desktops) await world.controller.request('DELETE', `/api/desktops/${id}`);
    await world.controller.kill('SIGTERM');
    execFileSync('umount', ['--lazy', world.controller.dataFolder]);
    await world[Symbol.asyncDispose]();
  });

  const clicked = (): PlannedTurn => ({ actions: [click()] });
  const file = () => join(world.controller.dataFolder, 'journal.sqlite');

  const thinking = (clicks = 3) => world.thinking(Array.from({ length: clicks }, clicked));

  async function succeeds(run: Run): Promise<void> {
    const { state, failure } = await world.controller.ended(run.id);
    assert.equal(state, 'succeeded', failure?.message ?? state);
  }

  row('the disk is full', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    const filler = join(world.controller.dataFolder, 'filler');
    fill(filler);
    goOn();
    const refused = await waitFor('new work is refused', async () => {
      const response = await world.controller.request('POST', '/api/runs', { task: 'Do more', model: 'planned', desktopId: desktop.id });
      return response.status === 503 && response.json() as Promise<{ error: { message: string } }>;
    });
    assert.match(refused.error.message, /disk .* is full|disk space/);
    const ready = await world.controller.request('GET', '/readyz');
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), new RegExp(world.controller.dataFolder));
    assert.equal((await world.controller.request('GET', `/api/runs/${run.id}`)).status, 200, 'what there is can be read');
    rmSync(filler);
    await succeeds(run);
    await waitFor('work is accepted again', async () => (await world.controller.request('GET', '/readyz')).status === 200, 30_000);
    return '503 that names the folder, reading goes on; the run went on when there was room';
  });

  row('the disk has no room for pictures', () => world, async () => {
    const { run, goOn } = await thinking();
    const folder = join(world.controller.dataFolder, 'frames', run.id);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=0700', 'tmpfs', folder]);
    goOn();
    await waitFor('a picture could not be kept', () => world.controller.log.some((line) => line.includes('a picture could not be kept')));
    const { steps } = await world.controller.run(run.id);
    execFileSync('umount', ['--lazy', folder]);
    await succeeds(run);
    assert.equal(steps, 1, 'I2: no outcome is told whose picture is not there');
    return 'the outcome waited for its picture; the run went on';
  });

  row('the database is locked for a moment', () => world, async () => {
    const { run, goOn } = await thinking();
    const lock = locked();
    goOn();
    await pause(300);
    lock.close();
    await succeeds(run);
    return 'waited 300 ms; nothing refused';
  });

  row('the database is locked for long', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    const lock = locked();
    goOn();
    const begunAt = performance.now();
    const response = await world.controller.request('POST', `/api/desktops/${desktop.id}/actions`, { actions: [click()] });
    assert.equal(response.status, 409, 'the desktop is the run\'s');
    const refused = await world.controller.request('POST', `/api/runs/${run.id}/messages`, { text: 'hello' });
    const ms = Math.round(performance.now() - begunAt);
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /another process holds the database/);
    await pause(busyForLongMs);
    assert.equal((await world.controller.request('GET', `/api/runs/${run.id}`)).status, 200, 'what there is can be read');
    lock.close();
    await succeeds(run);
    assert.equal((await world.controller.events(run.id)).filter(({ fact }) => fact.type === 'note.added').length, 0, 'I2 the other way: what was refused is not there');
    return `503 after ${ms} ms, reading goes on; the run went on afterwards`;
  });

  /** Another process' hold on the database: this one's. */
  function locked(): DatabaseSync {
    const other = new DatabaseSync(file());
    other.exec('BEGIN IMMEDIATE');
    return other;
  }

  row('the power goes', () => world, async () => {
    const { run, goOn } = await thinking(8);
    goOn();
    const images: { readonly folder: string; readonly acknowledged: number }[] = [];
    const begunAt = performance.now();
    while (images.length < 12 && performance.now() - begunAt < 4000) {
      const acknowledged = (await world.controller.events(run.id)).at(-1)?.sequence ?? 0;
      images.push({ folder: crashImage(images.length), acknowledged });
    }
    await succeeds(run);
    for (const { folder, acknowledged } of images) {
      const journal = openJournal(folder);
      journal.close();
      const last = Number(rowsOf(folder, 'SELECT max(sequence) AS last FROM events')[0]?.['last']);
      assert.ok(last >= acknowledged, `I2: event ${acknowledged} was told before the copy, which ends with ${last}`);
      rmSync(folder, { recursive: true });
    }
    return `${images.length} copies of database and log in mid-run: all open, none lacks what was acknowledged`;
  });

  /** What a disk would hold if the power went now. The log first: what it holds and the database lacks is replayed, not the other way round. */
  function crashImage(index: number): string {
    const folder = mkdtempSync(join(tmpdir(), `vitrine-power-${index}-`));
    copyFileSync(file(), join(folder, 'journal.sqlite'));
    if (existsSync(`${file()}-wal`)) copyFileSync(`${file()}-wal`, join(folder, 'journal.sqlite-wal'));
    return folder;
  }

  row('the database is damaged', () => world, async () => {
    const { run, goOn } = await thinking();
    await world.controller.kill('SIGTERM');
    const whole = readFileSync(file());
    const bytes = Buffer.from(whole);
    bytes.fill(0xa5, 4096, Math.min(bytes.length, 3 * 4096));
    writeFileSync(file(), bytes);
    await assert.rejects(world.controller.startAgain(), /the journal .* is damaged .*restore a backup/);
    assert.deepEqual(readFileSync(file()), bytes, 'the file was left as it is');
    writeFileSync(file(), whole);
    await world.controller.startAgain();
    goOn();
    await succeeds(run);
    return 'refuses to start, says why and what to do, touches nothing';
  });
});

/** Writes until there is no room left. */
function fill(path: string): void {
  const filler = openSync(path, 'w');
  try {
    for (const size of [2 ** 20, 4096]) {
      const block = Buffer.alloc(size, 1);
      for (;;) {
        try {
          if (writeSync(filler, block) < size) break;
        } catch {
          break; // ENOSPC: this is what it is for
        }
      }
    }
  } finally {
    closeSync(filler);
  }
  if (statSync(path).size === 0) throw new Error(`${path} could not be filled`);
}
