import assert from 'node:assert/strict';
import http from 'node:http';
import { stat } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import type { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VitrineError } from '../../controller/errors.ts';
import type { ContainerSpec, ContainerSummary, EngineVersion, RawLauncher } from '../../controller/launcher/launcher.ts';
import { limitedLauncher } from '../../controller/launcher/limited-launcher.ts';
import type { LauncherLimits } from '../../controller/launcher/limited-launcher.ts';
import { served } from './both-launchers.ts';

const never = new AbortController().signal;
const now = Math.floor(Date.now() / 1000);
const foreign = 'f'.repeat(64);
const spec: ContainerSpec = {
  desktopId: 'd_1', installId: 'mine', project: 'default', runId: undefined, image: 'vitrine-desktop:latest', width: 1280, height: 800, seccomp: 'strict',
  memoryBytes: 2 ** 30, cpus: 1, pids: 256, deadManSeconds: 600, hardDeadline: now + 3600, controllerEpoch: 1,
};
const limits: LauncherLimits = { installId: 'mine', images: ['vitrine-desktop:latest'], profiles: ['strict'], memoryBytes: 2 ** 30, cpus: 1, pids: 256, deadManSeconds: 600, lifetimeSeconds: 3600 };
const version: EngineVersion = {
  engine: '29.6.0', api: '1.51', os: 'linux', arch: 'amd64', cpus: 2, memoryBytes: 1e10, runc: '1.3.0', runtimes: ['runc'],
  isolation: { seccomp: true, rootless: false, userns: false, cgroup: '2', memory: true, swap: true, pids: true, cpu: true },
};

/** An engine's launcher in memory: remembers what it made and what else it was asked; knows one container of somebody else. */
class Recorder implements RawLauncher {
  readonly made: ContainerSpec[] = [];
  readonly touched: string[] = [];
  #containers: ContainerSummary[] = [];
  async version() {
    return version;
  }
  async image(name: string) {
    return `sha256:${name}`;
  }
  async desktopImage() {
    return { name: 'vitrine-desktop:latest', image: undefined, cannotBuild: undefined, build: undefined };
  }
  async buildImage() {
    this.touched.push('build');
  }
  async cancelBuild() {
    this.touched.push('cancel build');
  }
  async create(given: ContainerSpec, _signal?: AbortSignal) {
    this.made.push(given);
    const containerId = String(this.made.length).padStart(64, '0');
    this.#containers.push({ ...given, containerId, createdAt: 1, state: 'created' });
    return { containerId };
  }
  async start(containerId: string) {
    this.touched.push(`start ${containerId}`);
  }
  async startPart(containerId: string) {
    this.touched.push(`part ${containerId}`);
  }
  async openStream(): Promise<Duplex> {
    throw new VitrineError('internal', 'only raw streams are served');
  }
  async openRawStream(containerId: string): Promise<Duplex> {
    this.touched.push(`stream ${containerId}`);
    return new PassThrough();
  }
  async logTail(containerId: string) {
    this.touched.push(`log ${containerId}`);
    return 'log';
  }
  async inspect(containerId: string) {
    this.touched.push(`inspect ${containerId}`);
    return { state: 'running' as const, exitCode: undefined };
  }
  async list(installId: string) {
    return this.#containers.filter((_, index) => this.made[index]?.installId === installId);
  }
  async remove(containerId: string) {
    this.touched.push(`remove ${containerId}`);
    this.#containers = this.#containers.filter((each) => each.containerId !== containerId);
  }
}

