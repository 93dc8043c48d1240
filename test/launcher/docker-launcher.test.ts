import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { desktopRecipe } from '../../controller/launcher/image-recipe.ts';
import type { ContainerSpec, Launcher } from '../../controller/launcher/launcher.ts';
import { waitFor } from '../support/wait-for.ts';
import { ways } from './both-launchers.ts';
import { FakeEngine, reply } from './fake-engine.ts';

const never = new AbortController().signal;
const id = 'a'.repeat(64);
const spec: ContainerSpec = {
  desktopId: 'd_1', installId: 'test-desktops', project: 'default', runId: undefined, image: 'vitrine-desktop:none', width: 1280, height: 800, seccomp: 'browser',
  memoryBytes: 2 * 2 ** 30, cpus: 1, pids: 512, deadManSeconds: 600, hardDeadline: 2_000_000_000, controllerEpoch: 1,
};

const calls: Record<string, (launcher: Launcher, signal: AbortSignal) => Promise<unknown>> = {
  version: (launcher, signal) => launcher.version(signal),
  image: (launcher, signal) => launcher.image('vitrine-desktop:none', signal),
  desktopImage: (launcher, signal) => launcher.desktopImage(signal),
  create: (launcher, signal) => launcher.create(spec, signal),
  start: (launcher, signal) => launcher.start(id, signal),
  startPart: (launcher, signal) => launcher.startPart(id, 'session', signal),
  openStream: (launcher, signal) => launcher.openStream(id, 'shim', signal),
  inspect: (launcher, signal) => launcher.inspect(id, signal),
  list: (launcher, signal) => launcher.list('test-desktops', signal),
  remove: (launcher, signal) => launcher.remove(id, signal),
};

