import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readClientMessages, RfbViolation } from '../../controller/desktops/rfb/client-messages.ts';
import type { ClientMessages } from '../../controller/desktops/rfb/client-messages.ts';
import { cutText, keyEvent, pointerEvent, qemuKey, setDesktopSize, setEncodings, updateRequest } from '../view/support/rfb-client.ts';

const handshake = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1])]);
const pixelFormat = Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
const fence = Buffer.from([248, 0, 0, 0, 0, 0, 0, 1, 3, 7, 7, 7]);
const continuous = Buffer.from([150, 1, 0, 0, 0, 0, 5, 0, 3, 32]);
const xvp = Buffer.from([250, 0, 1, 2]);

const watching = [pixelFormat, setEncodings(0, 7, 16, -239, -32, -256), updateRequest(true), updateRequest(false, 640, 400), fence, continuous];
const input = [keyEvent(97, true), keyEvent(0xffff_ffff, false), pointerEvent(10, 20, 1), pointerEvent(65_535, 0, 255), cutText(''), cutText('Grüße')];
const never = [qemuKey(97, true, 38), setDesktopSize(800, 600), xvp, Buffer.from([1]), Buffer.from([7]), Buffer.from([200, 0]), Buffer.from([252, 0]), Buffer.from([253, 0, 0])];

const always = () => true;

/** Everything that passes of these chunks, and why it stopped, if so. */
function fed(messages: ClientMessages, chunks: readonly Buffer[]): { readonly passed: Buffer; readonly violation: string | undefined } {
  const passed: Buffer[] = [];
  try {
    for (const chunk of chunks) passed.push(messages.take(chunk));
    return { passed: Buffer.concat(passed), violation: undefined };
  } catch (error) {
    if (!(error instanceof RfbViolation)) throw error;
    return { passed: Buffer.concat(passed), violation: error.message };
  }
}

const bytewise = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));

