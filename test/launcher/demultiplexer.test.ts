import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Demultiplexer } from '../../controller/launcher/demultiplexer.ts';

type Part = { readonly type: 1 | 2; readonly payload: Buffer };

function frame({ type, payload }: Part): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** Standard output and error of a stream that arrives in these chunks. */
function split(chunks: readonly Buffer[]): { stdout: Buffer; stderr: Buffer } {
  const demultiplexer = new Demultiplexer();
  const collected: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  for (const chunk of chunks) demultiplexer.push(chunk, (type, payload) => collected[type].push(Buffer.from(payload)));
  return { stdout: Buffer.concat(collected[1]), stderr: Buffer.concat(collected[2]) };
}

/** Cuts bytes at the given places, taken modulo the length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const part = fc.record({ type: fc.constantFrom(1 as const, 2 as const), payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) });

describe('Demultiplexer', () => {
  it('gives the same output however the bytes are cut', () => {
    fc.assert(fc.property(fc.array(part, { maxLength: 40 }), fc.array(fc.nat(20_000), { maxLength: 60 }), (parts, places) => {
      const bytes = Buffer.concat(parts.map(frame));
      const expected = (type: 1 | 2) => Buffer.concat(parts.filter((one) => one.type === type).map((one) => one.payload));
      const { stdout, stderr } = split(cut(bytes, places));
      assert.deepEqual(stdout, expected(1));
      assert.deepEqual(stderr, expected(2));
    }), { numRuns: 500 });
  });

  it('takes a stream byte by byte', () => {
    const bytes = Buffer.concat([frame({ type: 1, payload: Buffer.from('out') }), frame({ type: 2, payload: Buffer.from('err') }), frame({ type: 1, payload: Buffer.alloc(0) })]);
    const { stdout, stderr } = split([...bytes].map((byte) => Buffer.from([byte])));
    assert.equal(stdout.toString(), 'out');
    assert.equal(stderr.toString(), 'err');
  });

  it('survives 100,000 one-byte frames in one chunk', () => {
    const one = frame({ type: 1, payload: Buffer.from('x') });
    const { stdout } = split([Buffer.concat(Array.from({ length: 100_000 }, () => one))]);
    assert.equal(stdout.length, 100_000);
  });

  for (const type of [0, 3, 4, 255]) {
    it(`refuses a frame of type ${type}, wherever the header is cut`, () => {
      const bytes = Buffer.concat([frame({ type: 1, payload: Buffer.from('ok') }), Buffer.from([type, 0, 0, 0, 0, 0, 0, 1, 65])]);
      for (let place = 10; place <= 18; place += 1) {
        assert.throws(() => split(cut(bytes, [place])), { code: 'desktop_broken', message: new RegExp(`type ${type}`) });
      }
    });
  }

  it('refuses a malformed header and an absurd length without waiting for the payload', () => {
    assert.throws(() => split([Buffer.from([1, 0, 7, 0, 0, 0, 0, 1])]), { code: 'desktop_broken' });
    assert.throws(() => split([Buffer.from([1, 0, 0, 0, 255, 255, 255, 255])]), { code: 'desktop_broken', message: /4294967295/ });
  });
});
