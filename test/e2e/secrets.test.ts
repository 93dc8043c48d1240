import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { json, startVendor, vendorError } from '../models/vendor-server.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, responseWith } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { readWitness } from '../support/witnessed.ts';

const run = promisify(execFile);
const typed = 'CANARY-typed-7Kq';
const key = 'CANARY-key-of-the-model-9fX';
const token = 'CANARY-token-of-the-api-3bZ';
const canaries = [typed, key, token];
const users = ['warden', 'agent', 'forwarder'];

/** How often each canary stands in some bytes, as it is or in UTF-16. */
function hits(bytes: Buffer): number {
  return canaries.reduce((sum, canary) => sum + [Buffer.from(canary), Buffer.from(canary, 'utf16le')].filter((wanted) => bytes.includes(wanted)).length, 0);
}

async function filesUnder(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name));
  const kinds = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
  return paths.filter((_, index) => kinds[index]);
}

async function inContainer(containerId: string, user: string, script: string): Promise<Buffer> {
  const { stdout } = await run('docker', ['exec', '--user', user, containerId, 'bash', '-c', script], { encoding: 'buffer', maxBuffer: 2 ** 28 });
  return stdout;
}

describe('a secret typed on a real desktop, a key of a model and the token of the API', () => {
  it('are in no place where data rests', { timeout: 240_000 }, async (test) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'secrets.json');
    await writeFile(file, JSON.stringify({ projects: { default: { bank: typed } } }));
    await chmod(file, 0o600);
    await using vendor = await startVendor(
      json(200, responseWith([computerCall('c1', [{ type: 'type', text: 'u {{secret:bank}}\n' }])], 1)),
      json(200, responseWith([message('signed in')], 2)),
      vendorError(401, `Incorrect API key provided: ${key}`),
    );
    await using controller = await ControllerProcess.start({
      VITRINE_SECRETS_FILE: file, VITRINE_TOKEN: token, OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', OPENAI_API_KEY: key, VITRINE_LOG_LEVEL: 'trace',
    });
    const { id: desktopId } = await controller.post<DesktopView>('/api/desktops', {});
    const witness = await readFile(new URL('../support/witness.py', import.meta.url));
    await fetch(`${controller.url}/api/desktops/${desktopId}/files/witness.py`, { method: 'PUT', body: witness, headers: { ...controller.headers, 'content-type': 'application/octet-stream' } });
    await controller.post(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', 'setsid python3 witness.py witness.log > witness.errors 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done'] });
    await waitFor('the witness’s window', async () => /Witness/.test((await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow ?? ''), 60_000);
    const written = async () => readWitness(await (await controller.request('GET', `/api/desktops/${desktopId}/files/witness.log`)).text())
      .flatMap(({ event, key: pressed }) => (event === 'keydown' && pressed !== undefined ? [pressed] : [])).filter((name) => !name.startsWith('Shift')).join(' ');

    const { id } = await controller.post<Run>('/api/runs', { task: 'sign in', model: 'scripted', desktopId, secrets: ['bank'] });
    const ended = await controller.ended(id);
    assert.deepEqual([ended.state, ended.answer], ['succeeded', 'signed in'], JSON.stringify(ended.failure));
    const names: Readonly<Record<string, string>> = { ' ': 'space', '-': 'minus', '\n': 'Return' };
    const expected = [...`u ${typed}\n`].map((character) => names[character] ?? character).join(' ');
    assert.equal(await waitFor('the keys', async () => (await written()).endsWith('Return') && written()), expected, 'the desktop got the value itself');

    const refused = await controller.ended((await controller.post<Run>('/api/runs', { task: 'x', model: 'scripted', desktopId })).id);
    assert.equal(refused.failure?.code, 'model_failed');
    const denied = await controller.request('POST', `/api/desktops/${desktopId}/actions`, { actions: [{ type: 'type', text: '{{secret:none}}' }] });
    const clipboard = await controller.request('PUT', `/api/desktops/${desktopId}/clipboard`, { text: '{{secret:bank}}' });
    assert.deepEqual([denied.status, clipboard.status], [422, 204], await denied.text());

    const { stdout } = await run('docker', ['ps', '-q', '--no-trunc', '--filter', `label=dev.vitrine.install=${controller.installId}`]);
    const containerId = stdout.trim();
    assert.match(containerId, /^[0-9a-f]{64}$/);
    assert.deepEqual(await controller.get(`/api/desktops/${desktopId}/clipboard`), { text: '[secret]' }, 'the value is on the clipboard, and not shown');
    const bytesOf = async (path: string) => Buffer.from(await (await controller.request('GET', path)).arrayBuffer());
    const places: Record<string, Buffer> = {
      'docker inspect': Buffer.from((await run('docker', ['inspect', containerId])).stdout),
      'docker logs': Buffer.from(Object.values(await run('docker', ['logs', containerId]).catch(() => ({ stdout: '', stderr: '' }))).join('\n')),
      events: Buffer.from(JSON.stringify([await controller.events(id), await controller.events(refused.id)])),
      runs: await bytesOf('/api/runs'),
      film: await bytesOf(`/api/runs/${id}/film`),
      replay: await bytesOf(`/api/runs/${id}/replay`),
      'replay of the run that failed': await bytesOf(`/api/runs/${refused.id}/replay`),
      audit: await bytesOf('/api/audit?limit=1000'),
      backup: await bytesOf('/api/backup'),
      'clipboard as the API shows it': await bytesOf(`/api/desktops/${desktopId}/clipboard`),
      'what the model was told': Buffer.from(JSON.stringify(vendor.seen.map(({ body }) => body))),
    };
    for (const user of users) {
      // Each user reads what is its own: environments and arguments of its processes, and its files on the tmpfs outside of home.
      const processes = await inContainer(containerId, user, 'for p in /proc/[0-9]*; do tr "\\0" "\\n" < $p/cmdline; cat $p/environ; done 2>/dev/null; true');
      assert.ok(processes.length > 200, `${user} sees its processes`);
      places[`processes of ${user}`] = processes;
      places[`files of ${user}`] = await inContainer(containerId, user, 'find /run /tmp /dev/shm -type f -size -16M -readable -exec cat {} + 2>/dev/null; true');
    }
    for (const path of await filesUnder(controller.dataFolder)) places[path.slice(controller.dataFolder.length + 1)] = await readFile(path);
    assert.ok(Object.keys(places).some((name) => name.endsWith('-wal')), 'the journal was looked at while it is open');
    await controller.kill('SIGTERM');
    for (const path of await filesUnder(controller.dataFolder)) places[`afterwards: ${path.slice(controller.dataFolder.length + 1)}`] = await readFile(path);
    places['log'] = Buffer.from(controller.log.join('\n'));

    assert.ok(places['events']?.includes('{{secret:bank}}') && places['replay']?.includes('{{secret:bank}}'), 'the reference stands there');
    assert.ok(hits(Buffer.from(`x${key}y`)) === 1, 'the search finds what is there');
    assert.deepEqual(Object.entries(places).flatMap(([place, bytes]) => (hits(bytes) > 0 ? [place] : [])), []);
    test.diagnostic(`${Object.keys(places).length} places, ${Math.round(Object.values(places).reduce((sum, { length }) => sum + length, 0) / 2 ** 10)} KiB, ${canaries.length} canaries: 0 hits`);
    await controller.startAgain();
  });
});