/** The same bytes in other pieces. */
const cut = (bytes: Buffer) => fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }).map((places) => {
  const edges = [0, ...places.toSorted((one, other) => one - other), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
});

describe('what a client of the live view sends', () => {
  it('passes as it came while it only watches', () => {
    const bytes = Buffer.concat([handshake, ...watching]);
    for (const chunks of [[bytes], bytewise(bytes)]) assert.deepEqual(fed(readClientMessages('view', always), chunks), { passed: bytes, violation: undefined });
  });

  for (const message of [...input, ...never]) {
    it(`is refused in view as message ${message[0]} of ${message.length} bytes, whole or byte by byte, and nothing of it passes`, () => {
      const before = Buffer.concat([handshake, ...watching]);
      for (const chunks of [[before, message], [Buffer.concat([before, message])], bytewise(Buffer.concat([before, message]))]) {
        const { passed, violation } = fed(readClientMessages('view', always), chunks);
        assert.match(violation ?? '', /^this connection may only watch: .* is refused$/);
        assert.deepEqual(passed, before.subarray(0, passed.length));
      }
    });
  }

  it('gives input in control as long as that lasts, asked anew for every message', () => {
    let lasts = true;
    const messages = readClientMessages('control', () => lasts);
    assert.deepEqual(fed(messages, [handshake]).passed, handshake);
    assert.equal(messages.hasInput, false);
    for (const message of input) assert.deepEqual(fed(messages, bytewise(message)), { passed: message, violation: undefined });
    assert.equal(messages.hasInput, true);
    assert.deepEqual(messages.take(keyEvent(98, true).subarray(0, 7)), Buffer.alloc(0));
    lasts = false;
    assert.throws(() => messages.take(keyEvent(98, true).subarray(7)), /control has passed on/);
  });

  for (const message of never) {
    it(`is refused in control as message ${message[0]}`, () => {
      assert.match(fed(readClientMessages('control', always), [handshake, message]).violation ?? '', /is refused$/);
    });
  }

  it('tells of presses, not of what was pressed', () => {
    const told: string[] = [];
    const messages = readClientMessages('control', always, (kind) => told.push(kind));
    const pointer = [0, 1, 1, 0, 8, 0, 16, 0, 4].map((buttons) => pointerEvent(10, 10, buttons));
    messages.take(Buffer.concat([handshake, keyEvent(97, true), keyEvent(97, false), ...pointer, cutText('x')]));
    assert.deepEqual(told, ['key', 'click', 'scroll', 'scroll', 'click']);
  });

  it('is a shared connection whatever it says, and takes nothing but version 3.8 without a password', () => {
    const exclusive = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 0])]);
    assert.deepEqual(fed(readClientMessages('view', always), [exclusive]).passed, handshake);
    assert.match(fed(readClientMessages('view', always), [keyEvent(97, true)]).violation ?? '', /version 3\.8/, 'at the first byte that is none of it');
    for (const start of ['RFB 003.003\n', 'RFB 003.889\n', 'GET / HTTP/1.1\r\n', '\0'.repeat(12)]) assert.match(fed(readClientMessages('view', always), [Buffer.from(start)]).violation ?? '', /version 3\.8/);
    assert.match(fed(readClientMessages('view', always), [Buffer.from('RFB 003.008\n\x02')]).violation ?? '', /security type 2/);
  });

  it('asks for no encodings that would give its input another form', () => {
    const asked = setEncodings(7, -258, -316, -308, -309, 0xc0a1e5ce | 0, 1234, -239);
    assert.deepEqual(fed(readClientMessages('view', always), [handshake, asked]).passed.subarray(handshake.length), setEncodings(7, -239));
    assert.deepEqual(fed(readClientMessages('control', always), [handshake, asked]).passed.subarray(handshake.length), setEncodings(7, 0xc0a1e5ce | 0, -239));
  });

  it('is bounded', () => {
    const huge = (...head: number[]) => Buffer.from(head);
    const bad = [huge(2, 0, 1, 1), huge(6, 0, 0, 0, 0, 2, 0, 0), huge(6, 0, 0, 0, 0x80, 0, 0, 0), huge(248, 0, 0, 0, 0, 0, 0, 0, 65), huge(0, 0, 0, 0, 24, ...new Uint8Array(15))];
    for (const message of bad) assert.match(fed(readClientMessages('control', always), [handshake, message]).violation ?? '', /the limit is|do not exist/);
    const largest = cutText('x'.repeat(65_536));
    const started = performance.now();
    assert.deepEqual(fed(readClientMessages('control', always), [handshake, ...bytewise(largest)]).passed.subarray(handshake.length), largest);
    assert.ok(performance.now() - started < 5000, 'a text that comes byte by byte is not copied again with every byte');
  });

  it('is judged the same however it is cut', () => {
    const message = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...watching) }, { weight: 2, arbitrary: fc.constantFrom(...input) }, { weight: 1, arbitrary: fc.constantFrom(...never) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) });
    const conversation = fc.array(message, { maxLength: 20 }).map((messages) => Buffer.concat([handshake, ...messages]));
    fc.assert(fc.property(fc.constantFrom('view' as const, 'control' as const), conversation.chain((bytes) => fc.tuple(fc.constant(bytes), cut(bytes))), (mode, [bytes, chunks]) => {
      const byte = fed(readClientMessages(mode, always), bytewise(bytes));
      const other = fed(readClientMessages(mode, always), chunks);
      assert.equal(other.violation, byte.violation);
      assert.deepEqual(byte.passed.subarray(0, other.passed.length), other.passed, 'what passes before a violation may be less, never something else');
      if (byte.violation === undefined) assert.deepEqual(other.passed, byte.passed);
    }), { numRuns: 500 });
  });

  it('holds nothing but messages that ask for the picture once it has passed in view', () => {
    const types = new Set([0, 2, 3, 150, 248]);
    const sizes: Readonly<Record<number, (at: Buffer) => number>> = { 0: () => 20, 2: (at) => 4 + 4 * at.readUInt16BE(2), 3: () => 10, 150: () => 10, 248: (at) => 9 + (at[8] ?? 0) };
    fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom(...watching, ...input), fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes))), { maxLength: 12 }), (messages) => {
      let { passed } = fed(readClientMessages('view', always), [handshake, ...messages]);
      passed = passed.subarray(handshake.length);
      while (passed.length > 0) {
        const type = passed[0] ?? -1;
        assert.ok(types.has(type), `message ${type}`);
        passed = passed.subarray(sizes[type]?.(passed));
      }
    }), { numRuns: 500 });
  });
});
