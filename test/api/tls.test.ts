import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, readConfig } from '../../controller/config.ts';
import { listen } from '../../controller/api/server.ts';

describe('https', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-tls-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', file('key'), '-out', file('cert')], { stdio: 'ignore' });
    await writeFile(file('other'), 'no key');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('lets Vitrine listen beyond the loopback; so does a proxy that is said to be there; nothing else', () => {
    const tls = { VITRINE_TLS_CERT_FILE: file('cert'), VITRINE_TLS_KEY_FILE: file('key') };
    assert.equal(readConfig({ VITRINE_LISTEN: '0.0.0.0:8443', ...tls }, () => false).listen.host, '0.0.0.0');
    assert.equal(readConfig({ VITRINE_LISTEN: '0.0.0.0:8080', VITRINE_BEHIND_PROXY: 'true' }, () => false).listen.host, '0.0.0.0');
    const told = (more: Record<string, string>) => (({ isHttps, isBehindProxy }) => [isHttps, isBehindProxy])(readConfig({ VITRINE_LISTEN: '127.0.0.1:8080', ...more }, () => false));
    assert.deepEqual([told({}), told({ VITRINE_BEHIND_PROXY: 'true' })], [[false, false], [true, true]]);
    for (const more of [{}, { VITRINE_BEHIND_PROXY: 'false' }, { VITRINE_PUBLISHED_ON: '127.0.0.1:1' }]) assert.throws(() => readConfig({ VITRINE_LISTEN: '0.0.0.0:8080', ...more }, () => false), ConfigError);
  });

  it('names the file that is missing or cannot be used', () => {
    assert.throws(() => readConfig({ VITRINE_TLS_CERT_FILE: file('cert') }), /belong together/);
    assert.throws(() => readConfig({ VITRINE_TLS_CERT_FILE: file('cert'), VITRINE_TLS_KEY_FILE: file('none') }), /VITRINE_TLS_KEY_FILE names/);
    assert.throws(() => readConfig({ VITRINE_TLS_CERT_FILE: file('cert'), VITRINE_TLS_KEY_FILE: file('other') }), /cannot be used together/);
  });

  it('answers over TLS, and not without', async () => {
    const [cert, key] = await Promise.all([readFile(file('cert'), 'utf8'), readFile(file('key'), 'utf8')]);
    const server = await listen({ handler: (_request, response) => void response.end('hello'), upgrade: (_request, socket) => void socket.destroy(), endStreams: () => {} }, { host: '127.0.0.1', port: 0 }, { cert, key });
    try {
      assert.match(server.url, /^https:/);
      const response = await new Promise<IncomingMessage>((resolve, reject) => get(server.url, { ca: cert }, resolve).on('error', reject));
      assert.equal(response.statusCode, 200);
      response.resume();
      await assert.rejects(fetch(server.url.replace('https', 'http')));
    } finally {
      await server.close(100);
    }
  });
});
