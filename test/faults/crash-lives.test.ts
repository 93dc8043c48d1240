import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { crashAlong, crashAtAll } from './support/crash-case.ts';
import { CrashWorld } from './support/crash-world.ts';
import { uncovered } from './support/covered.ts';
import { countDrain, countLife, countTakingUp, drainAt } from './support/lives.ts';
import { OwnDesktop } from './support/own-desktop.ts';
import { pointsOf } from './support/points.ts';
import type { Point } from './support/points.ts';
import { openWitnessDesk } from './support/witness-desk.ts';
import { WorkedDesk } from './support/worked-desk.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
/** How often one run is killed: as seldom as can be, or as often as its time allows. */
const killsPerRun = isFull ? 1 : 4;
/** In the middle of a run: an action is done, or a question answered, and the outcome is not recorded. */
const inFlight: readonly Point[] = [{ name: 'desktop.perform(click).after', hit: 1 }, { name: 'model.decide.after', hit: 1 }];

/* The points of a run's work itself are those of crash-points.test.ts; here they are counted, and not gone through again. */
describe('a controller that is killed where a life of it begins or ends', { concurrency: true }, () => {
  /** Every point that the scenarios come to. */
  const [ofWork, ofTakingUp, ofDrain, ofLaunch] = Array.from({ length: 4 }, () => Promise.withResolvers<readonly string[]>());

  describe('on a desktop that is there', { concurrency: false }, () => {
    const stack = new AsyncDisposableStack();
    let scenario: WorkedDesk;
    before(async () => {
      const world = stack.use(await CrashWorld.start());
      scenario = new WorkedDesk(world, await openWitnessDesk(world.controller));
      await telling(ofWork, countLife(scenario));
    });
    after(() => stack.disposeAsync());

    it('loses nothing and does nothing twice when it is killed again and again while it takes the run up', async (t) => {
      const counting = async () => {
        const lives: string[][] = [];
        for (const point of inFlight) lives.push(await countTakingUp(scenario, point));
        return lives;
      };
      const lives = counting();
      await telling(ofTakingUp, lives.then((names) => names.flat()));
      const chains = (await lives).map((names, index) => [...inFlight.slice(index, index + 1), ...pointsOf(names).filter(({ hit }) => hit === 1)]);
      const known = new Set(chains[0]?.map(({ name }) => name));
      assert.deepEqual(await crashAlong(t, scenario, chains.map((chain, index) => chain.filter(({ name }, place) => isFull || index === 0 || place === 0 || !known.has(name)))), []);
    });

    it('loses nothing and does nothing twice when it is killed while it shuts down', async (t) => {
      const known = new Set([...(await ofWork?.promise ?? []), ...(await ofTakingUp?.promise ?? [])]);
      const names = await telling(ofDrain, countDrain(scenario));
      await drainAt(t, scenario, pointsOf(names).filter(({ name, hit }) => hit === 1 && !known.has(name)));
    });
  });

  it('on a desktop of its own: launches it once, keeps its Outbox once, leaves no container', async (t) => {
    await using world = await CrashWorld.start();
    const scenario = new OwnDesktop(world);
    const names = await telling(ofLaunch, countLife(scenario));
    const elsewhere = await ofWork?.promise ?? [];
    await crashAtAll(t, scenario, pointsOf(names).filter(({ name, hit }) => isFull || (hit === 1 && !elsewhere.includes(name))), killsPerRun);
  });

  it('comes to every way in which a run writes or acts', async () => {
    const names = await Promise.all([ofWork, ofTakingUp, ofDrain, ofLaunch].map(async (one) => (await one?.promise) ?? []));
    assert.deepEqual(await uncovered(names.flat()), []);
  });
});

/** Tells the others which points were counted, or that they will not be. */
async function telling(to: PromiseWithResolvers<readonly string[]> | undefined, counting: Promise<readonly string[]>): Promise<readonly string[]> {
  to?.promise.catch(() => {}); // Whoever waits for it is told.
  counting.then(to?.resolve, to?.reject);
  return counting;
}
