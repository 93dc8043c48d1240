import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { crashAlong } from './support/crash-case.ts';
import type { Scenario } from './support/crash-case.ts';
import { CrashWorld } from './support/crash-world.ts';
import { readJournal } from './support/journal-reader.ts';
import { OwnDesktop } from './support/own-desktop.ts';
import { beginning, chained, chosen, pointsOf, readHits, seedOf } from './support/points.ts';
import type { Point } from './support/points.ts';
import { openWitnessDesk } from './support/witness-desk.ts';
import { WorkedDesk } from './support/worked-desk.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const seed = seedOf(process.env['VITRINE_TEST_SEED']);
/** Beyond each name's first hit. */
const moreHits = 4;
/** How often one run is killed: as seldom as can be, or as often as its time allows. */
const kills = isFull ? { ofWork: 1, ofLaunch: 1 } : { ofWork: 7, ofLaunch: 4 };

describe('a controller that is killed at the points of a run', { concurrency: true }, () => {
  const counted = Promise.withResolvers<readonly string[]>();

  it('on a desktop that is there: loses nothing and does nothing twice', async (t) => {
    await using world = await CrashWorld.start();
    const scenario = new WorkedDesk(world, await openWitnessDesk(world.controller));
    const points = pointsOf(await countLife(scenario));
    counted.resolve(points.map(({ name }) => name));
    await crashAtAll(t, scenario, chosen(points, isFull, moreHits, seed), kills.ofWork);
  });

  it('on a desktop of its own: launches it once, keeps its Outbox once, leaves no container', async (t) => {
    await using world = await CrashWorld.start();
    const scenario = new OwnDesktop(world);
    const points = pointsOf(await countLife(scenario));
    const elsewhere = await counted.promise;
    await crashAtAll(t, scenario, isFull ? points : points.filter(({ name, hit }) => hit === 1 && !elsewhere.includes(name)), kills.ofLaunch);
  });
});

/** A life without a fault: every point that a run comes to, in order. All that was committed is among them. */
async function countLife(scenario: Scenario): Promise<string[]> {
  const { controller } = scenario.world;
  const file = join(controller.dataFolder, 'hits');
  const commits = () => readJournal(controller.dataFolder, (journal) => journal.commits());
  await controller.kill('SIGKILL');
  const before = commits();
  await scenario.world.startAgain(`count(${file})`);
  const { history } = await scenario.work();
  assert.deepEqual(await scenario.brokenAtTheEnd(history?.view.id ?? ''), []);
  const hits = await readHits(file);
  const committed = commits() - before;
  for (const side of ['before', 'after']) assert.equal(hits.filter((name) => name.startsWith('journal.commit(') && name.endsWith(`.${side}`)).length, committed, `a commit without a point ${side} it`);
  return readHits(file, beginning);
}

/** Kills at every point, several times in a run; what a later life of a run did not come to, in a run of its own. */
async function crashAtAll(t: TestContext, scenario: Scenario, points: readonly Point[], perRun: number): Promise<void> {
  const begunAt = performance.now();
  const missed = await crashAlong(t, scenario, chained(points, perRun));
  const unreached = await crashAlong(t, scenario, missed.map((point) => [point]));
  assert.deepEqual(unreached, [], 'points that no run came to');
  t.diagnostic(`${points.length} kills at ${new Set(points.map(({ name }) => name)).size} points in ${Math.round((performance.now() - begunAt) / 1000)} s (VITRINE_TEST_SEED=${seed})`);
}
