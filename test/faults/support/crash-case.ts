import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Run } from '../../../controller/runs/run.ts';
import type { CrashWorld } from './crash-world.ts';
import type { StoredHistory } from './journal-reader.ts';
import { beginning, chained, killFrom } from './points.ts';
import type { Point } from './points.ts';

/** What a crash left: whether it came at all, and the run as it was written down by then. */
export type Crashed = { readonly isReached: boolean; readonly history: StoredHistory | undefined };

/** A run that is given again and again to a controller that is killed. */
export interface Scenario {
  readonly world: CrashWorld;
  /** Gives the next task and follows it until the controller or the run is over. */
  work(): Promise<Crashed>;
  /** What is wrong with the run as it stands between two lives. */
  brokenNow(history: StoredHistory): Promise<string[]>;
  /** Follows the interrupted run to its end. Undefined when the controller is over before. */
  recover(history: StoredHistory): Promise<Run | undefined>;
  /** What is wrong with a run that is over, and with what it left behind. */
  brokenAtTheEnd(runId: string): Promise<string[]>;
  /** Looks away from what came of the last task. */
  skip(): Promise<void>;
}

/** The points at which the lives of one run are killed, in this order; the life after the last brings it to its end. */
export type Chain = readonly Point[];

/**
 * Gives a run for each chain and kills its controllers one after another, each kill a test by the name of its point. A
 * life that ends a run is the first of the next chain. Resolves with the points that no life came to.
 */
export async function crashAlong(t: TestContext, scenario: Scenario, chains: readonly Chain[]): Promise<Point[]> {
  const { world } = scenario;
  const missed: Point[] = [];
  await world.controller.kill('SIGKILL');
  await world.startAgain(planOf(chains[0]));
  for (const [index, chain] of chains.entries()) {
    await t.test(`run ${index + 1} of ${chains.length}, killed ${chain.length} times, goes on to its end`, async (inner) => {
      try {
        missed.push(...(await crashChain(inner, scenario, chain, planOf(chains[index + 1]))));
      } catch (error) {
        await world.controller.kill('SIGKILL');
        await world.startAgain(planOf(chains[index + 1]));
        await scenario.skip();
        throw error;
      }
    });
  }
  return missed;
}

/** Kills at every point, several times in a run; what a later life of a run did not come to, in a run of its own. */
export async function crashAtAll(t: TestContext, scenario: Scenario, points: readonly Point[], perRun: number): Promise<void> {
  const begunAt = performance.now();
  const missed = await crashAlong(t, scenario, chained(points, perRun));
  const unreached = await crashAlong(t, scenario, missed.map((point) => [point]));
  assert.deepEqual(unreached, [], 'points that no run came to');
  t.diagnostic(`${points.length} kills at ${new Set(points.map(({ name }) => name)).size} points in ${Math.round((performance.now() - begunAt) / 1000)} s`);
}

/** The plan of the life in which a chain's run begins. */
function planOf(chain: Chain | undefined): string {
  const [first] = chain ?? [];
  return first === undefined ? '' : killFrom(first, beginning);
}

async function crashChain(t: TestContext, scenario: Scenario, chain: Chain, next: string): Promise<readonly Point[]> {
  const { world } = scenario;
  const { isReached, history } = await scenario.work();
  if (history === undefined) {
    assert.deepEqual(chain, [{ name: beginning, hit: 1 }], 'the run was not written down');
    await t.test(`${beginning}, hit 1: nothing was written down, and nothing acknowledged`, () => assert.ok(isReached && world.runIds().every((id) => world.history(id).view.endedAt !== null)));
    await world.startAgain(next);
    return [];
  }
  for (const [index, point] of chain.entries()) {
    if (index > 0) await world.startAgain(killFrom(point));
    const ended = index === 0 ? !isReached : (await scenario.recover(history)) !== undefined;
    if (ended) {
      assert.deepEqual(await scenario.brokenAtTheEnd(history.view.id), []);
      await world.controller.kill('SIGKILL');
      await world.startAgain(next);
      return chain.slice(index);
    }
    await world.over();
    await t.test(`${point.name}, hit ${point.hit}: I1, I4, I5, I7, I10, I11 hold`, async () => assert.deepEqual(await scenario.brokenNow(world.history(history.view.id)), []));
  }
  await world.startAgain(next);
  const run = await scenario.recover(history);
  assert.deepEqual([run?.state, run?.failure], ['succeeded', null]);
  assert.deepEqual(await scenario.brokenAtTheEnd(history.view.id), []);
  return [];
}
