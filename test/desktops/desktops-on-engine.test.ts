import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { DesktopEnd } from '../../controller/desktops/desktop.ts';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { VitrineError } from '../../controller/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { image as testImage, Installation, interruptible, launch } from './real-desktops.ts';

const signal = AbortSignal.timeout(170_000);
const move = (actionId: string, x: number) => ({ actionId, epoch: 0, action: { type: 'move' as const, x, y: 50, modifiers: [] } });

/** These need a container engine and the desktop image (npm run setup). */
describe('a restarted controller', () => {
  it('adopts the running desktop, knows its actions, and fences the older one, which then touches nothing', async () => {
    await using installation = new Installation();
    const older = installation.controller({ controllerEpoch: 1 });
    await older.adopt(signal);
    const first = await launch(older, 'd_adopted', 'r_1');
    await first.perform(move('before', 111), signal);
    const ended = new Promise<DesktopEnd>((resolve) => void first.onEnd(resolve));

    const newer = installation.controller({ controllerEpoch: 2 });
    const [second, ...others] = await newer.adopt(signal);
    assert.ok(second);
    assert.deepEqual([second.id, second.display, others.length], ['d_adopted', { width: 1280, height: 800 }, 0]);
    assert.equal((await second.perform(move('before', 111), signal)).outcome.replayed, true);
    assert.equal((await second.perform(move('after', 222), signal)).outcome.status, 'performed');
    newer.hold('d_adopted', 'r_1');

    assert.match((await ended).reason, /newer controller/);
    await assert.rejects(first.perform(move('too-late', 333), signal), { code: 'stale_epoch' });
    await assert.rejects(launch(older, 'd_too_late'), { code: 'unavailable' });
    await older.close('release');
    assert.deepEqual((await second.state(signal)).pointer, { x: 222, y: 50 });
    assert.deepEqual((await installation.containers()).map(({ state }) => state), ['running']);
  });

  it('leaves its desktops running when it closes to keep, and finds them again', async () => {
    await using installation = new Installation();
    const older = installation.controller({ controllerEpoch: 1 });
    await launch(older, 'd_kept');
    await older.close('keep');
    await assert.rejects(launch(older, 'd_other'), { code: 'unavailable', message: /shutting down/ });
    const newer = installation.controller({ controllerEpoch: 2 });
    assert.deepEqual((await newer.adopt(signal)).map(({ id }) => id), ['d_kept']);
    assert.equal(newer.get('d_kept')?.view().state, 'ready');
  });

  it('removes what is stopped or cannot be used, but nothing of a newer controller', async () => {
    await using installation = new Installation();
    const stopped = await installation.container('d_stopped', 1);
    await installation.launcher.remove(stopped, signal);
    await installation.container('d_without_session', 1);
    const desktops = installation.controller({ sweepMs: 1500 });
    assert.deepEqual(await desktops.adopt(signal), []);
    assert.deepEqual(await installation.containers(), []);

    // A sweep between its creation and its start makes the start fail.
    await installation.container('d_orphan', 1).catch((error: VitrineError) => assert.match(error.code, /^(conflict|gone)$/));
    await waitFor('the sweep to remove the orphan', async () => (await installation.containers()).length === 0, 20_000);

    await installation.container('d_newer', 2);
    const isRefused = async () => {
      try {
        await launch(desktops, 'd_more');
      } catch (error) {
        return error instanceof VitrineError && error.code === 'unavailable';
      }
      await desktops.release('d_more', 'it was launched before the sweep noticed');
      return false;
    };
    await waitFor('the older controller to stop', isRefused, 20_000);
    assert.deepEqual((await installation.containers()).map(({ desktopId }) => desktopId), ['d_newer']);
  });
});

