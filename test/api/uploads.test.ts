import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Run } from '../../controller/runs/run.ts';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { Upload } from '../../controller/runs/files/upload.ts';
import { says, startGateway, token } from '../gateway/gateway-world.ts';
import { waitFor } from '../support/wait-for.ts';

describe('POST /api/uploads', async () => {
  const world = await startGateway([says('read'), says('read')]);
  after(() => world[Symbol.asyncDispose]());
  const authorization = { authorization: `Bearer ${token}` };
  const send = (name: string, body: NonNullable<RequestInit['body']>, more: RequestInit & { duplex?: 'half' } = {}) => fetch(`${world.url}/api/uploads?name=${encodeURIComponent(name)}`, { method: 'POST', body, headers: { ...authorization, 'content-type': 'application/octet-stream' }, ...more });
  const begin = (body: object) => fetch(`${world.url}/api/runs`, { method: 'POST', headers: { ...authorization, 'content-type': 'application/json' }, body: JSON.stringify({ task: 'read it', ...body }) });
  const kept = () => readdir(join(world.folder, 'uploads')).catch(() => []);

  it('keeps what is sent, shows it, and a run has it put into its desktop', async () => {
    const content = Buffer.alloc(700_000, 'Grüße ');
    const response = await send('Grüße.bin', content);
    assert.equal(response.status, 201);
    const upload = Upload.parse(await response.json());
    assert.deepEqual([upload.name, upload.size, upload.sha256, upload.runId], ['Grüße.bin', content.length, createHash('sha256').update(content).digest('hex'), null]);
    assert.equal(upload.expiresAt - upload.createdAt, 3_600_000);
    const own = await fetch(`${world.url}${response.headers.get('location')}`, { headers: authorization });
    assert.deepEqual(await own.json(), upload);
    const begun = await begin({ files: [{ upload: upload.id, path: 'Data/Grüße.bin' }], keepForMs: 60_000 });
    const { id } = await begun.json() as Run;
    assert.equal(begun.status, 201);
    const run = await world.newest((one) => one.id === id && one.endedAt !== null);
    assert.equal(run.state, 'succeeded');
    assert.ok(world.desktops.made.get(run.desktopId ?? '')?.files.get('Data/Grüße.bin')?.equals(content));
    const { events } = await (await fetch(`${world.url}/api/runs/${id}/events?limit=1000`, { headers: authorization })).json() as { events: RunEvent[] };
    assert.deepEqual(events.flatMap(({ fact }) => (fact.type === 'file.put' ? [fact] : [])), [{ type: 'file.put', path: 'Data/Grüße.bin', size: upload.size, sha256: upload.sha256 }]);
    await waitFor('the upload is gone', async () => (await kept()).length === 0);
  });

  it('takes what comes without a length, as it comes', async () => {
    const parts = async function* () {
      for (let part = 0; part < 8; part += 1) yield Buffer.alloc(100_000, part);
    };
    const response = await send('parts', ReadableStream.from(parts()) as ReadableStream, { duplex: 'half' });
    const upload = Upload.parse(await response.json());
    assert.equal(upload.size, 800_000);
    assert.equal((await fetch(`${world.url}/api/uploads/${upload.id}`, { method: 'DELETE', headers: authorization })).status, 204);
    assert.equal((await fetch(`${world.url}/api/uploads/${upload.id}`, { method: 'DELETE', headers: authorization })).status, 404);
    assert.deepEqual(await kept(), []);
  });

  it('keeps nothing of a file whose sender went away', async () => {
    const sent = httpRequest(`${world.url}/api/uploads?name=half`, { method: 'POST', headers: { ...authorization, 'content-length': 1_000_000 } });
    sent.on('error', () => {}); // Its end is what this is about.
    sent.write(Buffer.alloc(300_000));
    await waitFor('it is on its way', async () => (await kept()).length === 1);
    sent.destroy();
    await waitFor('it is gone', async () => (await kept()).length === 0);
  });

  it('refuses what is too large before it is sent, what has no proper name, and a compressed one', async () => {
    const large = httpRequest(`${world.url}/api/uploads?name=large`, { method: 'POST', headers: { ...authorization, 'content-length': 300 * 2 ** 20, expect: '100-continue' } });
    large.on('error', () => {}); // The server may cut it when it has answered.
    const [answer] = await once(large.on('continue', () => large.write('x')), 'response') as [{ statusCode?: number }];
    large.destroy();
    assert.equal(answer.statusCode, 413);
    for (const name of ['', 'a/b', '../x', 'a\u0000b', 'a\nb', 'x'.repeat(256)]) assert.equal((await send(name, 'x')).status, 400, JSON.stringify(name));
    assert.equal((await fetch(`${world.url}/api/uploads`, { method: 'POST', body: 'x', headers: authorization })).status, 400);
    assert.equal((await send('x', 'x', { headers: { ...authorization, 'content-encoding': 'gzip' } })).status, 415);
    assert.deepEqual(await kept(), []);
  });

  it('is of no use for a path that escapes, a place that is taken, or to anybody else', async () => {
    const { id } = await (await send('x', 'x')).json() as Upload;
    for (const path of ['../x', '/etc/passwd', 'a/../../x', '', '.']) {
      const refused = await begin({ files: [{ upload: id, path }] });
      assert.deepEqual([refused.status, (await refused.json() as { error: { code: string } }).error.code], [400, 'invalid_request'], path);
    }
    assert.equal((await begin({ files: [{ upload: id, path: 'a' }, { upload: id, path: './a' }] })).status, 400);
    assert.equal((await begin({ files: [{ upload: 'up-none', path: 'a' }] })).status, 404);
    const made = await fetch(`${world.url}/api/tokens`, { method: 'POST', headers: { ...authorization, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'another', role: 'operator' }) });
    const other = { authorization: `Bearer ${(await made.json() as { token: string }).token}` };
    assert.equal((await fetch(`${world.url}/api/uploads/${id}`, { headers: other })).status, 404);
    assert.equal((await fetch(`${world.url}/api/uploads/${id}`, { method: 'DELETE', headers: other })).status, 404);
    assert.equal((await fetch(`${world.url}/api/uploads/${id}`, { headers: authorization })).status, 200, 'and it is still there');
  });
});
