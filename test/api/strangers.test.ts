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

  const few = () => {
    const strangers = createStrangers(3);
    const cut: string[] = [];
    const arrive = (remoteAddress?: string, remotePort?: number) => {
      const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort, destroy: () => void cut.push(`${remoteAddress}:${remotePort}`) });
      strangers.arrived(socket as unknown as Socket);
      return socket;
    };
    return { strangers, cut, arrive };
  };

  it('are cut where there are most of them, the oldest first', () => {
    const { cut, arrive } = few();
    const first = arrive('b', 1);
    const known = arrive('a', 1);
    noteRecognised(known);
    for (const port of [2, 3, 4]) arrive('a', port);
    assert.deepEqual(cut, ['a:2']);
    first.emit('close');
    for (const port of [5, 6]) arrive('a', port);
    assert.deepEqual(cut, ['a:2', 'a:3']);
  });

  it('are not counted longer than they are there, where a port is used again before the end of its last connection was seen', () => {
    const { cut, arrive } = few();
    for (let times = 0; times < 10; times += 1) {
      const before = arrive('a', 1);
      const again = arrive('a', 1);
      for (const socket of [before, again]) socket.emit('close');
    }
    for (const port of [2, 3, 4]) arrive('a', port);
    assert.deepEqual(cut, []);
    arrive('b', 1);
    assert.deepEqual(cut, ['a:2']);
  });

  it('are let go at once where they were gone before they were looked at', () => {
    const { cut, arrive } = few();
    const gone = Array.from({ length: 10 }, () => arrive());
    assert.deepEqual(cut, gone.map(() => 'undefined:undefined'));
    for (const socket of gone) socket.emit('close');
    for (const port of [1, 2, 3]) arrive('a', port);
    assert.equal(cut.length, gone.length);
  });

  it('are known by what is read over them, the newer one of two from the same port', () => {
    const { strangers, cut, arrive } = few();
    arrive('a', 1);
    arrive('a', 1);
    const read = Object.assign(new EventEmitter(), { remoteAddress: 'a', remotePort: 1 });
    strangers.readOver(read);
    noteRecognised(read);
    for (const port of [2, 3]) arrive('a', port);
    assert.deepEqual(cut, []);
    arrive('a', 4);
    assert.deepEqual(cut, ['a:1']);
  });
});