describe('createDesktops', () => {
  it('tells who uses a desktop that its container is gone, and removes what is left of it', async () => {
    await using installation = new Installation();
    const desktops = installation.controller();
    const desktop = await launch(desktops, 'd_killed', 'r_1');
    const ended = new Promise<DesktopEnd>((resolve) => void desktop.onEnd(resolve));
    const [container] = await installation.containers();
    await installation.launcher.remove(container?.containerId ?? '', signal);
    const { kind, reason } = await ended;
    assert.equal(kind, 'lost');
    assert.match(reason, /^its container (is gone|has stopped|ended with exit code \d+)$/, 'whatever the engine says while it removes it');
    await assert.rejects(desktop.capture({}, signal), { code: 'gone' });
    assert.equal(desktops.list()[0]?.state, 'broken');
    desktops.letGo('d_killed', 'r_1', 60_000);
    await waitFor('the desktop to be forgotten', () => desktops.list().length === 0);
  });

  it('reports a desktop whose X server died as broken', async () => {
    await using installation = new Installation();
    const desktops = installation.controller();
    const desktop = await launch(desktops, 'd_broken');
    const ended = new Promise<DesktopEnd>((resolve) => void desktop.onEnd(resolve));
    const [container] = await installation.containers();
    execFileSync('docker', ['exec', '--user', 'warden', container?.containerId ?? '', 'pkill', 'Xvfb']);
    assert.equal((await ended).kind, 'broken');
    await waitFor('the broken desktop to be removed', async () => desktops.list().length === 0 && (await installation.containers()).length === 0, 20_000);
  });

  it('removes what does not become ready, and names the stage with the end of the log', async () => {
    await using installation = new Installation();
    const late = installation.controller({ readinessTimeoutMs: 250 });
    await assert.rejects(launch(late, 'd_late'), (error: VitrineError) => {
      assert.equal(error.code, 'deadline_exceeded');
      assert.match(error.message, /^desktop d_late not ready after 250 ms: (container|x-server|shim|window-manager|first-frame) was not reached/);
      return true;
    });
    const broken = 'vitrine-test-without-shim:latest';
    const dockerfile = `FROM ${testImage}\nUSER 0\nRUN rm /opt/vitrine/shim/main.cjs\nUSER 10002:10002\n`;
    execFileSync('docker', ['build', '--quiet', '--tag', broken, '-'], { input: dockerfile, env: { ...process.env, DOCKER_BUILDKIT: '0' }, stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const without = installation.controller({ readinessTimeoutMs: 8000, change: { image: broken } });
      await assert.rejects(launch(without, 'd_without'), (error: VitrineError) => {
        assert.match(error.message, /^desktop d_without /);
        assert.equal(error.details?.['stage'], 'shim', error.message);
        assert.ok(Array.isArray(error.details?.['stages']));
        assert.match(String(error.details?.['logTail']), /MODULE_NOT_FOUND/, `the log says what is missing: ${JSON.stringify(error.details)}`);
        return true;
      });
      assert.deepEqual(await installation.containers(), []);
      assert.deepEqual([...late.list(), ...without.list()], []);
    } finally {
      execFileSync('docker', ['rmi', '--force', broken], { stdio: 'ignore' });
    }
  });

  it('gets over an engine that is away: adopts late, and removes late what was to be released', async () => {
    await using installation = new Installation();
    await (await launch(installation.controller(), 'd_away')).state(signal);
    const engine = interruptible(installation.launcher);
    const desktops = installation.controller({ controllerEpoch: 2, launcher: engine.launcher });
    engine.isAway = true;
    await assert.rejects(desktops.adopt(signal), { code: 'engine_unavailable' });
    engine.isAway = false;
    const desktop = await waitFor('the desktop to be adopted by a sweep', () => desktops.get('d_away'), 20_000);
    assert.equal((await desktop.state(signal)).pointer.x, 640);
    desktops.hold('d_away', 'r_1');
    engine.isAway = true;
    desktops.letGo('d_away', 'r_1', 200);
    await waitFor('the time to be up', () => desktops.list()[0]?.state === 'releasing');
    await assert.rejects(desktop.state(signal), { code: 'gone', message: /nobody used it/ });
    assert.deepEqual((await installation.containers()).map(({ state }) => state), ['running']);
    engine.isAway = false;
    await waitFor('a sweep to remove it', async () => desktops.list().length === 0 && (await installation.containers()).length === 0, 20_000);
  });

  it('leaves nothing of a launch that is given up or released', async () => {
    await using installation = new Installation();
    const desktops = installation.controller();
    const stop = new AbortController();
    const givenUp = desktops.launch('d_given_up', { display: { width: 640, height: 480 }, template: 'default' }, { project: 'default', runId: undefined }, () => stop.abort(new Error('enough')), stop.signal);
    await assert.rejects(givenUp, { message: 'enough' });
    const released = assert.rejects(launch(desktops, 'd_released'), { code: 'gone', message: /no longer wanted/ });
    assert.equal(desktops.list()[0]?.state, 'launching');
    await desktops.release('d_released', 'no longer wanted');
    await released;
    assert.deepEqual(await installation.containers(), []);
  });

  it('leaves nothing of a launch that is given up while its container is made, with no sweep to look for it', async () => {
    await using installation = new Installation();
    const stop = new AbortController();
    const { launcher } = installation;
    const create: typeof launcher.create = async (container, until) => {
      stop.abort(new Error('enough'));
      const made = await launcher.create(container, signal); // The engine goes on, whoever is still there.
      until.throwIfAborted();
      return made;
    };
    const desktops = installation.controller({ launcher: new Proxy(launcher, { get: (target, name) => (name === 'create' ? create : Reflect.get(target, name).bind(target)) }) });
    await assert.rejects(desktops.launch('d_given_up', { display: { width: 640, height: 480 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, stop.signal), { message: 'enough' });
    assert.deepEqual(await installation.containers(), []);
  });

  it('refuses what cannot be launched, without a trace', async () => {
    await using installation = new Installation();
    const desktops = installation.controller({ maxDesktops: 0 });
    await assert.rejects(launch(desktops, 'd_many'), { code: 'too_many_requests', message: /release one/ });
    await assert.rejects(desktops.launch('d_1', { display: { width: 640, height: 480 }, template: 'toString' }, { project: 'default', runId: undefined }, () => {}, signal), { code: 'invalid_request', message: /there are: default/ });
    const missing = installation.controller({ change: { image: 'vitrine-desktop:does-not-exist' } });
    await assert.rejects(launch(missing, 'd_missing'), { code: 'image_missing', message: /npm run setup/ });
    const down = installation.controller({ launcher: dockerLauncher({ endpoint: { url: 'unix:///nonexistent/docker.sock' } }) });
    await assert.rejects(launch(down, 'd_down'), { code: 'engine_unavailable' });
    await assert.rejects(down.adopt(signal), { code: 'engine_unavailable' });
    assert.deepEqual(await installation.containers(), []);
  });
});
