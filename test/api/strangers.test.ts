import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { noteRecognised } from '../../controller/access/recognised.ts';
import { createStrangers } from '../../controller/api/strangers.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';

describe('connections over which nobody says who he is', () => {
  it('leave room for those who do, however many there are', async (test) => {
    await using api = await startFakeApi();
    const sockets: Socket[] = [];
    test.after(() => { for (const socket of sockets) socket.destroy(); });
    const connected = async () => {
      const socket = connect(api.port, '127.0.0.1').on('error', () => socket.destroy());
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      return socket;
    };
    const stream = await connected();
    stream.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${testToken}\r\nAccept: text/event-stream\r\n\r\n`);
    assert.match(String(await once(stream, 'data')), /^HTTP\/1\.1 200/);
    const idle: Socket[] = [];
    while (idle.length < 1100) idle.push(...await Promise.all(Array.from({ length: 100 }, connected)));
    assert.equal((await api.ask('/api/me')).status, 200, 'with a token');
    assert.equal((await fetch(`${api.url}/healthz`, { headers: { connection: 'close' } })).status, 200, 'and a stranger who asks for something at once');
    await waitFor('the others are cut', () => idle.filter((socket) => !socket.destroyed).length <= 250);
    assert.equal(stream.destroyed, false, 'who was known before is not cut for them');
  });

  it('are cut where there are most of them, the oldest first', () => {
    const strangers = createStrangers(3);
    const cut: string[] = [];
    const arrive = (remoteAddress: string, remotePort: number) => {
      const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort, destroy: () => void cut.push(`${remoteAddress}:${remotePort}`) });
      strangers.arrived(socket as unknown as Socket);
      return socket;
    };
    const first = arrive('b', 1);
    const known = arrive('a', 1);
    noteRecognised(known);
    for (const port of [2, 3, 4]) arrive('a', port);
    assert.deepEqual(cut, ['a:2']);
    first.emit('close');
    for (const port of [5, 6]) arrive('a', port);
    assert.deepEqual(cut, ['a:2', 'a:3']);
  });
});
