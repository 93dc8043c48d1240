import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createShownPictures } from '../../controller/models/shown-pictures.ts';
import type { ShownPictures } from '../../controller/models/shown-pictures.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';

/** Asks for pictures of ten bytes and tells which had to be made. */
function asking(shown: ShownPictures) {
  return async (...keys: readonly (readonly [string, string])[]): Promise<string[]> => {
    const made: string[] = [];
    for (const [runId, frameId] of keys) {
      const { url } = await shown.get(runId, frameId, () => {
        made.push(`${runId}/${frameId}`);
        return Promise.resolve({ frame: { frameId } as Frame, url: `${runId}/${frameId}`.padEnd(10) });
      });
      assert.equal(url.trim(), `${runId}/${frameId}`);
    }
    return made;
  };
}

describe('createShownPictures', () => {
  it('makes a picture once, and another run\'s of the same name again', async () => {
    const ask = asking(createShownPictures());
    assert.deepEqual(await ask(['r1', 'f1'], ['r1', 'f1'], ['r2', 'f1']), ['r1/f1', 'r2/f1']);
    assert.deepEqual(await ask(['r1', 'f1'], ['r2', 'f1']), []);
  });

  it('keeps no more than its bytes; what was not asked for the longest goes first', async () => {
    const shown = createShownPictures(35);
    const ask = asking(shown);
    await ask(['r1', 'f1'], ['r1', 'f2'], ['r1', 'f3'], ['r1', 'f1'], ['r1', 'f4']);
    assert.equal(shown.bytes, 30);
    assert.deepEqual(await ask(['r1', 'f1'], ['r1', 'f3'], ['r1', 'f4']), []);
    assert.deepEqual(await ask(['r1', 'f2']), ['r1/f2']);
    assert.equal(shown.bytes, 30);
  });

  it('keeps nothing of a run that has ended, nor what does not fit at all', async () => {
    const shown = createShownPictures(15);
    const ask = asking(shown);
    await ask(['r1', 'f1']);
    shown.forget('r2');
    assert.equal(shown.bytes, 10);
    shown.forget('r1');
    assert.equal(shown.bytes, 0);
    await shown.get('r1', 'f1', () => Promise.resolve({ frame: { frameId: 'f1' } as Frame, url: 'x'.repeat(16) }));
    assert.equal(shown.bytes, 0);
    assert.deepEqual(await ask(['r1', 'f1']), ['r1/f1']);
  });

  it('keeps nothing that could not be made', async () => {
    const shown = createShownPictures();
    await assert.rejects(shown.get('r1', 'f1', () => Promise.reject(new Error('no such file'))), /no such file/);
    assert.deepEqual([shown.bytes, await asking(shown)(['r1', 'f1'])], [0, ['r1/f1']]);
  });
});
