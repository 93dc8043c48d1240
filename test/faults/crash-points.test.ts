import { describe, it } from 'node:test';
import { crashAtAll } from './support/crash-case.ts';
import { CrashWorld } from './support/crash-world.ts';
import { countLife } from './support/lives.ts';
import { chosen, pointsOf, seedOf } from './support/points.ts';
import { openWitnessDesk } from './support/witness-desk.ts';
import { WorkedDesk } from './support/worked-desk.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const seed = seedOf(process.env['VITRINE_TEST_SEED']);
/** Beyond each name's first hit. */
const moreHits = 4;
/** How often one run is killed: as seldom as can be, or as often as its time allows. */
const killsPerRun = isFull ? 1 : 7;

describe('a controller that is killed at the points of a run, on a desktop that is there', () => {
  it('loses nothing and does nothing twice, wherever it is killed', async (t) => {
    await using world = await CrashWorld.start();
    const scenario = new WorkedDesk(world, await openWitnessDesk(world.controller));
    t.diagnostic(`VITRINE_TEST_SEED=${seed}`);
    const names = await countLife(scenario);
    await crashAtAll(t, scenario, chosen(pointsOf(names), isFull, moreHits, seed), killsPerRun);
  });
});
