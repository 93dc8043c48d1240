import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { CrashWorld } from './support/crash-world.ts';
import { beginning, killFrom } from './support/points.ts';
import type { Point } from './support/points.ts';
import { openWitnessDesk } from './support/witness-desk.ts';
import { WorkedDesk } from './support/worked-desk.ts';

/** Each between an action and the record of its outcome. */
const points: readonly Point[] = [
  { name: 'desktop.perform(click).after', hit: 1 },
  { name: 'desktop.perform(type).after', hit: 1 },
  { name: 'journal.keepPicture.before', hit: 4 },
  { name: 'journal.commit(frame.captured+action.ended+action.intended).before', hit: 1 },
];

describe('the harness of crash points, put to the test', () => {
  it('reports duplicates of a controller that sends again under new ids', async (t) => {
    await using world = await CrashWorld.start({ program: fileURLToPath(new URL('support/naive-controller.ts', import.meta.url)) });
    const scenario = new WorkedDesk(world, await openWitnessDesk(world.controller));
    let duplicates = 0;
    for (const point of points) {
      await world.controller.kill('SIGKILL');
      await world.startAgain(killFrom(point, beginning));
      const { isReached, history } = await scenario.work();
      assert.ok(isReached && history !== undefined, `the controller did not come to ${point.name}`);
      assert.deepEqual(await scenario.brokenNow(history), []);
      await world.startAgain();
      assert.equal((await scenario.recover(history))?.state, 'succeeded', 'by its own journal all is well');
      const twice = (await scenario.brokenAtTheEnd(history.view.id)).filter((what) => what.startsWith('I1: '));
      assert.ok(twice.length > 0, `nothing was found twice after a kill at ${point.name}`);
      duplicates += twice.length;
    }
    t.diagnostic(`${points.length} kills, ${duplicates} duplicates found`);
  });
});
