import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Entry } from '../../controller/dialects/transcript.ts';
import { VitrineError } from '../../controller/errors.ts';
import { captureFor, imageBoundsFor } from '../../controller/models/image-limits.ts';
import { framesToShow } from '../../controller/models/images.ts';
import { retryAfterOf, retrying } from '../../controller/models/retrying.ts';

describe('captureFor', () => {
  it('is 1600 by 1200 without limits, and the edge with one', () => {
    assert.deepEqual(captureFor({}), { format: 'png', maxWidth: 1600, maxHeight: 1200 });
    assert.deepEqual(captureFor({ maxEdge: 1000 }), { format: 'png', maxWidth: 1000, maxHeight: 1000 });
  });

  it('keeps every limit for a picture of any shape', () => {
    const limits = fc.record({ maxEdge: fc.integer({ min: 64, max: 4096 }), maxPixels: fc.integer({ min: 4096, max: 16_000_000 }), maxVisualTokens: fc.integer({ min: 16, max: 20_000 }) }, { requiredKeys: [] });
    fc.assert(fc.property(limits, (given) => {
      const { maxWidth: width = 0, maxHeight: height = 0 } = captureFor(given);
      if (Object.keys(given).length === 0) return true;
      return width >= 16 && height >= 16 && Math.max(width, height) <= (given.maxEdge ?? 4096) && width * height <= (given.maxPixels ?? Infinity)
        && Math.ceil(width / 28) * Math.ceil(height / 28) <= (given.maxVisualTokens ?? Infinity);
    }), { numRuns: 500 });
  });
});

describe('imageBoundsFor', () => {
  const answered = (index: number): Entry => ({ kind: 'results', results: [{ callId: `c${index}`, isError: false, notes: [], acknowledged: [], frameId: `f${index}` }] });

  it('never shows more than allowed with the caller\'s own, and always the last', () => {
    for (const maxImages of [1, 2, 3, 5, 10, 29, 100]) {
      for (const given of [0, 1, 3]) {
        const task: Entry = { kind: 'task', text: '', frameId: null, earlier: [], pictures: Array.from({ length: given }, () => 'data:') };
        for (let count = 1; count < 120; count += 7) {
          const transcript = [task, ...Array.from({ length: count }, (_, index) => answered(index))];
          const shown = framesToShow(transcript, imageBoundsFor({ maxImages }, transcript));
          assert.ok(shown.length <= Math.max(1, maxImages - given), `${shown.length} of ${maxImages}`);
          assert.equal(shown.at(-1), `f${count - 1}`);
        }
      }
    }
  });
});

describe('retrying', () => {
  const failure = (retryable: boolean, retryAfterMs?: number) => () => ({ failure: new VitrineError('model_failed', 'no', { details: { retryable } }), retryAfterMs });
  const signal = () => AbortSignal.timeout(10_000);

  it('tries as often as it may', async () => {
    let tries = 0;
    await assert.rejects(retrying(2, async () => { tries += 1; throw new Error('x'); }, failure(true, 1), signal()), { code: 'model_failed' });
    assert.equal(tries, 3);
  });

  it('waits for no server that asks for more than ten minutes', async () => {
    let tries = 0;
    await assert.rejects(retrying(2, async () => { tries += 1; throw new Error('x'); }, failure(true, 3_600_000), signal()));
    assert.equal(tries, 1);
  });

  it('pauses about half a second when the server asks for nothing', async () => {
    const begun = performance.now();
    await assert.rejects(retrying(1, () => Promise.reject(new Error('x')), failure(true), signal()));
    const ms = performance.now() - begun;
    assert.ok(ms >= 370 && ms < 2500, `${ms} ms`);
  });

  it('reads what servers ask for', () => {
    const of = (headers: Record<string, string>) => retryAfterOf(new Headers(headers));
    assert.deepEqual([of({ 'retry-after-ms': '20' }), of({ 'retry-after': '2' }), of({ 'retry-after': '0' }), of({}), of({ 'retry-after': 'soon' }), retryAfterOf(undefined)], [20, 2000, 0, undefined, undefined, undefined]);
    const ms = of({ 'retry-after': new Date(Date.now() + 30_000).toUTCString() }) ?? 0;
    assert.ok(ms > 25_000 && ms <= 30_000);
  });
});
