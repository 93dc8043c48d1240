import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { LauncherProcess } from '../../controller/launcher/launcher-process.ts';
import { remoteLauncher } from '../../controller/launcher/remote-launcher.ts';
import { waitFor } from '../support/wait-for.ts';
import { FakeEngine, reply } from './fake-engine.ts';

const signal = AbortSignal.timeout(60_000);
const runnable = resolve(import.meta.dirname, '../../controller/launcher/launcher-process.ts');

const engine = () => FakeEngine.start((socket, request) => void socket.end(request.includes('/info')
  ? reply(200, { NCPU: 3, MemTotal: 1e9 })
  : reply(200, { Version: '20.10.24+dfsg1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64', Components: [{ Name: 'Engine', Version: '20.10.24' }, { Name: 'runc', Version: '1.1.5+ds1' }] })));

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-test-launcher-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const environment = (socketPath: string, engineUrl: string) => ({ PATH: process.env['PATH'] ?? '', VITRINE_LAUNCHER: `unix://${socketPath}`, VITRINE_INSTALL_ID: 'test-process', DOCKER_HOST: engineUrl });

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the launcher as a process', () => {
  it('serves its socket, is started again after a crash, and ends when it is told to', async () => {
    await using fake = await engine();
    await using home = await folder();
    const socketPath = join(home.path, 'l.sock');
    const ends: string[] = [];
    const child = new LauncherProcess({ node: process.execPath, environment: environment(socketPath, fake.url), onEnd: (how) => ends.push(how) });
    try {
      await child.ready;
      const launcher = remoteLauncher(socketPath, { connectWithinMs: 30_000 });
      assert.deepEqual((({ engine: name, runc, cpus }) => ({ name, runc, cpus }))(await launcher.version(signal)), { name: '20.10.24+dfsg1', runc: '1.1.5+ds1', cpus: 3 });
      const first = child.pid ?? 0;
      process.kill(first, 'SIGKILL');
      await waitFor('the end to be told', () => ends.length === 1);
      assert.deepEqual(ends, ['ended with SIGKILL']);
      assert.equal((await launcher.version(signal)).cpus, 3, 'answers again');
      assert.notEqual(child.pid, first);
      const second = child.pid ?? 0;
      process.kill(second, 'SIGINT');
      assert.equal((await launcher.version(signal)).cpus, 3, 'Ctrl+C reaches it too, and it is still needed');
      await child[Symbol.asyncDispose]();
      assert.ok(!isRunning(second));
      assert.ok(!existsSync(socketPath));
      assert.equal(ends.length, 1);
    } finally {
      await child[Symbol.asyncDispose]();
    }
  });

  it('holds nothing of its parent\'s environment but what it was given', async () => {
    await using fake = await engine();
    await using home = await folder();
    process.env['OPENAI_API_KEY'] = 'sk-canary-of-the-launcher-test';
    const child = new LauncherProcess({ node: process.execPath, environment: environment(join(home.path, 'l.sock'), fake.url), onEnd: () => {} });
    try {
      await child.ready;
      const held = await readFile(`/proc/${child.pid}/environ`, 'utf8');
      assert.ok(held.includes('VITRINE_INSTALL_ID=test-process') && !held.includes('canary'));
    } finally {
      delete process.env['OPENAI_API_KEY'];
      await child[Symbol.asyncDispose]();
    }
  });

  it('ends with a parent that is killed', async () => {
    await using fake = await engine();
    await using home = await folder();
    const code = `import { LauncherProcess } from ${JSON.stringify(runnable)};
const child = new LauncherProcess({ node: process.execPath, environment: ${JSON.stringify(environment(join(home.path, 'l.sock'), fake.url))}, onEnd() {} });
await child.ready;
console.log(child.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line') as [string];
    assert.ok(isRunning(Number(line)));
    parent.kill('SIGKILL');
    await waitFor('the launcher to end', () => !isRunning(Number(line)));
  });

  it('says on standard error what is wrong with its configuration', async () => {
    for (const [wrong, said] of [[{ VITRINE_LAUNCHER: 'process' }, /VITRINE_LAUNCHER must say where/], [{ VITRINE_INSTALL_ID: '' }, /VITRINE_INSTALL_ID is not set/], [{ DOCKER_HOST: 'tcp://h:1', DOCKER_CERT_PATH: '/nowhere' }, /\/nowhere\/ca\.pem is needed for TLS/], [{ DOCKER_HOST: 'ssh://u@h' }, /SSH_AUTH_SOCK/]] as const) {
      const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../controller/launcher/main.ts')], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...environment('/nonexistent/l.sock', 'unix:///nonexistent'), ...wrong } });
      let text = '';
      child.stderr.on('data', (chunk) => { text += String(chunk); });
      const [exit] = await once(child, 'close') as [number];
      assert.equal(exit, 1);
      assert.match(text, said);
    }
  });
});

describe('remoteLauncher', () => {
  it('fails while nobody listens, naming the socket', async () => {
    await assert.rejects(remoteLauncher('/nonexistent/launcher.sock', { connectWithinMs: 0 }).version(signal), { code: 'engine_unavailable', message: /launcher at \/nonexistent\/launcher\.sock \(ENOENT\): it is not running/ });
  });

  it('settles within its deadline when the launcher says nothing', async () => {
    await using fake = await FakeEngine.start(() => {});
    const launcher = remoteLauncher(fake.url.slice('unix://'.length), { callTimeoutMs: 200 });
    await assert.rejects(launcher.version(signal), { code: 'deadline_exceeded', message: /did not answer version within 200 ms/ });
    await assert.rejects(launcher.openStream('a'.repeat(64), 'shim', signal), { code: 'deadline_exceeded' });
    await waitFor('the connections to be closed', () => fake.openConnections === 0);
  });

  it('takes nothing for an answer that is none', async () => {
    for (const said of [reply(200, { result: { engine: 1 } }), reply(200, 'hello'), reply(500, { message: 'x' }), reply(418, { error: { code: 'teapot', message: 'x' } })]) {
      await using fake = await FakeEngine.start((socket) => void socket.end(said));
      await assert.rejects(remoteLauncher(fake.url.slice('unix://'.length)).version(signal), { name: 'VitrineError', code: 'engine_unavailable' });
    }
  });
});
