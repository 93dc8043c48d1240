import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig } from '../../controller/config.ts';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { readEngineEndpoint } from '../../controller/launcher/engine-files.ts';

const never = new AbortController().signal;

/** A folder with ca.pem, cert.pem and key.pem of one that signs itself. */
async function certificates() {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-test-launcher-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(path, 'key.pem'), '-out', join(path, 'cert.pem')], { stdio: 'ignore' });
  execFileSync('cp', [join(path, 'cert.pem'), join(path, 'ca.pem')]);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

describe('an engine over TLS', () => {
  it('is asked with the client\'s certificate, and only if its own is signed by the authority of the folder', async () => {
    await using mine = await certificates();
    await using other = await certificates();
    const read = (name: string) => readFile(join(mine.path, name), 'utf8');
    const server = https.createServer({ key: await read('key.pem'), cert: await read('cert.pem'), ca: await read('ca.pem'), requestCert: true, rejectUnauthorized: true }, (request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url?.includes('/info') === true ? { NCPU: 5, MemTotal: 1e9 } : { Version: '29.6.0', ApiVersion: '1.51', Os: 'linux', Arch: 'amd64' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const DOCKER_HOST = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const version = async (environment: Record<string, string>) => dockerLauncher({ endpoint: await readEngineEndpoint(readConfig({ DOCKER_HOST, ...environment }).engine) }).version(never);
    try {
      assert.equal((await version({ DOCKER_CERT_PATH: mine.path })).cpus, 5);
      await assert.rejects(version({ DOCKER_CERT_PATH: other.path }), { code: 'engine_unavailable' });
      await assert.rejects(version({}), { code: 'engine_unavailable' });
      await assert.rejects(version({ DOCKER_TLS_VERIFY: '1', HOME: '/nonexistent' }), { code: 'invalid_request', message: /\/nonexistent\/\.docker\/ca\.pem is needed for TLS/ });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
