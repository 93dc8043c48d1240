import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPictureQueue } from '../../controller/console/pages/sessions/picture-queue.ts';
import { waitFor } from '../support/wait-for.ts';

describe('createPictureQueue', () => {
  it('takes turns, a few at a time, and fetches nothing that nobody looks at or while it is paused', async () => {
    const counts = new Map<string, number>();
    let atOnce = 0;
    let most = 0;
    const queue = createPictureQueue<number>({
      everyMs: 30, atOnce: 2,
      fetch: async (id, tag) => {
        most = Math.max(most, atOnce += 1);
        await new Promise((next) => setTimeout(next, 2));
        atOnce -= 1;
        const count = (counts.get(id) ?? 0) + 1;
        counts.set(id, count);
        assert.equal(tag, count === 1 ? null : String(count - 1));
        return { tag: String(count), picture: count };
      },
    });
    const seen = new Map<string, number>();
    const stops = ['a', 'b', 'c', 'd', 'e'].map((id) => queue.watch(id, (picture) => seen.set(id, picture)));
    await waitFor('each was fetched three times', () => seen.size === 5 && [...seen.values()].every((count) => count >= 3));
    assert.equal(most, 2);
    const spread = [...counts.values()];
    assert.ok(Math.max(...spread) - Math.min(...spread) <= 1, `turns: ${spread.join(' ')}`);
    let late = 0;
    const stopLate = queue.watch('a', (picture) => { late = picture; });
    assert.ok(late >= 3, 'who comes later sees the last picture at once');
    stopLate();
    queue.pause(true);
    await waitFor('what was under way is over', () => atOnce === 0);
    const before = [...counts.values()];
    let ticks = 0;
    const clock = createPictureQueue<null>({ everyMs: 30, fetch: async () => ({ tag: null, picture: (ticks += 1, null) }) });
    const stopClock = clock.watch('clock', () => undefined);
    await waitFor('another queue fetched three times meanwhile', () => ticks >= 3);
    stopClock();
    assert.deepEqual([...counts.values()], before);
    for (const stop of stops.slice(1)) stop();
    queue.pause(false);
    await waitFor('the one that is looked at goes on', () => (counts.get('a') ?? 0) > (before[0] ?? 0));
    assert.deepEqual([...counts.values()].slice(1), before.slice(1));
    stops[0]?.();
  });

  it('goes on after a failure', async () => {
    let asked = 0;
    const queue = createPictureQueue<string>({ everyMs: 5, fetch: async () => { asked += 1; if (asked < 3) throw new Error('gone for now'); return { tag: null, picture: 'there' }; } });
    const { promise, resolve } = Promise.withResolvers<string>();
    const stop = queue.watch('a', resolve);
    assert.equal(await promise, 'there');
    stop();
  });
});
