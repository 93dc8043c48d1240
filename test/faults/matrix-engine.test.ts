import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { row } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import { PrivateEngine } from './matrix/private-engine.ts';
import type { RowName } from './matrix/rows.ts';
import { World } from './matrix/world.ts';

describe('the fault matrix: the engine', () => {
  let engine: PrivateEngine;
  let world: World;
  before(async () => {
    engine = await PrivateEngine.make('vitrine-desktop:latest');
    world = await World.start({ engine: engine.url });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  const clicked = (): PlannedTurn => ({ actions: [click()] });

  /** A run whose model thinks between its clicks. */
  const thinking = () => world.thinking([clicked(), clicked(), clicked()]);

  row('the engine hangs for a while', () => world, async () => {
    const { run, goOn } = await thinking();
    engine.signal('SIGSTOP');
    const begunAt = performance.now();
    assert.equal((await world.controller.request('GET', '/healthz')).status, 200);
    const ready = await world.controller.request('GET', '/readyz');
    const ms = Math.round(performance.now() - begunAt);
    assert.equal(ready.status, 503);
    assert.ok(ms < 10_000, `${ms} ms`);
    goOn();
    engine.signal('SIGCONT');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return `readyz says so after ${ms} ms, the API answers; the run ended well`;
  });

  /** The engine ends and comes back; its containers live on. */
  function survives(name: RowName, signal: 'SIGTERM' | 'SIGKILL'): void {
    row(name, () => world, async () => {
      const { run, goOn } = await thinking();
      await engine.stop(signal);
      await engine.start(true);
      goOn();
      const { state, failure } = await world.controller.ended(run.id);
      assert.equal(state, 'succeeded', failure?.message ?? state);
      return 'the desktop lived on, was reached again, and the run ended well';
    });
  }

  /** The engine ends and takes its containers with it. */
  function loses(name: RowName, signal: 'SIGTERM' | 'SIGKILL'): void {
    row(name, () => world, async () => {
      const { run } = await thinking();
      await engine.stop(signal);
      await engine.start(false);
      const { state, failure } = await world.controller.ended(run.id);
      assert.deepEqual([state, failure?.code], ['failed', 'desktop_lost']);
      const next = await world.give([clicked()]);
      assert.equal((await world.controller.ended(next.id)).state, 'succeeded');
      return 'failed: desktop_lost; its container removed, the next run got a desktop';
    });
  }

  loses('the engine is restarted and takes its containers along', 'SIGTERM');
  loses('the engine is killed and takes its containers along', 'SIGKILL');

  row('the engine learns to keep its containers', () => world, async () => {
    await engine.stop('SIGTERM');
    await engine.start(true);
    const run = await world.give([clicked()], { on: await world.desktop() });
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return 'a run as ever';
  });

  survives('the engine is restarted, its containers live on', 'SIGTERM');
  survives('the engine is killed, its containers live on', 'SIGKILL');
});
