import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PictureStore } from '../../../controller/console/film/picture-store.ts';

/** A source whose loads end when the test says so. */
function sourceOfTest() {
  const asked: string[] = [];
  const closed: string[] = [];
  const pending = new Map<string, PromiseWithResolvers<{ picture: string } | { missing: string }>>();
  const aborted: string[] = [];
  const load = (frameId: string, signal: AbortSignal) => {
    asked.push(frameId);
    const loading = Promise.withResolvers<{ picture: string } | { missing: string }>();
    pending.set(frameId, loading);
    signal.addEventListener('abort', () => {
      aborted.push(frameId);
      loading.reject(signal.reason);
    });
    return loading.promise;
  };
  const give = async (...frameIds: string[]) => {
    for (const frameId of frameIds) pending.get(frameId)?.resolve({ picture: frameId });
    await new Promise((next) => setImmediate(next));
  };
  return { source: { load, close: (picture: string) => void closed.push(picture) }, asked, closed, aborted, give, pending };
}

describe('PictureStore', () => {
  it('fetches what is wanted now before what may be wanted next, and each once', async () => {
    const { source, asked, give } = sourceOfTest();
    using store = new PictureStore(source);
    const wanted = store.want('f1', ['f2', 'f3']);
    assert.deepEqual(asked, ['f1']);
    await give('f1');
    assert.deepEqual(await wanted, { picture: 'f1' });
    await give('f2', 'f3');
    assert.deepEqual(await store.want('f2', ['f3']), { picture: 'f2' });
    assert.deepEqual(asked, ['f1', 'f2', 'f3']);
  });

  it('stops fetching what nobody wants any more', async () => {
    const { source, asked, aborted, give } = sourceOfTest();
    using store = new PictureStore(source);
    const first = store.want('f1');
    const second = store.want('f9');
    assert.equal(await first, undefined);
    await give('f9');
    assert.deepEqual(await second, { picture: 'f9' });
    assert.deepEqual([asked, aborted], [['f1', 'f9'], ['f1']]);
  });

  it('holds no more than its capacity, frees what was used longest ago, and everything at its end', async () => {
    const { source, closed, give } = sourceOfTest();
    {
      using store = new PictureStore(source, 2);
      for (const frameId of ['f1', 'f2', 'f1', 'f3']) {
        const wanted = store.want(frameId);
        await give(frameId);
        assert.deepEqual(await wanted, { picture: frameId });
      }
      assert.deepEqual(closed, ['f2']);
      assert.deepEqual([store.peek('f2'), store.peek('f1')], [undefined, { picture: 'f1' }]);
    }
    assert.deepEqual(closed.toSorted(), ['f1', 'f2', 'f3']);
  });

  it('remembers that a frame is missing, and asks again for what failed', async () => {
    const { source, asked, pending } = sourceOfTest();
    using store = new PictureStore(source);
    const gone = store.want('f1');
    pending.get('f1')?.resolve({ missing: 'removed' });
    assert.deepEqual(await gone, { missing: 'removed' });
    assert.deepEqual(await store.want('f1'), { missing: 'removed' });
    const failed = store.want('f2');
    pending.get('f2')?.reject(new Error('cut'));
    await assert.rejects(failed, /cut/);
    const again = store.want('f2');
    pending.get('f2')?.resolve({ picture: 'f2' });
    assert.deepEqual(await again, { picture: 'f2' });
    assert.deepEqual(asked, ['f1', 'f2', 'f2']);
  });

  it('fetches at most four ahead at a time, and the rest as those come', async () => {
    const { source, asked, give } = sourceOfTest();
    using store = new PictureStore(source);
    const wanted = store.want('f0', ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']);
    await give('f0');
    await wanted;
    assert.deepEqual(asked, ['f0', 'f1', 'f2', 'f3', 'f4']);
    await give('f1');
    assert.deepEqual(asked, ['f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
  });
});
