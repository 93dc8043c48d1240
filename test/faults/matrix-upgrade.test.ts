import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from '../../controller/runs/run.ts';
import { isFull, row } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import { World } from './matrix/world.ts';

const firstSchema = join(import.meta.dirname, '../journal/fixtures/schema-1.sql');

describe('the fault matrix: upgrades, and everything at once', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world[Symbol.asyncDispose]());

  const clicks = (count: number) => Array.from({ length: count }, () => ({ actions: [click()] }));

  row('a newer program on a journal of the first schema', () => world, async () => {
    const { dataFolder } = world.controller;
    await world.controller.kill('SIGTERM');
    for (const name of readdirSync(dataFolder)) if (name.startsWith('journal.sqlite')) rmSync(join(dataFolder, name));
    const database = new DatabaseSync(join(dataFolder, 'journal.sqlite'));
    database.exec(readFileSync(firstSchema, 'utf8'));
    const before = database.prepare('SELECT run_id AS id, state, is_over FROM runs').all();
    const quarantined = String(before.find(({ state }) => state === 'awaitingSafetyAck')?.['id']);
    database.prepare(`UPDATE runs SET snapshot = json_set(snapshot, '$.machineVersion', 99) WHERE run_id = ?`).run(quarantined);
    database.close();
    await world.controller.startAgain();
    for (const { id, is_over: isOver } of before) {
      world.watch(String(id));
      const run: Run = isOver === 1 ? await world.controller.run(String(id)) : await world.controller.ended(String(id), 20_000);
      if (String(id) === quarantined) assert.deepEqual([run.state, run.failure?.code], ['failed', 'internal']);
    }
    const states = await Promise.all(before.map(async ({ id, state }) => `${String(state)} → ${(await world.controller.run(String(id))).state}`));
    const next = await world.give(clicks(1));
    assert.equal((await world.controller.ended(next.id)).state, 'succeeded');
    return `${states.join(', ')}; a run of an unknown version failed alone; new runs as ever`;
  });

  row('random faults, one after another', () => world, async () => {
    const seed = Number(process.env['VITRINE_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    const random = randomFrom(seed);
    const desktop = await world.desktop();
    const run = await world.give(clicks(isFull ? 400 : 40), { on: desktop, budgets: { maxSteps: 1000 } });
    const faults: Record<string, () => Promise<unknown>> = {
      'shim killed': () => desktop.signal('warden', 'KILL', '/opt/vitrine/shim/main.cjs'),
      'hands killed': () => desktop.signal('agent', 'KILL', '/opt/vitrine/hands/main.cjs'),
      'container paused': async () => {
        await desktop.docker('pause', desktop.containerId);
        await pause(300);
        await desktop.docker('unpause', desktop.containerId);
      },
      'controller killed': async () => {
        await world.controller.kill('SIGKILL');
        await world.controller.startAgain();
      },
    };
    const names = Object.keys(faults);
    const happened: string[] = [];
    while ((await world.controller.run(run.id)).endedAt === null && happened.length < (isFull ? 60 : 6)) {
      const name = names[Math.floor(random() * names.length)] ?? '';
      await pause(200 + 800 * random());
      // The warden starts a shim six times a minute and no more: that is its promise, not what is tested here.
      if (name === 'shim killed' && happened.filter((one) => one === name).length >= 3 && !isFull) continue;
      await faults[name]?.();
      happened.push(name);
    }
    const { state, failure } = await world.controller.ended(run.id, 240_000);
    assert.equal(state, 'succeeded', `seed ${seed}, ${happened.join(', ')}: ${failure?.message}`);
    const files = readdirSync(`/proc/${world.controller.pid}/fd`).length;
    assert.ok(files < 100, `${files} files are open`);
    return `seed ${seed}: ${happened.join(', ')}; ended well, ${files} files open`;
  });
});

/** A generator of numbers from 0 to 1 that begins with a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
