import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { Cursor } from '../../sandbox-image/shim/cursor.ts';
import { allocatePixels } from '../../sandbox-image/shim/framebuffer.ts';
import type { Pixels } from '../../sandbox-image/shim/framebuffer.ts';
import { createThumbnails } from '../../sandbox-image/shim/thumbnail.ts';

/** A white arrow, opaque. */
const cursor: Cursor = { x: 640, y: 400, serial: 1, hotX: 0, hotY: 0, width: 16, height: 16, argb: Buffer.alloc(16 * 16 * 4, 0xff) };

/** A screen of text, as far as an encoder can tell. */
function screen(seed: number, width = 1280, height = 800): Pixels {
  const pixels = allocatePixels({ width, height });
  for (let index = 0; index < pixels.bytes.length; index += 4) pixels.bytes.writeUInt32LE(((index >>> 6) * 2_654_435_761 + seed) % 7 === 0 ? 0x202020 : 0x3060a0, index);
  return pixels;
}

describe('a thumbnail', () => {
  it('is a small JPEG of the screen in its proportions, pointer included', async () => {
    const pixels = allocatePixels({ width: 1280, height: 800 });
    pixels.bytes.fill(0);
    const { picture, width, height } = await createThumbnails().make(pixels, cursor, 320, 60);
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([width, height, info.width, info.height, (await sharp(picture).metadata()).format], [320, 200, 320, 200, 'jpeg']);
    assert.ok((data[(102 * 320 + 162) * 3] ?? 0) > 150, 'the pointer is white where it is');
    assert.ok((data[(20 * 320 + 20) * 3] ?? 255) < 30, 'and the screen black');
    const narrow = await createThumbnails().make(screen(1, 300, 800), cursor, 320, 60);
    assert.deepEqual([narrow.width, narrow.height], [300, 800], 'nothing is made larger');
  });

  it('is made anew when screen or pointer changed, and only then', async () => {
    const thumbnails = createThumbnails();
    const pixels = screen(1);
    const first = await thumbnails.make(pixels, cursor, 320, 60);
    assert.equal(await thumbnails.make(pixels, cursor, 320, 60), first);
    assert.notEqual(await thumbnails.make(pixels, { ...cursor, x: 10 }, 320, 60), first);
    assert.notEqual(await thumbnails.make(screen(2), cursor, 320, 60), first);
  });

  it('costs little', async () => {
    const thumbnails = createThumbnails();
    const screens = Array.from({ length: 21 }, (_, seed) => screen(seed));
    await thumbnails.make(screens[0] ?? screen(0), cursor, 320, 60);
    const before = process.cpuUsage();
    for (const pixels of screens.slice(1)) await thumbnails.make(pixels, cursor, 320, 60);
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000 / 20;
    console.log(`thumbnail: ${ms.toFixed(1)} ms of processor for one of a changed screen of 1280x800 (mean of 20)`);
    assert.ok(ms < 100, `${ms} ms`);
  });
});
