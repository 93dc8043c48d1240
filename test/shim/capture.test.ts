import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { createCapture, packRgb } from '../../sandbox-image/shim/capture.ts';
import { blendCursor, type Cursor } from '../../sandbox-image/shim/cursor.ts';
import { createFrameStore } from '../../sandbox-image/shim/frame-store.ts';
import { movesAlong } from '../../sandbox-image/shim/mouse.ts';
import { CaptureOptions, Frame } from '../../sandbox-image/wire/index.ts';
import { paint } from '../support/pixels.ts';

const noCursor: Cursor = { x: 0, y: 0, serial: 1, hotX: 0, hotY: 0, width: 0, height: 0, argb: Buffer.alloc(0) };

describe('packRgb', () => {
  it('gives the red, green and blue of every pixel of any region', () => {
    const screen = paint(64, 48, [0, 0, 64, 48, 0x00112233], [10, 10, 7, 5, 0xffa0b0c0], [63, 47, 1, 1, 0x7f010203]);
    const region = fc.tuple(fc.nat(63), fc.nat(47)).chain(([x, y]) => fc.record({ x: fc.constant(x), y: fc.constant(y), width: fc.integer({ min: 1, max: 64 - x }), height: fc.integer({ min: 1, max: 48 - y }) }));
    fc.assert(fc.property(fc.oneof(region, fc.constant({ x: 0, y: 3, width: 64, height: 40 })), ({ x, y, width, height }) => {
      const rgb = packRgb(screen, { x, y, width, height });
      const [row, column] = [height - 1, width - 1];
      for (const [dx, dy] of [[0, 0], [column, row], [column >> 1, row >> 1]] as const) {
        const word = screen.bytes.readUInt32LE(((y + dy) * 64 + x + dx) * 4);
        assert.equal(rgb.readUIntBE((dy * width + dx) * 3, 3), word & 0xffffff);
      }
    }));
  });
});

describe('createCapture', () => {
  const screen = paint(640, 480, [100, 50, 40, 30, 0xff8000]);

  it('writes a frame that fits the contract and shows the pixels', async () => {
    const { frame, picture } = await createCapture(createFrameStore(1)).capture(screen, noCursor, CaptureOptions.parse({}), 'look');
    Frame.parse(frame);
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [640, 480]);
    assert.equal(data.readUIntBE((60 * 640 + 110) * 3, 3), 0xff8000);
  });

  it('scales down, never up, and keeps the proportions', async () => {
    const capture = createCapture(createFrameStore(1));
    const sizeOf = async (options: object) => {
      const { frame } = await capture.capture(screen, noCursor, CaptureOptions.parse(options), 'look');
      return [frame.width, frame.height];
    };
    assert.deepEqual(await sizeOf({ maxWidth: 320 }), [320, 240]);
    assert.deepEqual(await sizeOf({ maxWidth: 4000 }), [640, 480]);
    assert.deepEqual(await sizeOf({ maxHeight: 48, region: { x: 0, y: 0, width: 100, height: 96 } }), [50, 48]);
  });

  it('gives equal screens equal hashes, whatever the padding byte and the pointer are', async () => {
    const capture = createCapture(createFrameStore(1));
    const cursor: Cursor = { x: 5, y: 5, serial: 2, hotX: 0, hotY: 0, width: 1, height: 1, argb: Buffer.from([255, 255, 255, 255]) };
    const one = await capture.capture(screen, noCursor, CaptureOptions.parse({}), 'look');
    const two = await capture.capture(paint(640, 480, [0, 0, 640, 480, 0xff000000], [100, 50, 40, 30, 0xff8000]), cursor, CaptureOptions.parse({}), 'look');
    assert.equal(one.frame.hash, two.frame.hash);
    assert.notDeepEqual(one.picture, two.picture);
    assert.ok(one.frame.frameId < two.frame.frameId);
  });
});

describe('blendCursor', () => {
  it('draws the pointer around its hot spot, cut at the edges of the region', () => {
    const rgb = Buffer.alloc(4 * 4 * 3, 100);
    const half = Buffer.from([0, 0, 128, 128]); // half-transparent red, premultiplied
    blendCursor(rgb, { x: 10, y: 10, width: 4, height: 4 }, { x: 11, y: 10, serial: 1, hotX: 1, hotY: 1, width: 2, height: 2, argb: Buffer.concat([half, half, half, half]) });
    assert.deepEqual([...rgb.subarray(0, 9)], [178, 50, 50, 178, 50, 50, 100, 100, 100]);
    assert.equal(rgb[12], 100);
  });
});

describe('movesAlong', () => {
  it('has at least eight steps, ends at each point of the path, and never leaves it', () => {
    const path = [{ x: 0, y: 0 }, { x: 3, y: 0 }, { x: 300, y: 400 }];
    const moves = movesAlong(path);
    assert.ok(moves.length >= 8 && moves.length <= 80);
    assert.ok(moves.some(({ x, y }) => x === 3 && y === 0));
    assert.deepEqual(moves.at(-1), { x: 300, y: 400 });
  });
});
