import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { imageFault, thumbnailFault } from '../../controller/desktops/image-check.ts';
import type { Frame, ImageFormat } from '../../sandbox-image/wire/index.ts';

const pixels = sharp({ create: { width: 64, height: 40, channels: 3, background: { r: 10, g: 200, b: 30 } } });

function frameOf(bytes: Buffer, more: Partial<Frame> = {}): Frame {
  return {
    frameId: 'f1', capturedAt: 1, display: { width: 640, height: 400 }, region: { x: 0, y: 0, width: 640, height: 400 }, format: 'png',
    width: 64, height: 40, byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 }, ...more,
  };
}

const png = await pixels.clone().png({ compressionLevel: 1 }).toBuffer();
const pictures: Record<ImageFormat, Buffer[]> = {
  png: [png, await pixels.clone().ensureAlpha().png().toBuffer()],
  jpeg: [await pixels.clone().jpeg({ quality: 85 }).toBuffer(), await pixels.clone().jpeg({ progressive: true }).toBuffer()],
  webp: [await pixels.clone().webp({ quality: 80 }).toBuffer(), await pixels.clone().webp({ lossless: true }).toBuffer(), await pixels.clone().ensureAlpha(0.5).webp({ quality: 50 }).toBuffer()],
};

/** A PNG chunk of a type with some content; nobody here looks at checksums. */
function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc(4)]);
}

function withByte(bytes: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(value, offset);
  return copy;
}

const hostile: Record<string, Buffer> = {
  'another size': withByte(png, 19, 65),
  '50,000 pixels a side': withByte(withByte(png, 18, 0xc3), 19, 0x50),
  '16 bits': withByte(png, 24, 16),
  'a palette': withByte(png, 25, 3),
  'interlacing': withByte(png, 28, 1),
  'compressed text': Buffer.concat([png.subarray(0, 33), chunk('zTXt', Buffer.alloc(99)), png.subarray(33)]),
  'a colour profile': Buffer.concat([png.subarray(0, 33), chunk('iCCP', Buffer.alloc(99)), png.subarray(33)]),
  'animation': Buffer.concat([png.subarray(0, 33), chunk('acTL', Buffer.alloc(8)), png.subarray(33)]),
  'a second header': Buffer.concat([png.subarray(0, 33), png.subarray(8, 33), png.subarray(33)]),
  'something behind its end': Buffer.concat([png, Buffer.from('<script>')]),
  'no end': png.subarray(0, -12),
  'a chunk longer than the file': withByte(png, 33, 0xff),
  'another format inside': pictures.jpeg[0] ?? Buffer.alloc(0),
  'a page': Buffer.from('<html><svg onload=alert(1)></svg></html>'.repeat(3)),
  'nothing': Buffer.alloc(0),
};

describe('imageFault', () => {
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    it(`takes what sharp writes as ${format}`, () => {
      for (const bytes of pictures[format]) assert.equal(imageFault(frameOf(bytes, { format }), bytes), undefined);
    });

    it(`refuses a ${format} of another size or length, and any other format under that name`, () => {
      for (const bytes of pictures[format]) {
        assert.match(imageFault(frameOf(bytes, { format, width: 63 }), bytes) ?? '', /64x40 pixels where 63x40/);
        assert.match(imageFault(frameOf(bytes, { format, byteLength: bytes.length + 1 }), bytes) ?? '', /are declared/);
        for (const other of (['png', 'jpeg', 'webp'] as const).filter((one) => one !== format)) assert.ok(imageFault(frameOf(bytes, { format: other }), bytes));
      }
    });
  }

  for (const [what, bytes] of Object.entries(hostile)) {
    it(`refuses a PNG with ${what}`, () => assert.ok(imageFault(frameOf(bytes), bytes)));
  }

  it('refuses a region off the screen and a picture larger than its region', () => {
    assert.match(imageFault(frameOf(png, { region: { x: 600, y: 0, width: 64, height: 40 } }), png) ?? '', /off its screen/);
    assert.match(imageFault(frameOf(png, { region: { x: 0, y: 0, width: 63, height: 40 } }), png) ?? '', /larger than the region/);
  });

  it('takes a thumbnail that is the JPEG it says, and nothing larger or other', () => {
    const [jpeg = Buffer.alloc(0)] = pictures.jpeg;
    const size = { width: 64, height: 40 };
    assert.equal(thumbnailFault(size, 320, jpeg), undefined);
    assert.match(thumbnailFault({ width: 65, height: 40 }, 320, jpeg) ?? '', /64x40 pixels where 65x40/);
    assert.match(thumbnailFault(size, 63, jpeg) ?? '', /64 pixels wide where 63/);
    assert.match(thumbnailFault(size, 320, png) ?? '', /no plain JPEG/);
    assert.match(thumbnailFault(size, 320, Buffer.concat([jpeg, Buffer.alloc(5_000_000)])) ?? '', /the limit is/);
  });

  it('never throws and never takes a damaged header', () => {
    fc.assert(fc.property(fc.constantFrom(...Object.entries(pictures).flatMap(([format, all]) => all.map((bytes) => ({ format: format as ImageFormat, bytes })))), fc.nat(), fc.nat(255), ({ format, bytes }, place, value) => {
      const damaged = withByte(bytes, place % bytes.length, value);
      const fault = imageFault(frameOf(damaged, { format }), damaged);
      assert.ok(fault === undefined || typeof fault === 'string');
      const cut = damaged.subarray(0, place % damaged.length);
      assert.ok(imageFault(frameOf(cut, { format, byteLength: cut.length }), cut) !== undefined);
    }), { numRuns: 2000 });
  });
});
