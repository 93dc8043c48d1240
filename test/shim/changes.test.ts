import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareScreens, extentOf } from '../../sandbox-image/shim/changes.ts';
import { paint } from '../support/pixels.ts';

const blank = paint(100, 60);

describe('compareScreens', () => {
  it('finds nothing between equal screens, and nothing in the padding byte', () => {
    assert.deepEqual(compareScreens(blank, paint(100, 60)), []);
    assert.deepEqual(compareScreens(blank, paint(100, 60, [3, 3, 50, 50, 0xff000000])), []);
  });

  it('finds every changed pixel, wherever it is, and the smallest box around all', () => {
    const pixel = fc.record({ x: fc.nat(99), y: fc.nat(59), colour: fc.integer({ min: 1, max: 0xffffff }) });
    fc.assert(fc.property(fc.uniqueArray(pixel, { minLength: 1, maxLength: 40, selector: ({ x, y }) => `${x},${y}` }), (pixels) => {
      const after = paint(100, 60, ...pixels.map(({ x, y, colour }) => [x, y, 1, 1, colour] as const));
      const changes = compareScreens(blank, after);
      const extent = extentOf(changes, after);
      const xs = pixels.map(({ x }) => x);
      const ys = pixels.map(({ y }) => y);
      assert.deepEqual(extent?.region, { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs) + 1, height: Math.max(...ys) - Math.min(...ys) + 1 });
      assert.equal(extent?.share, pixels.length / 6000);
      assert.deepEqual(new Set(changes.map(({ tile }) => tile)), new Set(pixels.map(({ x, y }) => Math.floor(y / 16) * 7 + Math.floor(x / 16))));
    }));
  });

  it('reads and compares a whole screen in about a millisecond', (test) => {
    const before = paint(1280, 800);
    const after = paint(1280, 800, [100, 100, 400, 300, 0x123456]);
    const times = Array.from({ length: 40 }, () => {
      const start = performance.now();
      compareScreens(before, after);
      return performance.now() - start;
    }).toSorted((a, b) => a - b);
    test.diagnostic(`comparing 1280x800 with 400x300 changed: ${times[20]?.toFixed(2)} ms`);
    assert.ok((times[20] ?? Infinity) < 10);
  });
});
