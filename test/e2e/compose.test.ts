import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Run } from '../../controller/runs/run.ts';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const token = 'token-of-the-compose-test';
const port = 18_080;
const environment = { ...process.env, VITRINE_TOKEN: token, VITRINE_PORT: String(port), VITRINE_INSTALL_ID: 'test-compose', OPENAI_API_KEY: '', OPENAI_BASE_URL: '', VITRINE_MODEL: '' };

async function compose(...args: string[]): Promise<string> {
  const { stdout } = await execute('docker', ['compose', '-p', 'vitrine-test', ...args], { cwd: root, env: environment, timeout: 150_000 });
  return stdout;
}

async function docker(...args: string[]): Promise<string> {
  return (await execute('docker', args)).stdout;
}

async function hasCompose(): Promise<boolean> {
  return compose('version').then(() => true, () => false);
}

describe('docker compose up', async () => {
  const skip = (await hasCompose()) ? false : 'this machine has no Compose; npm run setup says why';

  it('serves the API on the loopback, healthy and ready, and carries a task to its answer', { skip }, async () => {
    try {
      await compose('up', '--detach', '--wait', '--no-build');
      const url = `http://127.0.0.1:${port}`;
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
      assert.equal((await fetch(`${url}/readyz`, { headers })).status, 200);
      assert.equal((await fetch(`${url}/api/runs`)).status, 401);
      const created = (await (await fetch(`${url}/api/runs`, { method: 'POST', headers, body: JSON.stringify({ task: "Run a Python script that prints 'from compose'" }) })).json()) as Run;
      let run = created;
      for (let tries = 0; run.endedAt === null && tries < 6; tries += 1) run = (await (await fetch(`${url}/api/runs/${created.id}?wait=30`, { headers })).json()) as Run;
      assert.deepEqual([run.state, run.answer], ['succeeded', 'from compose']);
      assert.deepEqual((await compose('ps', '--all', '--format', '{{.Service}}')).trim().split('\n').toSorted(), ['controller', 'launcher'], 'the service that only builds the image leaves no container');
      const { findings } = (await (await fetch(`${url}/api/doctor`, { headers })).json()) as { findings: { name: string; ok: boolean; says: string }[] };
      assert.deepEqual(findings.find(({ name }) => name === 'launcher'), { name: 'launcher', ok: true, says: 'separated: the process that answers requests cannot open /var/run/docker.sock' });
      const [controller] = JSON.parse(await docker('inspect', (await compose('ps', '--quiet', 'controller')).trim())) as [{ Config: { User: string }; HostConfig: { CapDrop: string[]; ReadonlyRootfs: boolean; Privileged: boolean }; Mounts: { Destination: string }[] }];
      assert.deepEqual([controller.Config.User, controller.HostConfig.CapDrop, controller.HostConfig.ReadonlyRootfs, controller.Mounts.map(({ Destination }) => Destination).toSorted()], ['10010:10010', ['ALL'], true, ['/etc/vitrine', '/run/vitrine-launcher', '/var/lib/vitrine']]);
    } finally {
      await compose('down', '--volumes', '--timeout', '20');
    }
  });
});