describe('a launcher with limits', () => {
  const tooMuch: Record<string, [Partial<ContainerSpec>, RegExp]> = {
    'another installation': [{ installId: 'theirs' }, /serves the installation mine, not "theirs"/],
    'another image': [{ image: 'evil:latest' }, /image "evil:latest", only vitrine-desktop:latest/],
    'a wider seccomp profile': [{ seccomp: 'browser' }, /profile browser, only strict/],
    'more memory': [{ memoryBytes: 2 ** 30 + 1 }, /1073741825 bytes of memory; the launcher's limit is 1073741824/],
    'more cores': [{ cpus: 1.001 }, /1\.001 cores/],
    'more processes': [{ pids: 257 }, /257 processes/],
    'to live longer without a controller': [{ deadManSeconds: 601 }, /VITRINE_DEAD_MAN_SECONDS/],
    'to live longer': [{ hardDeadline: now + 10_000 }, /VITRINE_HARD_LIFETIME_SECONDS/],
  };
  for (const [what, [change, message]] of Object.entries(tooMuch)) {
    it(`refuses a container of ${what}, and says what is allowed`, async () => {
      const engine = new Recorder();
      await assert.rejects(limitedLauncher(engine, limits).create({ ...spec, ...change }, never), { code: 'forbidden', message });
      assert.deepEqual(engine.made, []);
    });
  }

  it('touches no container that is not of its installation', async () => {
    const engine = new Recorder();
    const { containerId: theirs } = await engine.create({ ...spec, installId: 'theirs' });
    const launcher = limitedLauncher(engine, limits);
    for (const id of [foreign, theirs]) {
      for (const call of [() => launcher.start(id, never), () => launcher.startPart(id, 'session', never), () => launcher.openRawStream(id, 'shim', never), () => launcher.openStream(id, 'hands', never), () => launcher.logTail(id, 100, never), () => launcher.inspect(id, never)]) {
        await assert.rejects(call(), { code: 'gone', message: /no container .* of the installation mine/ });
      }
      await launcher.remove(id, never);
    }
    await assert.rejects(launcher.list('theirs', never), { code: 'forbidden' });
    await assert.rejects(launcher.image('evil:latest', never), { code: 'forbidden' });
    assert.deepEqual(engine.touched, []);
  });

  it('knows its containers of an earlier life', async () => {
    const engine = new Recorder();
    const { containerId } = await engine.create(spec);
    const launcher = limitedLauncher(engine, limits);
    await launcher.start(containerId, never);
    await launcher.remove(containerId, never);
    assert.deepEqual(engine.touched, [`start ${containerId}`, `remove ${containerId}`]);
  });
});

/** Sends bytes of one's own making to a launcher's socket. */
async function post(socketPath: string, path: string, body: string, method = 'POST'): Promise<{ status: number; code: string | undefined; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.request({ socketPath, path, method, agent: false }, resolve).on('error', reject).end(body);
  const response = await promise;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, code: (JSON.parse(text) as { error?: { code: string } }).error?.code, text };
}

