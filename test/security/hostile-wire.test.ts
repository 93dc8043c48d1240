import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import type { WebSocket } from 'ws';
import { openConnection } from '../../controller/desktops/open-connection.ts';
import type { OpenDesktop } from '../../controller/desktops/open-desktop.ts';
import { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { encodeMessage, limits, shimMethods } from '../../sandbox-image/wire/index.ts';
import { StandIn } from '../desktops/stand-in.ts';
import type { StandInAnswer } from '../desktops/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { desktopOver, display, engineFrame, engineStream, greeting, state, wellBehaved } from './support/hostile-desktop.ts';

const soon = () => AbortSignal.timeout(5000);
const maxGrowthBytes = 64 * 2 ** 20;
/** A leak of any of the cases would show here. */
const maxHeldBytes = 16 * 2 ** 20;
let cases = 0;
/** What the attacks send is made once: the memory that is measured is the controller's. */
const block = Buffer.alloc(limits.maxMessageBytes + 1, 0x20);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the process holds and what it occupies, without what is garbage. */
function memory(): { readonly heldBytes: number; readonly rssBytes: number } {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, rssBytes: rss };
}

/** Bytes of a message with this text as its header. */
function raw(text: string | Buffer, declared = text.length): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(declared);
  return Buffer.concat([length, Buffer.from(text)]);
}

type Attack = (id: number, socket: WebSocket) => StandInAnswer;
/** `broken`: the desktop is given up. A code: that request fails, nothing else. A function looks at what came of a harmless one. */
type Expected = 'broken' | VitrineError['code'] | ((result: unknown) => void);
type Case = readonly [what: string, attack: Attack, expected: Expected];

const sending = (...messages: readonly (Buffer | string)[]): Attack => (_id, socket) => {
  for (const message of messages) socket.send(message);
  return undefined;
};
const rawResult = (text: string): Attack => (id, socket) => sending(raw(`{"id":${id},"result":${text}}`))(id, socket);
const result = (value: unknown, body?: Uint8Array): Attack => () => (body === undefined ? { result: value } : { result: value, body });
const text = (check: (text: string) => void) => (value: unknown) => check(value as string);
const titles = (windows: readonly string[]): Attack => result({ ...state, windows });
const refusal = (message: string): Attack => () => ({ error: { code: 'off_screen', message } });

