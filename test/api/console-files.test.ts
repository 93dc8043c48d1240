import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import express from 'express';
import { createConsoleFiles } from '../../controller/api/console-files.ts';
import { consolePageAt } from '../../controller/api/console-paths.ts';
import { listen } from '../../controller/api/server.ts';
import type { ApiServer } from '../../controller/api/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string };

describe('createConsoleFiles', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dist: string;
  let server: ApiServer;
  before(async () => {
    folder = await temporaryFolder();
    dist = join(folder.path, 'dist');
    const app = express();
    app.use(createConsoleFiles(dist), (_request, response) => void response.status(418).send('the API'));
    server = await listen({ handler: app, endStreams: () => undefined, upgrade: (_request, socket) => void socket.destroy() }, { host: '127.0.0.1', port: 0 });
  });
  after(async () => {
    await server.close(200);
    await folder[Symbol.asyncDispose]();
  });

  /** Sends a path as it is: nothing between here and the server makes it tidy. */
  const ask = (path: string, headers: Record<string, string> = { accept: 'text/html' }, method = 'GET') => new Promise<Answer>((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    }).on('error', reject).end();
  });

  it('says how to build it where it is not built, and nothing in the place of the API', async () => {
    const page = await ask('/');
    assert.equal(page.status, 503);
    assert.match(page.body, /npm run console:build/);
    assert.equal((await ask('/api/runs')).status, 418);
    mkdirSync(join(dist, 'assets'), { recursive: true });
    writeFileSync(join(folder.path, 'secret.txt'), 'secret');
    writeFileSync(join(dist, '.content'), 'hidden');
    writeFileSync(join(dist, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    writeFileSync(join(dist, 'assets/index-abc123.js'), 'one()');
    writeFileSync(join(dist, 'index.html'), '<!doctype html>page one');
  });

  it('answers with the page wherever the console has one, to those who want HTML', async () => {
    for (const path of ['/', '/inbox', '/runs/run-1', '/runs/run-1/replay', '/sessions/d-1', '/compare?a=1&b=2', '/sign-in']) {
      const { status, body, headers } = await ask(path);
      assert.deepEqual([status, body, headers['cache-control']], [200, '<!doctype html>page one', 'no-cache'], path);
    }
    for (const path of ['/elsewhere', '/runs', '/runs/a/b/c', '/inbox/', '/api/runs', '/index.html', '/v1/responses']) assert.equal((await ask(path)).status, 418, path);
    for (const accept of ['application/json', '*/*']) assert.equal((await ask('/inbox', { accept })).status, 418, accept);
    for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await ask('/inbox', { accept: 'text/html' }, method)).status, 418, method);
    const head = await ask('/inbox', { accept: 'text/html' }, 'HEAD');
    assert.deepEqual([head.status, head.body], [200, '']);
  });

  it('lets nothing run, be shown or be loaded but its own', async () => {
    for (const path of ['/', '/assets/index-abc123.js', '/icon.svg']) {
      const { headers } = await ask(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self';/);
      assert.match(policy, /style-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.deepEqual([headers['x-content-type-options'], headers['x-frame-options'], headers['referrer-policy']], ['nosniff', 'DENY', 'no-referrer']);
    }
  });

  it('has what carries its hash kept for ever, and all else asked about', async () => {
    const script = await ask('/assets/index-abc123.js', {});
    assert.deepEqual([script.status, script.body, script.headers['content-type']], [200, 'one()', 'text/javascript; charset=utf-8']);
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal((await ask('/icon.svg', {})).headers['cache-control'], 'no-cache');
    const known = { accept: 'text/html', 'if-none-match': String((await ask('/')).headers['etag']) };
    assert.deepEqual([(await ask('/', known)).status, (await ask('/', known)).body], [304, '']);
    writeFileSync(join(dist, 'index.html'), '<!doctype html>page two');
    utimesSync(join(dist, 'index.html'), new Date(), new Date(Date.now() + 5000));
    assert.deepEqual([(await ask('/', known)).status, (await ask('/', known)).body], [200, '<!doctype html>page two']);
  });

  it('sends no file that is not its own, however the path is written', async () => {
    const tricks = [
      '/assets/../../secret.txt', '/assets/..%2f..%2fsecret.txt', '/assets/%2e%2e/%2e%2e/secret.txt', '/assets/..\\..\\secret.txt', '/assets//../../secret.txt', '/assets/./index-abc123.js', '/assets/index-abc123.js%00.html',
      '/assets/', '/assets', '/../secret.txt', '//secret.txt', '/.content', '/assets/../.content', '/%2econtent', '/assets/none.js', '/assets/INDEX-ABC123.js', '/icon.svg/', '/assets/index-abc123.js/..',
    ];
    for (const path of tricks) {
      const { status, body } = await ask(path, {});
      assert.ok(status === 404 || status === 418, `${path}: ${status}`);
      assert.doesNotMatch(body, /secret$|hidden|one\(\)/, path);
    }
  });
});

describe('consolePageAt', () => {
  it('knows the pages and nothing else', () => {
    assert.deepEqual(['/', '/runs/x', '/sessions/x', '/runs/x/replay', '/runs/', '/runs//replay', '', '/inbox'].map(consolePageAt), ['sessions', 'run', 'desktop', 'replay', undefined, undefined, undefined, 'inbox']);
  });
});
