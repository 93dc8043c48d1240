import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { startFakeApi } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';

describe('requests that one token holds open', () => {
  it('are 300 at most, event streams too, whoever else asks; what ends makes room', async (test) => {
    await using api = await startFakeApi();
    const { token } = api.tokens.create({ name: 'greedy', role: 'viewer', scopes: [], project: 'default', expiresInDays: 1 }, 'test');
    const streams: Socket[] = [];
    test.after(() => { for (const socket of streams) socket.destroy(); });
    const open = async () => {
      const socket = connect(api.port, '127.0.0.1');
      streams.push(socket);
      socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`);
      return String(await once(socket, 'data')).slice(0, 12);
    };
    assert.deepEqual(new Set(await Promise.all(Array.from({ length: 300 }, open))), new Set(['HTTP/1.1 200']));
    const asGreedy = () => fetch(`${api.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
    const refused = await asGreedy();
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
    assert.equal((await api.ask('/api/me')).status, 200, 'with another token');
    streams[0]?.destroy();
    await waitFor('room', async () => (await asGreedy()).status === 200);
    assert.equal((await asGreedy()).status, 200, 'and what is answered holds nothing');
  });
});