const protocol: readonly Case[] = [
  ['an unknown kind of message', sending(encodeMessage({ type: 'event', id: 1 })), 'broken'],
  ['an answer to a request that was never made', sending(encodeMessage({ id: 77, result: state })), 'broken'],
  ['an answer from the future', sending(encodeMessage({ id: 2 ** 31, result: state })), 'broken'],
  ['the answer to hello again', sending(encodeMessage({ id: 1, result: { protocol: 2, server: 'shim', display, epoch: 0 } })), 'broken'],
  ['a negative id', sending(raw('{"id":-1,"result":{}}')), 'broken'],
  ['an id that is text', sending(raw('{"id":"2","result":{}}')), 'broken'],
  ['an oversize message', sending(block), 'broken'],
  ['a header that ends after its message', sending(raw('{}', 200)), 'broken'],
  ['a header that is cut', sending(raw('{"id":2,"result":')), 'broken'],
  ['an empty message', sending(Buffer.alloc(0)), 'broken'],
  ['a message of three bytes', sending(Buffer.alloc(3)), 'broken'],
  ['text in place of bytes', sending('{"id":2}'), 'broken'],
  ['deep JSON', rawResult(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'broken'],
  ['a prototype', rawResult('{"__proto__":{"polluted":true}}'), 'broken'],
  ['a constructor', rawResult('{"constructor":{"prototype":{"polluted":true}}}'), 'broken'],
  ['a forged approval', sending(encodeMessage({ notice: 'approved', approvalId: 'run-1.approval.1' })), 'broken'],
  ['a forged lease', sending(encodeMessage({ notice: 'control', lease: '0'.repeat(32) })), 'broken'],
  ['a forged end of an action', sending(encodeMessage({ notice: 'done', actionId: 'a_1' })), 'broken'],
  ['a request', sending(encodeMessage({ id: 2, method: 'perform', params: {} })), 'broken'],
  ['a flood of notices', sending(...Array.from({ length: 100 }, () => encodeMessage({ notice: 'ending', reason: 'x' }))), 'broken'],
];

const numbers: readonly Case[] = (['null', '1e999', '-1', '1.5', '99999999999999999999', '"1"', '{}'] as const)
  .map((x): Case => [`a coordinate of ${x}`, rawResult(`{"held":{"keys":[],"buttons":[]},"pointer":{"x":${x},"y":2},"activeWindow":null,"windows":[]}`), 'broken']);
const missing: Case = ['a coordinate that is not there', rawResult('{"held":{"keys":[],"buttons":[]},"pointer":{"y":2},"activeWindow":null,"windows":[]}'), 'broken'];

const texts: readonly Case[] = [
  ['a title of 1 MB', (_id, socket) => void socket.send(raw(`{"id":2,"result":{"activeWindow":"${'x'.repeat(2 ** 20)}"}}`)), 'broken'],
  ['10,000 windows', titles(Array.from({ length: 10_000 }, () => 'w')), 'broken'],
  ['a title with markup', titles(['<img src=x onerror=alert(1)>']), (got) => assert.deepEqual((got as typeof state).windows, ['<img src=x onerror=alert(1)>'])],
  ['a title with a picture to fetch', titles(['![x](http://evil.example/?q=1)']), (got) => assert.equal((got as typeof state).windows.length, 1)],
  ['bad UTF-8', (id, socket) => sending(raw(Buffer.concat([Buffer.from(`{"id":${id},"result":{"activeWindow":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')])))(id, socket), 'broken'],
  ['an escape sequence in a refusal', refusal('\u001B]0;owned\u0007 \u001B[31mred'), 'unprocessable'],
  ['a line of the log in a refusal', refusal('no\r\n{"level":"error","msg":"forged"}'), 'unprocessable'],
  ['text that runs backwards in a refusal', refusal('\u202Egnp.exe'), 'unprocessable'],
  ['NUL in a refusal', refusal('a\u0000b'), 'unprocessable'],
  ['a refusal beyond its limit', refusal('x'.repeat(4097)), 'broken'],
];

const clipboards: readonly Case[] = [
  ['a clipboard of 100 MB', (_id, socket) => {
    for (let sent = 0; sent < 10; sent += 1) socket.send(block.subarray(0, 10 * 2 ** 20), { fin: sent === 9, binary: true });
    return undefined;
  }, 'broken'],
  ['a clipboard of one byte too many', result({ text: 'x'.repeat(limits.maxClipboardBytes + 1) }), 'broken'],
  ['NUL on the clipboard', result({ text: 'a\u0000b' }), text((got) => assert.equal(got, 'a\u0000b'))],
];

const png = await sharp({ create: { ...display, channels: 3, background: '#123456' } }).png({ compressionLevel: 1 }).toBuffer();
const at = (offset: number, ...bytes: number[]) => {
  const copy = Buffer.from(png);
  bytes.forEach((byte, index) => copy.writeUInt8(byte, offset + index));
  return copy;
};
const chunk = (type: string, content: Buffer) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc(4)]);
};
const after33 = (...parts: Buffer[]) => Buffer.concat([png.subarray(0, 33), ...parts, png.subarray(33)]);
const frameOf = (bytes: Buffer, more: object = {}) => ({
  frameId: 'f1', capturedAt: 1, display, region: { x: 0, y: 0, ...display }, format: 'png', ...display, byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 }, ...more,
});
const picture = (bytes: Buffer, more: object = {}): Attack => result({ frame: frameOf(bytes, more), settled: true, waitedMs: 0, captureMs: 1 }, bytes);
const images: readonly Case[] = ([
  ['that is no PNG', Buffer.from('GIF89a'.repeat(20))], ['cut in the middle', png.subarray(0, png.length / 2)], ['of another size', at(16, 0, 0, 0, 9)], ['of 50,000 pixels a side', at(16, 0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50)],
  ['with compressed text', after33(chunk('zTXt', Buffer.alloc(99)))], ['with a colour profile', after33(chunk('iCCP', Buffer.alloc(99)))], ['that is animated', after33(chunk('acTL', Buffer.alloc(8)))],
  ['interlaced', at(28, 1)], ['of 16 bits', at(24, 16)], ['with a palette', at(25, 3)], ['with a page behind its end', Buffer.concat([png, Buffer.from('<script>alert(1)</script>')])],
  ['that is an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'.repeat(3))],
] as const).map(([what, bytes]): Case => [`a picture ${what}`, picture(bytes), 'broken']);
/** As large as a picture may be; what its data would inflate to is not looked at. */
const large = Buffer.concat([png.subarray(0, 33), chunk('IDAT', Buffer.alloc(limits.maxImageBytes - 57)), png.subarray(-12)]);
const moreImages: readonly Case[] = [
  ['a picture whose data is a bomb', picture(large), (got) => assert.equal((got as { bytes: Buffer }).bytes.length, limits.maxImageBytes)],
  ['a picture of nothing', picture(Buffer.alloc(0)), 'broken'],
  ['a picture of 8 MiB and one byte', picture(block.subarray(0, limits.maxImageBytes + 1)), 'broken'],
  ['a picture whose hash is none', picture(png, { hash: '<script>' }), 'broken'],
  ['a picture of another screen', picture(png, { display: { width: 800, height: 600 } }), 'broken'],
];

/** Each frame arrives in two parts, the second a turn of the event loop later; their order is kept. */
function cutting(offset: number): (piece: Buffer, socket: Socket) => void {
  let late: Buffer = Buffer.alloc(0);
  return (piece, socket) => {
    const bytes = engineFrame(piece);
    socket.write(Buffer.concat([late, bytes.subarray(0, offset)]));
    late = bytes.subarray(offset);
    setImmediate(() => {
      socket.write(late);
      late = Buffer.alloc(0);
    });
  };
}

const entry = { path: 'a', kind: 'file', size: 1, modifiedAt: 1 };
const listings: readonly Case[] = [
  ['a listing with a device', result({ entries: [{ ...entry, kind: 'device' }], truncated: false }), 'broken'],
  ['a file of negative size', result({ entries: [{ ...entry, size: -1 }], truncated: false }), 'broken'],
  ['a file with a mode', result({ entries: [{ ...entry, mode: 0o4755 }], truncated: false }), 'broken'],
  ['a million entries', (_id, socket) => void socket.send(raw(`{"id":2,"result":{"entries":[${`${JSON.stringify(entry)},`.repeat(20_000)}`)), 'broken'],
  ['a listing that is text', result({ entries: 'none', truncated: false }), 'broken'],
];
const openings: readonly Case[] = [
  ['a file of 1 TB', result({ handle: 1, size: 2 ** 40 }), 'payload_too_large'],
  ['a handle of -1', result({ handle: -1, size: 1 }), 'broken'],
  ['a size that is text', result({ handle: 1, size: '1' }), 'broken'],
];
const programs: readonly Case[] = [
  ['output of another length', result({ exitCode: 0, signal: null, timedOut: false, truncated: false, stdoutBytes: 1000, stderrBytes: 0, durationMs: 1 }, Buffer.from('x')), 'broken'],
  ['an exit code that is text', result({ exitCode: 'approved', signal: null, timedOut: false, truncated: false, stdoutBytes: 0, stderrBytes: 0, durationMs: 1 }), 'broken'],
];

const groups: readonly (readonly [string, 'shim' | 'hands', (desktop: OpenDesktop) => Promise<unknown>, readonly Case[]])[] = [
  ['protocol', 'shim', (desktop) => desktop.state(soon()), protocol],
  ['numbers', 'shim', (desktop) => desktop.state(soon()), [...numbers, missing]],
  ['texts', 'shim', (desktop) => desktop.state(soon()), texts],
  ['clipboard', 'shim', (desktop) => desktop.readClipboard(soon()), clipboards],
  ['images', 'shim', (desktop) => desktop.capture({}, soon()), [...images, ...moreImages]],
  ['listings', 'hands', (desktop) => desktop.listFiles({}, soon()), listings],
  ['files', 'hands', (desktop) => desktop.readFile('a', soon()), openings],
  ['programs', 'hands', (desktop) => desktop.runProgram({ argv: ['true'] }, soon()), programs],
];

describe('a hostile desktop', () => {
  let other: Awaited<ReturnType<typeof wellBehaved>>;
  let atFirst = memory();
  before(async () => {
    other = await wellBehaved();
    await other.desktop.state(soon());
    await using standIn = await StandIn.answering(greeting('shim', () => ({ result: { frame: frameOf(large), settled: true, waitedMs: 0, captureMs: 1 }, body: large })));
    const desktop = desktopOver({ shim: standIn.path });
    // The largest messages that a good desktop sends: what they take is no growth.
    for (let times = 0; times < 8; times += 1) await desktop.capture({}, soon());
    desktop.detach('done');
    atFirst = memory();
  });
  after(async () => {
    await other[Symbol.asyncDispose]();
  });
  const theOtherAnswers = async () => assert.deepEqual(await other.desktop.state(soon()), state, 'another desktop is not concerned');

  for (const [group, server, ask, all] of groups) {
    for (const [what, attack, expected] of all) {
      it(`${group}: ${what}`, async () => {
        cases += 1;
        await using standIn = await StandIn.answering(greeting(server, ({ id }, _body, socket) => attack(id, socket)));
        const desktop = desktopOver({ [server]: standIn.path });
        const end = new Promise<{ readonly kind: string }>((resolve) => void desktop.onEnd(resolve));
        const came = await ask(desktop).then((value) => ({ value }), (error: unknown) => ({ error: VitrineError.from(error) }));
        if (typeof expected === 'function') {
          assert.ok('value' in came, 'error' in came ? came.error.message : '');
          expected(came.value);
        } else {
          assert.ok('error' in came);
          assert.equal(came.error.code, expected === 'broken' ? 'desktop_broken' : expected, came.error.message);
          assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(came.error.message), 'its words are made harmless');
          if (expected === 'broken' && server === 'shim') assert.equal((await end).kind, 'broken');
        }
        assert.equal(({} as { polluted?: boolean }).polluted, undefined);
        desktop.detach('done');
        await theOtherAnswers();
      });
    }
  }

  const framed = (piece: Buffer) => engineFrame(piece);
  const carries: readonly (readonly [string, (piece: Buffer, socket: Socket) => void, 'answers' | 'desktop_broken' | 'unavailable'])[] = [
    ...[3, 127, 255].map((type) => [`a frame of type ${type}`, (piece: Buffer, socket: Socket) => void socket.write(engineFrame(piece, type)), 'desktop_broken'] as const),
    ['a frame with padding that is not zero', (piece, socket) => void socket.write(Buffer.concat([Buffer.from([1, 9, 9, 9, 0, 0, 0, piece.length]), piece])), 'desktop_broken'],
    ['a frame of 4 GiB', (_piece, socket) => void socket.write(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255])), 'desktop_broken'],
    ['a frame of 16 MiB and one byte', (_piece, socket) => void socket.write(Buffer.from([1, 0, 0, 0, 1, 0, 0, 1])), 'desktop_broken'],
    ['100,000 empty frames before each piece', (piece, socket) => void socket.write(Buffer.concat([...Array.from({ length: 100_000 }, () => engineFrame(Buffer.alloc(0))), framed(piece)])), 'answers'],
    ['frames of one byte', (piece, socket) => void socket.write(Buffer.concat([...piece].map((byte) => framed(Buffer.from([byte]))))), 'answers'],
    ...[1, 2, 3, 4, 5, 6, 7].map((offset) => [`a header cut at ${offset}`, cutting(offset), 'answers'] as const),
    ['2 MiB of errors', (_piece, socket) => void socket.write(engineFrame(Buffer.alloc(2 * 2 ** 20), 2)), 'desktop_broken'],
    ['half a header and its end', (_piece, socket) => void socket.end(Buffer.from([1, 0, 0])), 'unavailable'],
  ];
  for (const [what, carry, expected] of carries) {
    it(`stream: ${what}`, async () => {
      cases += 1;
      await using engine = await engineStream(carry);
      const stream = await engine.open();
      const came = await openConnection(stream, { methods: shimMethods, name: 'desktop d_1', handshakeTimeoutMs: 4000 }, soon()).then(async (connection) => {
        const { result: got } = await connection.call('state', {}, { timeoutMs: 4000 }, soon());
        connection.close();
        return JSON.stringify(got) === JSON.stringify(state) ? 'answers' : 'another answer';
      }).catch((error: unknown) => VitrineError.from(error).code);
      stream.destroy();
      assert.equal(came, expected);
      await theOtherAnswers();
    });
  }

  it('names files as it likes: they are kept under names of the controller’s own', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(join(folder.path, 'data'));
    const names = ['../../escaped', '/etc/passwd', 'a\u0000b', '..', '.', 'x'.repeat(300), 'é', 'é', '\u202Egnp.exe', 'con', 'a/../../b'];
    for (const name of names) {
      cases += 1;
      const kept = await journal.keepArtefact('run-1', name, (async function* () { yield Buffer.from('content'); })(), 100).catch((error: unknown) => VitrineError.from(error));
      if (kept instanceof VitrineError) assert.notEqual(kept.code, 'internal', name);
    }
    journal.close();
    assert.deepEqual(await readdir(folder.path), ['data']);
    const files = (await readdir(join(folder.path, 'data'), { recursive: true })).filter((path) => path.includes('artefacts/'));
    assert.ok(files.every((path) => /^[\w./-]+$/.test(path) && !path.includes('..')), files.join('\n'));
  });

  it('costs no memory, and ends nothing', (test) => {
    const now = memory();
    const grown = { held: now.heldBytes - atFirst.heldBytes, rss: now.rssBytes - atFirst.rssBytes };
    test.diagnostic(`${cases} cases; ${Math.round(grown.held / 2 ** 20)} MiB more are held, ${Math.round(grown.rss / 2 ** 20)} MiB more are resident, the attacker's included`);
    assert.ok(cases >= 84, `${cases} cases`);
    assert.ok(grown.held < maxHeldBytes, `${Math.round(grown.held / 2 ** 20)} MiB are held`);
    // Half of it may be the attacker's, who sends from this process.
    assert.ok(grown.rss < 2 * maxGrowthBytes, `${Math.round(grown.rss / 2 ** 20)} MiB`);
  });
});
