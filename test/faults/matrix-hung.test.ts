import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { EngineRelay } from './matrix/engine-relay.ts';
import { aloneRow as alone } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import { containersOf } from './matrix/evidence.ts';
import type { World } from './matrix/world.ts';

/** Rows that mostly wait for a deadline: each on a world of its own, all at once. */
describe('the fault matrix: what hangs', { concurrency: true }, () => {
  /** A run in the middle of an action that takes 3 s and whose deadline is 15 s away. */
  async function acting(world: World) {
    const desktop = await world.desktop();
    const run = await world.give([{ actions: [click()] }, { actions: [{ type: 'wait', ms: 3000 }] }], { on: desktop });
    await waitFor('the second action begins', async () => (await world.controller.run(run.id)).state === 'executingAction' && world.vendor.questions(run.plan).length === 2, 60_000);
    return { desktop, run };
  }

  async function failsUnknown(world: World, runId: string, desktopId: string): Promise<string> {
    const { state, failure, endedAt, startedAt } = await world.controller.ended(runId, 100_000);
    assert.deepEqual([state, failure?.code], ['failed', 'desktop_lost']);
    const outcomes = (await world.controller.events(runId)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome.status] : []));
    assert.equal(outcomes.at(-1), 'unknown');
    assert.equal((await world.controller.request('DELETE', `/api/desktops/${desktopId}`)).status, 204);
    return `failed after ${Math.round(((endedAt ?? 0) - (startedAt ?? 0)) / 1000)} s, the action unknown; its desktop could be released`;
  }

  alone('the shim hangs during an action', {}, async (world) => {
    const { desktop, run } = await acting(world);
    await desktop.signal('warden', 'STOP', '/opt/vitrine/shim/main.cjs');
    return failsUnknown(world, run.id, desktop.id);
  });

  alone('the container is paused for good', {}, async (world) => {
    const { desktop, run } = await acting(world);
    await desktop.docker('pause', desktop.containerId);
    return failsUnknown(world, run.id, desktop.id);
  });

  alone('the wire is half-open', { relay: () => EngineRelay.start() }, async (world, relay) => {
    const { desktop, run } = await acting(world);
    Object.assign(relay?.shim.holds ?? {}, { up: true, down: true });
    return failsUnknown(world, run.id, desktop.id);
  });

  alone('the engine answers with anything but an answer', { relay: () => EngineRelay.start() }, async (world, relay) => {
    if (relay === undefined) throw new Error('no relay');
    const run = await world.give([{ actions: [click()] }, { actions: [click()] }], { on: await world.desktop() });
    const goOn = world.vendor.hold(run.plan, 1);
    await waitFor('the model is asked again', () => world.vendor.questions(run.plan).length === 2, 60_000);
    const answers: Record<string, Buffer | 'silence'> = {
      'headers only': Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'),
      'half a body': Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"Version":'),
      'a page': Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n<html>no</html>\r\n'),
      '64 MiB': Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 26}\r\n\r\n`), Buffer.alloc(2 ** 26, 0x20)]),
      'no HTTP': Buffer.from('220 mail.example ESMTP\r\n'),
      silence: 'silence',
    };
    for (const [what, answer] of Object.entries(answers)) {
      relay.interfere = () => answer;
      const begunAt = performance.now();
      const ready = await world.controller.request('GET', '/readyz');
      const ms = performance.now() - begunAt;
      assert.equal(ready.status, 503, what);
      assert.ok(ms < 8000, `${what}: ${ms} ms`);
      assert.equal((await world.controller.request('GET', '/healthz')).status, 200, what);
      await waitFor('the answer is not kept', async () => performance.now() - begunAt > 1100, 5000);
    }
    relay.interfere = () => undefined;
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return `${Object.keys(answers).join(', ')}: readyz says so each time, the API answers; the run ended well`;
  });

  alone('a container is made and does not start', { relay: () => EngineRelay.start() }, async (world, relay) => {
    if (relay === undefined) throw new Error('no relay');
    relay.interfere = (method, path) => (method === 'POST' && /\/containers\/[^/]+\/start/.test(path) ? Buffer.from('HTTP/1.1 500 X\r\ncontent-type: application/json\r\ncontent-length: 33\r\n\r\n{"message":"OCI runtime is gone"}') : undefined);
    const failed = await world.give([{ actions: [click()] }]);
    const { failure } = await world.controller.ended(failed.id);
    assert.equal(failure?.code, 'desktop_failed');
    assert.match(failure.message, /OCI runtime is gone/);
    relay.interfere = () => undefined;
    await waitFor('the container is swept', async () => (await containersOf(world.controller.installId)).length === 0, 30_000);
    const next = await world.give([{ actions: [click()] }]);
    assert.equal((await world.controller.ended(next.id)).state, 'succeeded');
    return 'failed: desktop_failed with the engine\'s words; the container removed, the next run got a desktop';
  });

  alone('a desktop wants out', {}, async (world) => {
    const desktop = await world.desktop();
    const run = await world.give([{ actions: [click()] }], { on: desktop });
    const tried = await desktop.run('agent', 'curl -sS --max-time 5 http://1.1.1.1/ 2>&1; echo "exit $?"; cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d " "');
    assert.match(tried, /exit (7|28)/);
    assert.deepEqual(tried.trim().split('\n').slice(-1), ['lo'], 'I13: there is no other interface');
    assert.equal(execFileSync('docker', ['inspect', '--format', '{{.HostConfig.NetworkMode}}', desktop.containerId], { encoding: 'utf8' }).trim(), 'none');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return 'refused at once; there is no interface but the loopback';
  });

  alone('a budget across three kills', {}, async (world) => {
    const run = await world.give(Array.from({ length: 12 }, () => ({ actions: [click()] })), { on: await world.desktop(), budgets: { maxSteps: 5 } });
    for (let kills = 0; kills < 3; kills += 1) {
      const { steps } = await world.controller.run(run.id);
      await waitFor('it comes further', async () => (await world.controller.run(run.id)).steps > steps, 30_000).catch(() => undefined); // over already
      await world.controller.kill('SIGKILL');
      await world.controller.startAgain();
    }
    const { steps, failure } = await world.controller.ended(run.id);
    assert.deepEqual([steps, failure?.code], [5, 'budget_steps'], 'I6');
    return 'ended at its five steps';
  });
});