describe('the socket of a launcher', () => {
  it('is for its user alone', async () => {
    await using held = await served(new Recorder());
    assert.equal((await stat(held.path)).mode & 0o777, 0o600);
  });

  it('takes a spec and nothing besides: no field of the engine\'s reaches the engine', async () => {
    const engine = new Recorder();
    await using held = await served(limitedLauncher(engine, limits));
    const smuggled = {
      HostConfig: { Privileged: true }, Privileged: true, Binds: ['/:/host'], binds: ['/:/host'], User: '0', Cmd: ['sh'], Env: ['LD_PRELOAD=/x'], CapAdd: ['ALL'], Mounts: [], Devices: [], NetworkMode: 'host',
      networkMode: 'host', SecurityOpt: ['seccomp=unconfined'], PidMode: 'host', Runtime: 'evil', runtime: 'evil', Labels: {}, '__proto__ ': 1, constructor: 1,
    };
    for (const [name, value] of Object.entries(smuggled)) {
      const { status, code, text } = await post(held.path, '/create', JSON.stringify({ spec: { ...spec, [name]: value } }));
      assert.deepEqual([status, code], [400, 'invalid_request'], name);
      assert.match(text, new RegExp(name.trim()), name);
      assert.equal((await post(held.path, '/create', JSON.stringify({ spec, [name]: value }))).status, 400, name);
    }
    assert.deepEqual(engine.made, []);
    assert.equal((await post(held.path, '/create', JSON.stringify({ spec }))).status, 200);
    assert.equal(engine.made.length, 1);
  });

  it('builds its own image when asked to, and is told nothing about it', async () => {
    const engine = new Recorder();
    await using held = await served(limitedLauncher(engine, limits));
    const smuggled = { t: 'evil:latest', tag: 'evil:latest', name: 'evil:latest', dockerfile: 'Evil', remote: 'http://evil.example/x.tar', buildargs: { HTTP_PROXY: 'http://evil.example' }, version: '1', networkmode: 'host', extrahosts: 'a:1.2.3.4', root: '/' };
    for (const [name, value] of Object.entries(smuggled)) {
      for (const verb of ['desktop-image', 'build-image', 'cancel-build']) assert.equal((await post(held.path, `/${verb}`, JSON.stringify({ [name]: value }))).status, 400, `${verb} ${name}`);
    }
    assert.deepEqual(engine.touched, []);
    await held.launcher.buildImage(never);
    await held.launcher.cancelBuild(never);
    assert.deepEqual(engine.touched, ['build', 'cancel build']);
    assert.equal((await held.launcher.desktopImage(never)).name, 'vitrine-desktop:latest');
  });

  it('refuses any spec that is not one, whatever the types', async () => {
    const engine = new Recorder();
    await using held = await served(limitedLauncher(engine, limits));
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.keys(spec).filter((name) => name !== 'runId' && name !== 'project')), fc.oneof(fc.constant(null), fc.constant({}), fc.constant([]), fc.constant(-1), fc.constant(''), fc.constant(true), fc.constant('x'.repeat(500))), async (name, value) => {
      const { status } = await post(held.path, '/create', JSON.stringify({ spec: { ...spec, [name]: value } }));
      assert.ok(status === 400 || (status === 403 && typeof value === 'string'), `${name}: ${status}`);
    }), { numRuns: 100 });
    assert.deepEqual(engine.made, []);
  });

  it('knows its verbs only, by POST, in JSON, within 16 KiB, for a container by its id', async () => {
    await using held = await served(new Recorder());
    const cases: readonly (readonly [string, string, string, number])[] = [
      ['/containers/json', '{}', 'GET', 404], ['/v1.41/containers/create', '{}', 'POST', 404], ['/constructor', '{}', 'POST', 404], ['/exec', '{}', 'POST', 404],
      ['/list', '{"installId":"mine"}', 'GET', 405], ['/list', 'installId=mine', 'POST', 400], ['/list', '', 'POST', 400], ['/list', ' '.repeat(17_000), 'POST', 413],
      ['/start', '{"containerId":"../../x"}', 'POST', 400], ['/start', `{"containerId":"${foreign}","x":1}`, 'POST', 400], ['/start-part', `{"containerId":"${foreign}","part":"sh"}`, 'POST', 400],
      ['/log-tail', `{"containerId":"${foreign}","maxBytes":100000000}`, 'POST', 400],
    ];
    for (const [path, body, method, status] of cases) assert.equal((await post(held.path, path, body, method)).status, status, `${method} ${path} ${body.slice(0, 40)}`);
  });

  it('opens a stream to a known server of a container only', async () => {
    const engine = new Recorder();
    await using held = await served(limitedLauncher(engine, limits));
    const { containerId } = await held.launcher.create(spec, never);
    const opened = await held.launcher.openStream(containerId, 'shim', never);
    opened.destroy();
    await assert.rejects(held.launcher.openStream(foreign, 'shim', never), { code: 'gone' });
    await assert.rejects(held.launcher.openStream(containerId, '/bin/sh' as 'shim', never), { code: 'invalid_request' });
  });

  it('leaves no container behind for a caller who has gone', async () => {
    const engine = new Recorder();
    const asked = Promise.withResolvers<void>();
    const removed = Promise.withResolvers<string>();
    const create = engine.create.bind(engine);
    engine.remove = async (containerId) => removed.resolve(containerId);
    engine.create = async (given: ContainerSpec, signal?: AbortSignal) => {
      asked.resolve();
      await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
      return create(given);
    };
    await using held = await served(limitedLauncher(engine, limits));
    const stop = new AbortController();
    const call = held.launcher.create(spec, stop.signal);
    await asked.promise;
    stop.abort(new Error('enough'));
    await assert.rejects(call, { message: 'enough' });
    assert.match(await removed.promise, /^0+1$/);
  });
});
