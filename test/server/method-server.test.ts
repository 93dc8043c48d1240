import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { openControllerFence } from '../../sandbox-image/server/controller-fence.ts';
import { serveMethods, type MethodServer } from '../../sandbox-image/server/method-server.ts';
import { limits, WireError } from '../../sandbox-image/wire/index.ts';
import { hello } from '../../sandbox-image/wire/hello.ts';
import { method } from '../../sandbox-image/wire/method.ts';
import { openSocket, unixSocket, WireClient } from '../support/wire-client.ts';

const methods = {
  hello,
  echo: method(z.strictObject({ word: z.string() }), z.strictObject({ word: z.string() }), 'request'),
  slow: method(z.strictObject({}), z.strictObject({})),
  bytes: method(z.strictObject({ length: z.int() }), z.strictObject({}), 'response'),
} as const;

describe('serveMethods', () => {
  let folder = '';
  let server: MethodServer;
  let refusal: WireError | undefined;
  let connected: boolean[] = [];
  let cancelled = 0;
  const path = () => join(folder, 'server.sock');
  const fence = () => openControllerFence(join(folder, 'controller.json'));
  const listen = (heard = connected) => serveMethods(path(), {
    server: 'hands', methods, fence: fence(), describe: () => ({}), refusal: () => refusal, heard: () => undefined,
    connected: (isConnected) => void heard.push(isConnected),
    open: () => ({
      closed: () => undefined,
      handlers: {
        echo: async ({ word }, { body }) => ({ result: { word: word + Buffer.from(body).toString() } }),
        slow: (_params, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => {
          cancelled += 1;
          reject(signal.reason as Error);
        })),
        bytes: async ({ length }) => ({ result: {}, body: Buffer.alloc(length, 7) }),
      },
    }),
  });
  const open = async () => new WireClient(await openSocket(unixSocket(path())), methods);
  const greet = async (controllerEpoch = 1, desktopId = 'd_1') => {
    const client = await open();
    await client.call('hello', { protocol: 1, controllerEpoch, desktopId });
    return client;
  };
  const code = (expected: string) => (error: unknown) => error instanceof WireError && error.code === expected;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'server-test-'));
    [refusal, connected, cancelled] = [undefined, [], 0];
    server = await listen();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers hello, then requests with bodies in both directions', async () => {
    const client = await open();
    assert.deepEqual(await client.call('hello', { protocol: 1, controllerEpoch: 1, desktopId: 'd_1' }), { protocol: 1, server: 'hands' });
    assert.deepEqual(await client.call('echo', { word: 'a' }, Buffer.from('b')), { word: 'ab' });
    assert.equal((await client.begin('bytes', { length: 3_000_000 }).answer).body.length, 3_000_000);
  });

  it('answers nothing before hello, and hello once', async () => {
    const eager = await open();
    await assert.rejects(eager.call('echo', { word: 'a' }), code('invalid_request'));
    await eager.closed;
    const client = await greet();
    await assert.rejects(client.call('hello', { protocol: 1, controllerEpoch: 1, desktopId: 'd_1' }), code('invalid_request'));
  });

  it('answers bad parameters and unknown methods with an error and goes on', async () => {
    const client = await greet();
    await assert.rejects(client.call('echo', { word: 5 } as never), (error: unknown) => code('invalid_request')(error) && /word/.test(String(error)));
    await assert.rejects(client.call('echo', { word: 'a', more: 1 } as never), code('invalid_request'));
    for (const name of ['nothing', 'constructor', '__proto__', 'toString']) await assert.rejects(client.call(name as never, {} as never), code('invalid_request'));
    assert.deepEqual(await client.call('echo', { word: 'still here' }), { word: 'still here' });
  });

  it('ends the connection that sends what is no message, and no other', async () => {
    const other = await greet();
    const header = (json: string) => {
      const bytes = Buffer.from(json);
      const message = Buffer.alloc(4 + bytes.length);
      message.writeUInt32BE(bytes.length);
      bytes.copy(message, 4);
      return message;
    };
    const bad: (Buffer | string)[] = [
      'text', Buffer.alloc(0), Buffer.from([0, 0]), Buffer.from([0xff, 0xff, 0xff, 0xff, 1]), Buffer.from([0, 0, 0, 9, 1]), header('not json'), header('null'), header('[]'),
      header('{"id":0,"method":"echo","params":{}}'), header('{"id":1.5,"method":"echo"}'), header('{"id":1,"method":"echo","params":{},"more":1}'), header('['.repeat(100_000)),
      header('{"id":1,"method":"echo","__proto__":{"x":1}}'), header('{"cancel":"1"}'), header(`{"id":1,"method":"${'x'.repeat(65)}"}`),
    ];
    for (const message of bad) {
      const client = await greet();
      client.socket.send(message);
      assert.equal((await client.closed).code, 1002, String(message).slice(0, 40));
    }
    const large = await greet();
    large.socket.send(Buffer.alloc(limits.maxMessageBytes + 1));
    assert.equal((await large.closed).code, 1009);
    assert.deepEqual(await other.call('echo', { word: 'unharmed' }), { word: 'unharmed' });
  });

  it('ends a connection that uses an id twice or leaves too much unanswered', async () => {
    const twice = await greet();
    const first = twice.begin('slow', {});
    first.answer.catch(() => undefined);
    const { encodeMessage } = await import('../../sandbox-image/wire/index.ts');
    twice.socket.send(encodeMessage({ id: first.id, method: 'slow', params: {} }));
    assert.equal((await twice.closed).code, 1002);
    const many = await greet();
    for (let i = 0; i < 130; i += 1) many.begin('slow', {}).answer.catch(() => undefined);
    assert.equal((await many.closed).code, 1002);
  });

  it('cancels a request when asked and when its connection ends; it is still answered', async () => {
    const client = await greet();
    const request = client.begin('slow', {});
    client.cancel(999);
    client.cancel(request.id);
    await assert.rejects(request.answer, code('cancelled'));
    client.begin('slow', {}).answer.catch(() => undefined);
    await client.call('echo', { word: 'sync' });
    client[Symbol.dispose]();
    while (cancelled < 2) await pause(5);
  });

  it('refuses older controllers, ends their connections for a newer one, also after a restart', async () => {
    const old = await greet(5);
    const same = await greet(5);
    const newer = await greet(6);
    assert.deepEqual([(await old.closed).code, (await same.closed).code], [4001, 4001]);
    await assert.rejects(greet(5), code('stale_epoch'));
    await assert.rejects(greet(6, 'd_2'), code('conflict'));
    await server[Symbol.asyncDispose]();
    await newer.closed;
    server = await listen();
    await assert.rejects(greet(5), code('stale_epoch'));
    await greet(6);
  });

  it('tells when the first connection came and the last one went', async () => {
    const one = await greet();
    const two = await greet();
    one[Symbol.dispose]();
    await one.closed;
    await two.call('echo', { word: 'x' });
    assert.deepEqual(connected, [true]);
    two[Symbol.dispose]();
    while (connected.length < 2) await pause(5);
    assert.deepEqual(connected, [true, false]);
  });

  it('answers every request with the refusal while there is one, but hello', async () => {
    refusal = new WireError('desktop_broken', 'gone');
    const client = await greet();
    await assert.rejects(client.call('echo', { word: 'a' }), code('desktop_broken'));
  });
});