const hostile: Record<string, (socket: Socket) => void> = {
  'says nothing': () => {},
  'sends headers only': (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n'),
  'stops in the middle of a body': (socket) => void socket.write('HTTP/1.1 201 OK\r\nContent-Length: 100\r\n\r\n{"Id":'),
  'closes in the middle of a body': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Id":'),
  'closes at once': (socket) => socket.destroy(),
  'answers with a page': (socket) => void socket.write(reply(200, '<html>welcome</html>')),
  'answers with JSON of something else': (socket) => void socket.write(reply(200, { hello: 'world' })),
  'speaks no HTTP': (socket) => void socket.write('SSH-2.0-OpenSSH_9.9\r\n'),
  'fails': (socket) => void socket.write(reply(500, { message: 'out of order' })),
};

for (const [way, open] of Object.entries(ways)) {
  describe(`a call of an engine, ${way}, that`, () => {
    for (const [behaviour, answer] of Object.entries(hostile)) {
      it(`${behaviour} settles within its deadline, with an error of ours and its connection closed`, async () => {
        for (const [name, call] of Object.entries(calls)) {
          await using engine = await FakeEngine.start(answer);
          await using held = await open({ endpoint: { url: engine.url }, callTimeoutMs: 150, recipe: desktopRecipe('vitrine-desktop:none', {}) });
          const started = performance.now();
          const outcome = await call(held.launcher, never).then(() => 'done', (error: { name?: string; code?: string }) => `${error.name} ${error.code}`);
          assert.ok(performance.now() - started < 2000, `${name} took ${performance.now() - started} ms`);
          const mayTake = behaviour.startsWith('answers') && ['start', 'remove'].includes(name);
          if (!mayTake) assert.match(outcome, /^VitrineError (engine_unavailable|deadline_exceeded)$/, name);
          if (!behaviour.startsWith('answers')) await waitFor(`${name} to close its connection`, () => engine.openConnections === 0);
        }
      });
    }
  
    it('floods a reply is cut off, whatever its length', async () => {
      await using engine = await FakeEngine.start((socket) => {
        const piece = Buffer.alloc(1024 * 1024, 32);
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n');
        const pour = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on('drain', pour);
        pour();
      });
      await using held = await open({ endpoint: { url: engine.url }, callTimeoutMs: 20_000 });
      const before = process.memoryUsage().arrayBuffers;
      await assert.rejects(held.launcher.list('test-desktops', never), { code: 'engine_unavailable', message: /exceeds 33554432 bytes/ });
      assert.ok(process.memoryUsage().arrayBuffers - before < 128 * 2 ** 20);
    });
  
    it('hangs ends with the reason of the signal', async () => {
      await using engine = await FakeEngine.start(() => {});
      await using held = await open({ endpoint: { url: engine.url } });
      const stop = new AbortController();
      const call = held.launcher.list('test-desktops', stop.signal);
      stop.abort(new Error('enough'));
      await assert.rejects(call, { message: 'enough' });
      await waitFor('the connection to be closed', () => engine.openConnections === 0);
    });
  
    it('is not there is named with what to do', async () => {
      await using held = await open({ endpoint: { url: 'unix:///nonexistent/vitrine.sock' }, recipe: desktopRecipe('vitrine-desktop:none', {}) });
      for (const call of Object.values(calls)) {
        await assert.rejects(call(held.launcher, never), { code: 'engine_unavailable', message: /unix:\/\/\/nonexistent\/vitrine\.sock \(ENOENT\): no engine listens there: start Docker/ });
      }
      await using overTcp = await open({ endpoint: { url: 'tcp://127.0.0.1:1' } });
      await assert.rejects(overTcp.launcher.version(never), { code: 'engine_unavailable', message: /ECONNREFUSED/ });
    });
  });

  describe(`a launcher that is used ${way}`, () => {
    it('says that an image is missing and how to make it', async () => {
      await using engine = await FakeEngine.start((socket, request) => {
        if (request.includes('/info')) socket.end(reply(200, { NCPU: 2, MemTotal: 1e9 }));
        else if (request.includes('/version')) socket.end(reply(200, { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }));
        else socket.end(reply(404, { message: 'No such image: vitrine-desktop:none' }));
      });
      await using held = await open({ endpoint: { url: engine.url } });
      await assert.rejects(held.launcher.create(spec, never), { code: 'image_missing', message: /vitrine-desktop:none .*npm run setup/ });
      assert.equal(await held.launcher.image('vitrine-desktop:none', never), undefined);
    });

    it('launches nothing under another runtime than the chosen one: says that it is missing, and goes on once it is there', async () => {
      const asked: string[] = [];
      let runtimes: object = { runc: {} };
      await using engine = await FakeEngine.start((socket, request) => {
        asked.push(request);
        if (request.includes('/info')) socket.end(reply(200, { NCPU: 2, MemTotal: 1e9, Runtimes: runtimes }));
        else if (request.includes('/version')) socket.end(reply(200, { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }));
        else socket.end(reply(201, { Id: id, Warnings: [] }));
      });
      await using held = await open({ endpoint: { url: engine.url }, runtime: 'runsc' });
      await assert.rejects(held.launcher.create(spec, never), { code: 'engine_unavailable', message: /no runtime runsc, only runc: register it with the engine, or name another in VITRINE_RUNTIME/ });
      assert.ok(!asked.some((request) => request.includes('/containers/create')));
      runtimes = { runc: {}, runsc: {} };
      assert.equal((await held.launcher.create(spec, never)).containerId, id);
      assert.equal(asked.filter((request) => request.includes('/containers/create')).length, 1);
    });

    it('tells a stopped container and a taken name from other refusals, and counts a removed one as removed', async () => {
      await using engine = await FakeEngine.start((socket, request) => {
        if (request.includes('/exec')) socket.end(reply(409, { message: `Container ${id} is not running` }));
        else if (request.startsWith('DELETE')) socket.end(reply(404, { message: 'No such container' }));
        else if (request.includes('/start')) socket.end(reply(500, { message: 'OCI runtime create failed: error setting seccomp filter: invalid argument' }));
        else socket.end(reply(404, { message: 'No such container' }));
      });
      await using held = await open({ endpoint: { url: engine.url } });
      await assert.rejects(held.launcher.openStream(id, 'shim', never), { code: 'gone' });
      await assert.rejects(held.launcher.inspect(id, never), { code: 'gone' });
      await assert.rejects(held.launcher.start(id, never), { code: 'engine_unavailable', message: /seccomp/ });
      await held.launcher.remove(id, never);
      assert.equal(await held.launcher.logTail(id, 1000, never), '');
    });
  });
}

describe('dockerLauncher', () => {
  it('refuses an address that cannot be one', () => {
    for (const url of ['', 'unix://', 'nonsense', 'ftp://host', 'tcp://']) assert.throws(() => dockerLauncher({ endpoint: { url } }), { code: 'invalid_request' }, url);
  });

  it('does not look at DOCKER_HOST', async () => {
    await using engine = await FakeEngine.start((socket, request) => void socket.end(request.includes('/info') ? reply(200, { NCPU: 3, MemTotal: 1e9 }) : reply(200, { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'arm64' })));
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
    try {
      assert.equal((await dockerLauncher({ endpoint: { url: engine.url } }).version(never)).cpus, 3);
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = before;
    }
  });
});
