import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { send } from '../../controller/api/reply.ts';
import { waitFor } from '../support/wait-for.ts';

const stallMs = 300;

/** A server whose one stream never ends by itself, and whether the stream is held. */
async function world(pauseMs: number, chunk: Buffer) {
  const held = { isHeld: false };
  async function* chunks() {
    held.isHeld = true;
    try {
      for (;;) {
        yield chunk;
        await setTimeout(pauseMs);
      }
    } finally {
      held.isHeld = false;
    }
  }
  const server = createServer((_request, response) => void send(response, { kind: 'stream', type: 'application/octet-stream', chunks: chunks() }, 200, stallMs).catch(() => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  return {
    held, client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('a stream', () => {
  it('is given up, and lets go what it holds, when its client takes nothing of it', async () => {
    await using w = await world(0, Buffer.alloc(2 ** 20));
    await once(w.client, 'readable');
    await waitFor('the beginning', () => w.held.isHeld);
    await waitFor('the end', () => !w.held.isHeld, 10 * stallMs);
  });

  it('lasts as long as its client takes what comes, however seldom that is', async () => {
    await using w = await world(2 * stallMs, Buffer.from('x'));
    w.client.resume();
    await waitFor('the beginning', () => w.held.isHeld);
    await setTimeout(5 * stallMs);
    assert.equal(w.held.isHeld, true);
  });
});
