import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createPlainServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { WebSocket } from 'ws';
import type { Connection } from '../../controller/desktops/connection.ts';
import { openConnection } from '../../controller/desktops/open-connection.ts';
import { encodeMessage, limits, shimMethods } from '../../sandbox-image/wire/index.ts';
import type { ShimMethods } from '../../sandbox-image/wire/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { StandIn } from './stand-in.ts';

const never = new AbortController().signal;
const options = { methods: shimMethods, name: 'desktop d_1', handshakeTimeoutMs: 500 };
const state = { held: { keys: [], buttons: [] }, pointer: { x: 1, y: 2 }, activeWindow: null, windows: [] };
const soon = { timeoutMs: 2000 };

async function opened(standIn: StandIn): Promise<Connection<ShimMethods>> {
  return await openConnection(connect(standIn.path), options, never);
}

/** Bytes of a message with this text as its header. */
function raw(text: string, body = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
}

/** What a hostile desktop does when it is asked for its state (request 1). */
const breaches: Record<string, (socket: WebSocket) => void> = {
  'a text message': (socket) => socket.send(JSON.stringify({ id: 1, result: state })),
  'an empty message': (socket) => socket.send(Buffer.alloc(0)),
  'a header longer than its message': (socket) => socket.send(Buffer.from([0, 0, 0, 200, 123])),
  'a header beyond the limit': (socket) => socket.send(raw(' '.repeat(limits.maxHeaderBytes + 1))),
  'a header that is no JSON': (socket) => socket.send(raw('{"id":1,')),
  'JSON that is no message': (socket) => socket.send(raw('[1,2,3]')),
  'null': (socket) => socket.send(raw('null')),
  'an answer to a request that was never made': (socket) => socket.send(encodeMessage({ id: 77, result: state })),
  'a second answer': (socket) => {
    for (let times = 0; times < 2; times += 1) socket.send(encodeMessage({ id: 1, result: state }));
  },
  'an id that is no number': (socket) => socket.send(raw('{"id":"1","result":{}}')),
  'a result of another shape': (socket) => socket.send(encodeMessage({ id: 1, result: { ...state, windows: 'none' } })),
  'a result with a field too many': (socket) => socket.send(encodeMessage({ id: 1, result: { ...state, approve: true } })),
  'a result that would change a prototype': (socket) => socket.send(raw('{"id":1,"result":{"__proto__":{"polluted":true}}}')),
  'numbers out of range': (socket) => socket.send(raw('{"id":1,"result":{"held":{"keys":[],"buttons":[]},"pointer":{"x":1e999,"y":-1},"activeWindow":null,"windows":[]}}')),
  'more windows than allowed': (socket) => socket.send(encodeMessage({ id: 1, result: { ...state, windows: Array.from({ length: 201 }, () => 'w') } })),
  'both result and error': (socket) => socket.send(encodeMessage({ id: 1, result: state, error: { code: 'internal', message: '' } })),
  'an unknown error code': (socket) => socket.send(encodeMessage({ id: 1, error: { code: 'approved', message: 'yes' } })),
  'a body where none belongs': (socket) => socket.send(encodeMessage({ id: 1, result: state }, Buffer.from('x'))),
  'deep nesting': (socket) => socket.send(raw(`{"id":1,"result":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)),
  'a decision that only people make': (socket) => socket.send(encodeMessage({ notice: 'approved', approvalId: 'a_1' })),
  'a notice with a body': (socket) => socket.send(encodeMessage({ notice: 'ending', reason: '' }, Buffer.from('x'))),
  'a flood of notices': (socket) => {
    for (let times = 0; times < 100; times += 1) socket.send(encodeMessage({ notice: 'ending', reason: 'soon' }));
  },
  'a message beyond the limit': (socket) => socket.send(Buffer.alloc(limits.maxMessageBytes + 1)),
  'a frame that is no WebSocket frame': (socket) => void (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
  'bad UTF-8 in a text frame': (socket) => void (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x81, 0x02, 0xc3, 0x28])),
  'endless fragments': (socket) => {
    for (let times = 0; times < 10_000; times += 1) socket.send(Buffer.from('x'), { fin: false, binary: true });
  },
};

describe('Connection', () => {
  it('brings back the checked result and the bytes', async () => {
    await using standIn = await StandIn.answering(({ method, params }) => ({ result: method === 'state' ? state : { text: JSON.stringify(params) } }));
    const connection = await opened(standIn);
    assert.deepEqual((await connection.call('state', {}, soon, never)).result, state);
    const answers = await Promise.all(Array.from({ length: 50 }, () => connection.call('readClipboard', {}, soon, never)));
    assert.ok(answers.every(({ result }) => result.text === '{}'));
    connection.close();
  });

  for (const [what, breach] of Object.entries(breaches)) {
    it(`ends with desktop_broken at ${what}`, async () => {
      await using standIn = await StandIn.listen((socket) => socket.on('message', () => breach(socket)));
      const connection = await opened(standIn);
      const answer = connection.call('state', {}, soon, never).then(() => 'answered', (error: { code: string }) => error.code);
      const end = await connection.ended;
      assert.equal(end.kind, 'breach', end.error.message);
      assert.equal(end.error.code, 'desktop_broken');
      assert.equal(await answer, what === 'a second answer' ? 'answered' : 'desktop_broken');
      await assert.rejects(connection.call('state', {}, soon, never), { code: 'desktop_broken' });
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });
  }

  it('turns a refusal into an error of ours, its text made harmless', async () => {
    await using standIn = await StandIn.answering(() => ({ error: { code: 'off_screen', message: 'at\u001B[31m 9,9\r\nfake log line \u202Eevil' } }));
    const connection = await opened(standIn);
    await assert.rejects(connection.call('state', {}, soon, never), { code: 'unprocessable', message: 'desktop d_1: at [31m 9,9 fake log line  evil' });
    assert.equal(connection.end, undefined);
    connection.close();
  });

  it('gives up after the deadline, cancels, and lets the late answer come', async () => {
    const answers: (() => void)[] = [];
    await using standIn = await StandIn.answering(async ({ method }) => {
      if (method === 'state') await new Promise<void>((resolve) => answers.push(resolve));
      return { result: method === 'state' ? state : { text: '' } };
    });
    const connection = await opened(standIn);
    await assert.rejects(connection.call('state', {}, { timeoutMs: 50 }, never), { code: 'deadline_exceeded', message: /state within 50 ms/ });
    await waitFor('the cancel', () => standIn.cancelled.includes(1));
    answers.forEach((answer) => answer());
    assert.equal((await connection.call('readClipboard', {}, soon, never)).result.text, '');
    assert.equal(connection.end, undefined);
    connection.close();
  });

  it('counts a desktop that answers nothing at all as broken', async () => {
    await using standIn = await StandIn.listen(() => {});
    const connection = await opened(standIn);
    await Promise.allSettled(Array.from({ length: 70 }, () => connection.call('state', {}, { timeoutMs: 20 }, never)));
    assert.equal((await connection.ended).kind, 'breach');
  });

  it('rejects with the reason of an abort at once, or brings the answer that comes after it', async () => {
    const stop = new AbortController();
    await using standIn = await StandIn.answering(async ({ method, id }) => {
      if (method === 'readClipboard') return undefined;
      await waitFor('the cancel', () => standIn.cancelled.includes(id));
      return { result: state };
    });
    const connection = await opened(standIn);
    const plain = assert.rejects(connection.call('readClipboard', {}, soon, stop.signal), { message: 'enough' });
    const lingering = connection.call('state', {}, { ...soon, lingerMs: 1000 }, stop.signal);
    stop.abort(new Error('enough'));
    await plain;
    assert.deepEqual((await lingering).result, state);
    connection.close();
  });

  it('rejects all that is outstanding when the stream ends, and can be told from a breach', async () => {
    await using standIn = await StandIn.listen((socket) => socket.on('message', () => socket.terminate()));
    const connection = await opened(standIn);
    const calls = [1, 2, 3].map(() => connection.call('state', {}, soon, never).then(() => 'answered', (error: { code: string }) => error.code));
    assert.equal((await connection.ended).kind, 'lost');
    assert.deepEqual(await Promise.all(calls), ['unavailable', 'unavailable', 'unavailable']);
  });

  it('does not answer pings, which would fill its memory', async () => {
    await using standIn = await StandIn.answering(() => ({ result: state }));
    const connection = await opened(standIn);
    const [socket] = standIn.sockets;
    let pongs = 0;
    socket?.on('pong', () => (pongs += 1));
    for (let times = 0; times < 1000; times += 1) socket?.ping();
    await connection.call('state', {}, soon, never);
    assert.equal(pongs, 0);
    connection.close();
  });

  it('asks no more at a time than the other end takes', async () => {
    await using standIn = await StandIn.answering(() => undefined);
    const connection = await opened(standIn);
    const calls = Array.from({ length: 120 }, () => connection.call('state', {}, soon, never).then(() => 'answered', (error: { code: string }) => error.code));
    connection.close();
    const codes = await Promise.all(calls);
    assert.deepEqual([codes.filter((code) => code === 'too_many_requests').length, codes.filter((code) => code === 'unavailable').length], [20, 100]);
  });

  it('sends nothing larger than the wire allows', async () => {
    await using standIn = await StandIn.answering(() => ({ result: {} }));
    const connection = await opened(standIn);
    await assert.rejects(connection.call('writeClipboard', { text: 'x'.repeat(limits.maxHeaderBytes) }, soon, never), { code: 'payload_too_large' });
    await connection.call('writeClipboard', { text: 'small' }, soon, never);
    connection.close();
  });
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('openConnection', () => {
  const answers: Record<string, { readonly code: string; readonly answer: (socket: Socket) => void }> = {
    'nothing': { code: 'deadline_exceeded', answer: () => {} },
    'an end': { code: 'unavailable', answer: (socket) => void socket.end() },
    'a page': { code: 'desktop_broken', answer: (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi') },
    'a redirect': { code: 'desktop_broken', answer: (socket) => void socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n') },
    'a wrong key': { code: 'desktop_broken', answer: (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n') },
    'noise': { code: 'desktop_broken', answer: (socket) => void socket.write(Buffer.alloc(4096, 0x99)) },
    'endless headers': { code: 'desktop_broken', answer: (socket) => void socket.write(`HTTP/1.1 101 X\r\nX-Long: ${'x'.repeat(100_000)}`) },
  };
  for (const [what, { code, answer }] of Object.entries(answers)) {
    it(`rejects with ${code} for ${what}`, async () => {
      const server = createPlainServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => answer(socket));
      });
      const port = await listening(server);
      const stream = connect(port, '127.0.0.1');
      await assert.rejects(openConnection(stream, options, never), { code });
      await waitFor('the stream to be destroyed', () => stream.destroyed);
      server.close();
    });
  }

  it('rejects with the reason of the signal', async () => {
    const server = createServer();
    server.on('upgrade', () => {});
    const port = await listening(server);
    const stop = new AbortController();
    const opening = openConnection(connect(port, '127.0.0.1'), options, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(opening, { message: 'enough' });
    server.close();
    server.closeAllConnections();
  });
});
