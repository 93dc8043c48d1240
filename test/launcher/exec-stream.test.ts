import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { ExecStream } from '../../controller/launcher/exec-stream.ts';

function frame(type: number, text: string | Buffer): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** An exec stream over a real socket, and the engine's end of it. */
async function pair() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const raw = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [engine] = await once(server, 'connection') as [Socket];
  engine.on('error', () => {});
  const stream = new ExecStream(raw);
  return {
    stream, engine, raw,
    [Symbol.dispose]() {
      stream.destroy();
      engine.destroy();
      server.close();
    },
  };
}

async function readAll(stream: ExecStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('ExecStream', () => {
  it('carries standard output out and standard input in', async () => {
    using ends = await pair();
    ends.engine.write(Buffer.concat([frame(2, 'a warning'), frame(1, 'hello '), frame(1, 'there')]));
    ends.stream.write('input');
    const [received] = await once(ends.engine, 'data') as [Buffer];
    assert.equal(received.toString(), 'input');
    ends.engine.end();
    assert.equal(await readAll(ends.stream), 'hello there');
    assert.equal(ends.stream.stderrTail, 'a warning');
  });

  it('ends without an error when the engine goes away, even amid a frame', async () => {
    using ends = await pair();
    ends.engine.write(frame(1, 'whole'));
    ends.engine.write(frame(1, 'cut off').subarray(0, 11));
    ends.engine.end();
    assert.equal(await readAll(ends.stream), 'wholecut');
  });

  it('fails with the reason when the program ended without output', async () => {
    using ends = await pair();
    ends.engine.write(frame(2, 'connect: No such file or directory\n'));
    ends.engine.end();
    await assert.rejects(readAll(ends.stream), { code: 'unavailable', message: /No such file/ });
  });

  for (const said of [
    'OCI runtime exec failed: exec failed: cannot exec in a stopped container: unknown\r\n',
    'cannot exec in a stopped state: unknown\r\n',
    `task ${'0a'.repeat(32)} not found: not found\r\n`,
  ]) {
    it(`fails when the engine could not start the program, which it says on standard output: ${said.trim()}`, async () => {
      using ends = await pair();
      ends.engine.end(frame(1, said));
      await assert.rejects(readAll(ends.stream), { code: 'unavailable', message: `the engine could not start a program in the desktop: ${said.trim()}` });
    });
  }

  it('takes nothing that a program says for an error of the engine', async () => {
    for (const said of ['HTTP/1.1 404 not found: unknown\r\n', 'RFB 003.008\n', 'a line: unknown\n', 'one: unknown\r\ntwo: unknown\r\n']) {
      using ends = await pair();
      ends.engine.end(frame(1, said));
      assert.equal(await readAll(ends.stream), said);
    }
  });

  it('fails when standard error is flooded', async () => {
    using ends = await pair();
    ends.stream.resume();
    const failed = new Promise<Error>((resolve) => ends.stream.once('error', resolve));
    for (let index = 0; index < 40; index += 1) ends.engine.write(frame(2, Buffer.alloc(32_768, 65)));
    assert.match((await failed).message, /more than 1048576 bytes of errors/);
    assert.ok(ends.raw.destroyed);
  });

  it('holds the engine back when nobody reads', async () => {
    using ends = await pair();
    const payload = frame(1, Buffer.alloc(1024 * 1024, 66));
    for (let sent = 0; sent < 64; sent += 1) ends.engine.write(payload);
    await once(ends.stream, 'readable');
    assert.ok(ends.stream.readableLength < 4 * 1024 * 1024, `${ends.stream.readableLength} bytes are buffered`);
    ends.engine.end();
    assert.equal((await readAll(ends.stream)).length, 64 * 1024 * 1024);
  });

  it('has the socket methods that an HTTP client calls', async () => {
    using ends = await pair();
    for (const method of ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const) assert.equal(ends.stream[method](), ends.stream);
  });
});
