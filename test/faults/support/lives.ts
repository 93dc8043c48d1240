import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitFor } from '../../support/wait-for.ts';
import type { Crashed, Scenario } from './crash-case.ts';
import { factsOf } from './invariants.ts';
import { readJournal } from './journal-reader.ts';
import { beginning, killFrom, readHits } from './points.ts';
import type { Point } from './points.ts';

/** A life without a fault: every point that a run comes to, in order. All that was committed is among them. */
export async function countLife(scenario: Scenario): Promise<string[]> {
  const { controller } = scenario.world;
  const file = join(controller.dataFolder, 'hits');
  const commits = () => readJournal(controller.dataFolder, (journal) => journal.commits());
  await controller.kill('SIGTERM'); // An ordered end writes the compile cache, by which all later lives begin sooner.
  const before = commits();
  await scenario.world.startAgain(`count(${file})`);
  const { history } = await scenario.work();
  assert.deepEqual(await scenario.brokenAtTheEnd(history?.view.id ?? ''), []);
  const hits = await readHits(file);
  const committed = commits() - before;
  for (const side of ['before', 'after']) assert.equal(hits.filter((name) => name.startsWith('journal.commit(') && name.endsWith(`.${side}`)).length, committed, `a commit without a point ${side} it`);
  return readHits(file, beginning);
}

/** A life that takes up a run which was killed at a point: what it comes to until the first fact that it adds is written. */
export async function countTakingUp(scenario: Scenario, at: Point): Promise<string[]> {
  const { world } = scenario;
  const file = join(world.controller.dataFolder, `hits-after-${at.name}`);
  await world.controller.kill('SIGKILL');
  await world.startAgain(killFrom(at, beginning));
  const { history } = await scenario.work();
  assert.ok(history !== undefined);
  await world.startAgain(`count(${file})`);
  await scenario.recover(history);
  assert.deepEqual(await scenario.brokenAtTheEnd(history.view.id), []);
  const hits = await readHits(file);
  return hits.slice(0, hits.findIndex((name) => name.startsWith('journal.commit(') && !name.startsWith('journal.commit(no facts)') && name.endsWith('.after')) + 1);
}

/** A life that is told to end in the middle of a run: what it comes to from then on. */
export async function countDrain(scenario: Scenario): Promise<string[]> {
  const { world } = scenario;
  const file = join(world.controller.dataFolder, 'hits-of-drain');
  await world.controller.kill('SIGKILL');
  await world.startAgain(`count(${file})`);
  let before = 0;
  const { history } = await workAndEnd(scenario, async () => {
    before = (await readHits(file)).length;
  });
  await world.startAgain();
  assert.equal((await scenario.recover(history))?.state, 'succeeded');
  assert.deepEqual(await scenario.brokenAtTheEnd(history.view.id), []);
  return (await readHits(file)).slice(before);
}

/** Gives the next task and tells the controller to end once an action of it was performed. */
async function workAndEnd(scenario: Scenario, onEnding: () => Promise<void> = async () => {}): Promise<Crashed & { readonly history: NonNullable<Crashed['history']> }> {
  const { world } = scenario;
  const known = world.runIds();
  const working = scenario.work();
  await waitFor('an action of the run', () => world.runIds().some((id) => !known.includes(id) && factsOf(world.history(id).events, 'action.ended').length > 0), 30_000);
  await onEnding();
  await world.controller.kill('SIGTERM');
  const { isReached, history } = await working;
  assert.ok(isReached && history !== undefined, 'the run was over before the controller was told to end');
  return { isReached, history };
}

/** Ends the controller in the middle of a run, and kills it at each of these points of its end. */
export async function drainAt(t: TestContext, scenario: Scenario, points: readonly Point[]): Promise<void> {
  const { world } = scenario;
  for (const point of points) {
    await t.test(`${point.name}: the run goes on to its end`, async () => {
      await world.controller.kill('SIGKILL');
      await world.startAgain(killFrom(point));
      const { history } = await workAndEnd(scenario);
      assert.ok(world.controller.wasKilled, `the controller did not come to ${point.name}`);
      assert.deepEqual(await scenario.brokenNow(history), []);
      await world.startAgain();
      assert.equal((await scenario.recover(history))?.state, 'succeeded');
      assert.deepEqual(await scenario.brokenAtTheEnd(history.view.id), []);
    });
  }
}
