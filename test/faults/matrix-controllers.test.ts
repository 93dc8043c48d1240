import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import { click, letters } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import { environmentFor, World } from './matrix/world.ts';

const stallMs = 4000;

describe('the fault matrix: the controller\'s process', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world[Symbol.asyncDispose]());

  const clicked = (): PlannedTurn => ({ actions: [click()] });
  const typed = (count: number): PlannedTurn => ({ actions: [{ type: 'type', text: letters(count) }] });

  /** A run whose model thinks between its two clicks. */
  const thinking = () => world.thinking([clicked(), clicked()]);

  /** A run that is in the middle of typing. */
  async function typing(count = 5000) {
    const desktop = await world.desktop();
    const run = await world.give([clicked(), typed(count), clicked()], { on: desktop });
    await waitFor('the first letters are typed', async () => (await desktop.count('keydown')) > 20, 30_000);
    return { desktop, run };
  }

  /** A second process on the same data folder, as the same installation. */
  const second = () => ControllerProcess.start({ ...environmentFor(world.vendor), VITRINE_DATA: world.controller.dataFolder, VITRINE_INSTALL_ID: world.controller.installId });

  function removeLock(): void {
    for (const name of readdirSync(world.controller.dataFolder)) if (name.startsWith('lock.sqlite')) rmSync(join(world.controller.dataFolder, name));
  }

  row('two controllers on one folder', () => world, async () => {
    const { run, goOn } = await thinking();
    await assert.rejects(second(), /another controller uses the data folder/);
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return 'the second refuses to start; the first goes on';
  });

  row('two controllers, the lock removed', () => world, async () => {
    const { run, goOn } = await thinking();
    removeLock();
    const newer = await second();
    await waitFor('the newer one asks the model, too', () => world.vendor.questions(run.plan).length === 3);
    goOn();
    const { state, failure } = await newer.ended(run.id);
    assert.equal(state, 'succeeded', failure?.message ?? state);
    assert.equal((await world.controller.request('POST', '/api/desktops', {})).status, 503, 'I7: the older one may do nothing any more');
    await backToOne(newer);
    return 'the newer one goes on with the run; the older is fenced by journal and shim';
  });

  row('a controller sleeps while another takes over', () => world, async () => {
    const { run, goOn } = await thinking();
    world.controller.signal('SIGSTOP');
    removeLock();
    const newer = await second();
    goOn();
    assert.equal((await newer.ended(run.id)).state, 'succeeded');
    const next = await newer.post<{ id: string }>('/api/runs', { task: world.vendor.plan([clicked()]).task, model: 'planned', desktopId: (await world.desktopId()) });
    world.watch(next.id);
    assert.equal((await newer.ended(next.id)).state, 'succeeded');
    world.controller.signal('SIGCONT');
    await waitFor('the sleeper learns of it', async () => (await world.controller.request('POST', '/api/desktops', {})).status === 503, 30_000);
    await pause(500); // time in which it could do harm: the witness says whether it did
    assert.deepEqual((await newer.get<{ desktops: DesktopView[] }>('/api/desktops')).desktops.map(({ state }) => state), ['ready'], 'it removed no desktop');
    await backToOne(newer);
    return 'the sleeper is fenced when it wakes: nothing of it was accepted';
  });

  /** Ends both processes and goes on with one. */
  async function backToOne(newer: ControllerProcess): Promise<void> {
    await world.controller.kill('SIGKILL');
    await newer.kill('SIGKILL');
    await newer[Symbol.asyncDispose]();
    await world.controller.startAgain();
  }

  row('the controller stands still for a while', () => world, async () => {
    const { run } = await typing();
    world.controller.signal('SIGSTOP');
    await pause(stallMs);
    world.controller.signal('SIGCONT');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return `${stallMs} ms without a turn of the event loop: typed once, whole`;
  });

  row('the controller may open no more files', () => world, async () => {
    const { run, goOn } = await thinking();
    const { pid } = world.controller;
    const openFiles = () => readdirSync(`/proc/${pid}/fd`).length;
    const limit = openFiles() + 4;
    const before = limitFiles(pid, limit);
    const { hostname, port } = new URL(world.controller.url);
    const stopTaking = takeConnections(Number(port), hostname, 40);
    await waitFor('no file can be opened', () => openFiles() >= limit);
    goOn();
    await pause(1500);
    assert.equal((await world.controller.run(run.id).catch(() => undefined))?.endedAt ?? null, null, 'it cannot have ended: no picture could be kept');
    stopTaking();
    limitFiles(pid, before);
    const { state, failure } = await world.controller.ended(run.id);
    assert.equal(state, 'succeeded', failure?.message ?? state);
    assert.equal(world.controller.pid, pid, 'the same process');
    return 'nothing lost; the run went on when files could be opened again';
  });

  row('the controller has little memory', () => world, async () => {
    await world.controller.kill('SIGTERM');
    await world.controller.startAgain({ ...environmentFor(world.vendor), NODE_OPTIONS: '--max-old-space-size=96' });
    const run = await world.give(Array.from({ length: 12 }, clicked), { on: await world.desktop() });
    const page = await Promise.all(Array.from({ length: 10 }, () => world.controller.request('GET', '/api/events?limit=1000').then((answer) => answer.text())));
    assert.ok(page.every((text) => text.length > 0));
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.equal((await world.controller.request('GET', `/api/runs/${run.id}/replay`)).status, 200);
    await world.controller.kill('SIGTERM');
    await world.controller.startAgain(environmentFor(world.vendor));
    return 'a heap of 96 MiB: 12 steps, a replay, no crash';
  });

  row('SIGTERM under load', () => world, async () => {
    const { run } = await typing();
    const [code, ms] = await timed(() => world.controller.kill('SIGTERM'));
    assert.equal(code, 0);
    assert.ok(ms < 30_000, `${ms} ms`);
    await world.controller.startAgain();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return `ended in order after ${ms} ms; the run went on`;
  });

  row('SIGTERM twice', () => world, async () => {
    const { run } = await typing(15_000);
    world.controller.signal('SIGTERM');
    await pause(200);
    const [code, ms] = await timed(() => world.controller.kill('SIGTERM'));
    assert.equal(code, 1);
    assert.ok(ms < 3000, `${ms} ms`);
    await world.controller.startAgain();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return `ended at once (${ms} ms); the run went on`;
  });

  async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
    const begunAt = performance.now();
    return [await work(), Math.round(performance.now() - begunAt)];
  }
});

/** Sets how many files a process may have open; returns how many it was before. */
function limitFiles(pid: number, count: number): number {
  const before = execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--output', 'SOFT', '--noheadings'], { encoding: 'utf8' });
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
  return Number(before.trim());
}

/** Holds connections, each opened again as soon as it is closed: what the controller gives up is taken at once. Returns how to stop. */
function takeConnections(port: number, hostname: string, count: number): () => void {
  const sockets = new Set<Socket>();
  let isTaking = true;
  const take = () => {
    const socket = connect(port, hostname).on('error', () => {});
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (isTaking) take();
    });
  };
  for (let taken = 0; taken < count; taken += 1) take();
  return () => {
    isTaking = false;
    for (const socket of sockets) socket.destroy();
  };
}
