import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Thumbnails } from '../../controller/desktops/thumbnails.ts';

describe('the thumbnails of a desktop', () => {
  it('are made one at a time and shared by all who ask, and are another after a while', async () => {
    let made = 0;
    const waiting: (() => void)[] = [];
    const thumbnails = new Thumbnails({ thumbnail: async (maxWidth) => {
      made += 1;
      const bytes = Buffer.from(`${maxWidth} ${made}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return bytes;
    } });
    const asked = Array.from({ length: 10 }, () => thumbnails.latest());
    waiting.shift()?.();
    assert.deepEqual(new Set((await Promise.all(asked)).map(({ bytes }) => bytes.toString())), new Set(['320 1']));
    assert.equal((await thumbnails.latest()).bytes.toString(), '320 1');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const next = thumbnails.latest();
    waiting.shift()?.();
    assert.equal((await next).bytes.toString(), '320 2');
    assert.notEqual((await next).tag, (await asked[0])?.tag);
    assert.equal(made, 2);
  });

  it('are tried again after a failure', async () => {
    let asked = 0;
    const thumbnails = new Thumbnails({ thumbnail: async () => {
      asked += 1;
      if (asked === 1) throw new Error('away');
      return Buffer.from('picture');
    } });
    await assert.rejects(thumbnails.latest(), /away/);
    assert.equal((await thumbnails.latest()).bytes.toString(), 'picture');
  });
});
