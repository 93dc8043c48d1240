import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { createDoctor } from '../../controller/doctor/doctor.ts';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { FakeEngine } from '../launcher/fake-engine.ts';
import { ControllerProcess } from '../support/controller-process.ts';

const vitrine = resolve(import.meta.dirname, '../../controller/cli/vitrine.ts');

async function run(controller: ControllerProcess, ...args: string[]): Promise<{ code: number; output: string }> {
  const token = controller.headers['authorization']?.replace('Bearer ', '') ?? '';
  const child = spawn(process.execPath, [vitrine, ...args], { env: { ...process.env, VITRINE_URL: controller.url, VITRINE_TOKEN: token }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => { output += String(chunk); });
  const [code] = await once(child, 'close') as [number];
  return { code, output };
}

describe('vitrine doctor', () => {
  it('says what the installation stands on and attacks a desktop of each profile, which it releases', async () => {
    await using controller = await ControllerProcess.start();
    const { code, output } = await run(controller, 'doctor');
    assert.match(output, /^! launcher +not separated: .*can open \/var\/run\/docker\.sock/m);
    assert.match(output, /^[✓!] engine +Docker Engine \d.*runc \d/m);
    assert.match(output, /^✓ seccomp/m);
    assert.match(output, /profile browser[^]*✓ new-user-namespace +succeeded +succeeded[^]*none got through[^]*profile strict[^]*✓ new-user-namespace +refused or absent +refused EPERM[^]*none got through/, output);
    assert.equal(code, 0);
    assert.deepEqual((await controller.get<{ desktops: { state: string }[] }>('/api/desktops')).desktops.filter(({ state }) => state === 'ready'), []);
  });

  it('attacks no desktop that a run holds', async () => {
    await using controller = await ControllerProcess.start();
    const { id } = await controller.post<{ id: string }>('/api/desktops');
    await controller.post(`/api/desktops/${id}/actions`, { actions: [{ type: 'move', x: 5, y: 5 }] });
    const refused = await controller.request('POST', `/api/desktops/${id}/self-test`);
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /is held by run/);
  });
});

describe('the doctor', () => {
  const options = { launching: 'socket' as const, image: 'vitrine-desktop:latest', runtime: undefined, profile: 'browser' as const, limits: { memoryBytes: 2 ** 31, cpus: 1, pids: 512 } };
  const find = async (more: object) => {
    const { findings } = await createDoctor({ ...options, engineUrl: undefined, launcher: dockerLauncher(), ...more }).look(AbortSignal.timeout(20_000));
    return (name: string) => findings.find((each) => each.name === name);
  };

  it('tries whether it can open the engine\'s socket, and believes nobody', async () => {
    await using engine = await FakeEngine.start(() => {});
    assert.equal((await find({ engineUrl: engine.url }))('launcher')?.ok, false);
    assert.deepEqual((await find({ engineUrl: 'unix:///nonexistent/engine.sock' }))('launcher'), { name: 'launcher', ok: true, says: 'separated: the process that answers requests cannot open /nonexistent/engine.sock' });
    assert.match((await find({ launching: 'inside', engineUrl: 'unix:///nonexistent/engine.sock' }))('launcher')?.says ?? '', /not separated/);
  });

  it('says that a runtime, an image or the engine is missing', async () => {
    assert.match((await find({ runtime: 'runsc-that-is-not' }))('runtime')?.says ?? '', /no runtime runsc-that-is-not, only .*runc/);
    assert.match((await find({ image: 'vitrine-desktop:none' }))('image')?.says ?? '', /missing: run npm run setup/);
    assert.equal((await find({ launcher: dockerLauncher({ endpoint: { url: 'unix:///nonexistent' } }) }))('engine')?.ok, false);
  });
});
