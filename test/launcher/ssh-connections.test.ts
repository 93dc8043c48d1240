import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { FakeEngine, reply } from './fake-engine.ts';

const never = new AbortController().signal;

/** A program in the place of `ssh`: it writes down its arguments and leads to an engine's socket, or says what it cannot and ends. */
async function program(folder: string, body: string): Promise<string> {
  const path = join(folder, 'ssh');
  await writeFile(path, `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(join(folder, 'asked'))}, JSON.stringify(process.argv.slice(2)));\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

describe('an engine behind SSH', () => {
  it('is asked through `docker system dial-stdio`, with nothing of the address taken for an option', async () => {
    await using folder = await temporaryFolder();
    await using engine = await FakeEngine.start((socket, request) => void socket.end(request.includes('/info') ? reply(200, { NCPU: 3, MemTotal: 1e9 }) : reply(200, { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'arm64' })));
    const sshProgram = await program(folder.path, `const to = require('node:net').connect(${JSON.stringify(engine.url.replace('unix://', ''))}); process.stdin.pipe(to); to.pipe(process.stdout); to.on('close', () => process.exit(0));`);
    const version = await dockerLauncher({ endpoint: { url: 'ssh://ann@host.example:2222', sshAgent: '/run/agent.sock', sshProgram } }).version(never);
    assert.equal(version.cpus, 3);
    const asked = JSON.parse(await readFile(join(folder.path, 'asked'), 'utf8')) as string[];
    assert.deepEqual(asked.slice(asked.indexOf('-T')), ['-T', '-l', 'ann', '-p', '2222', '--', 'host.example', 'docker', 'system', 'dial-stdio']);
    assert.ok(asked.includes('BatchMode=yes') && asked.includes('IdentityAgent=/run/agent.sock') && !asked.join().includes('StrictHostKeyChecking'), asked.join(' '));
    await waitFor('its connections are closed', () => engine.openConnections === 0);
  });

  it('that does not let us in is told with what ssh said', async () => {
    await using folder = await temporaryFolder();
    const sshProgram = await program(folder.path, "process.stderr.write('Host key verification failed.\\n', () => process.exit(255));");
    await assert.rejects(dockerLauncher({ endpoint: { url: 'ssh://host.example', sshProgram } }).version(never), { code: 'engine_unavailable', message: /ssh:\/\/host\.example .*Host key verification failed/ });
  });

  it('cannot be reached without an ssh client, which is said', async () => {
    await assert.rejects(dockerLauncher({ endpoint: { url: 'ssh://host.example', sshProgram: '/nowhere/ssh' } }).version(never), { code: 'engine_unavailable', message: /ssh could not be started/ });
  });

  it('that never answers is given up in time, and its ssh ended', async () => {
    await using folder = await temporaryFolder();
    const sshProgram = await program(folder.path, `require('node:fs').writeFileSync(${JSON.stringify(join(folder.path, 'pid'))}, String(process.pid)); setInterval(() => {}, 1000);`);
    await assert.rejects(dockerLauncher({ endpoint: { url: 'ssh://host.example', sshProgram }, callTimeoutMs: 1500 }).version(never), { code: 'deadline_exceeded' });
    const pid = Number(await readFile(join(folder.path, 'pid'), 'utf8'));
    await waitFor('ssh has ended', () => !isThere(pid));
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
