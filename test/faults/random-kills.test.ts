import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { compareWitness, intendedActions, placeOf } from './support/compare-witness.ts';
import { CrashWorld } from './support/crash-world.ts';
import { actDirectly } from './support/direct-caller.ts';
import { brokenAtAnyMoment, brokenAtTheEnd, factsOf } from './support/invariants.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { seedOf } from './support/points.ts';
import { longScript, quickly } from './support/scripts.ts';
import { openWitnessDesk } from './support/witness-desk.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const kills = Number(process.env['VITRINE_KILLS'] ?? (isFull ? 400 : 60));
const seed = seedOf(process.env['VITRINE_TEST_SEED']);
/** A life ends within so many events, or so long after it listens, and then at any time within a moment. */
const [mostEvents, longestMs, momentMs] = [40, 5000, 100];
/** A life listens about so long after its beginning. */
const startMs = 1000;
/** Of so many lives one ends before it listens. */
const lifePerEarlyEnd = 6;

describe('a controller that is killed at any time', () => {
  it(`${kills} times loses nothing and does nothing twice, of a model’s run and of a caller’s`, async (t) => {
    const random = seededRandom(seed);
    t.diagnostic(`VITRINE_TEST_SEED=${seed}`);
    await using world = await CrashWorld.start();
    const models = await openWitnessDesk(world.controller);
    const callers = await openWitnessDesk(world.controller);
    await world.controller.kill('SIGTERM'); // An ordered end writes the compile cache, by which all later lives begin sooner.
    await world.startAgain();
    const script = longScript(0, 800);
    const budgets = { maxSteps: 100_000, maxTokens: 1_000_000_000 };
    const run = await world.begin('long', script, { ...quickly, desktopId: models.desktopId, budgets, loopGuard: { frames: 100_000 } });
    assert.ok(run !== undefined);
    const calm = new AbortController();
    const followed = world.follow(run.id, calm.signal);
    const calling = actDirectly(world, callers.desktopId, calm.signal);

    for (let killed = 0; killed < kills; killed += 1) {
      await world.grown(random() * mostEvents, longestMs);
      await setTimeout(random() * momentMs);
      await world.controller.kill('SIGKILL');
      assert.deepEqual(brokenAtAnyMoment(world.history(run.id)), [], `after kill ${killed + 1}`);
      const again = world.startAgain();
      if (killed % lifePerEarlyEnd === lifePerEarlyEnd - 1 && killed + 1 < kills) {
        again.catch(() => {}); // It is killed before it listens.
        await setTimeout(random() * startMs);
      } else await again;
    }
    calm.abort();
    const sent = await calling;
    (script.turns as unknown[]).length = world.history(run.id).view.turns;
    await followed;
    assert.equal((await world.follow(run.id))?.state, 'succeeded');
    const callersRun = world.acknowledged.find((ack) => ack.kind === 'action')?.runId ?? '';
    await world.settled(callersRun);

    const history = world.history(run.id);
    const pressed = await models.pressed();
    assert.deepEqual(brokenAtTheEnd(history, { pressed, begun: await models.begun(), acknowledged: world.acknowledged, asked: world.vendor.asked }), []);
    const comparison = compareWitness(intendedActions(history.events), pressed);

    const direct = world.history(callersRun);
    const pressedByCaller = await callers.pressed();
    const compared = compareWitness(intendedActions(direct.events), pressedByCaller);
    assert.deepEqual([...brokenAtAnyMoment(direct), ...compared.lost, ...compared.twice], []);
    for (const [actionId, count] of await callers.begun()) assert.equal(count, 1, `I1: the ledger has ${count} beginnings of ${actionId}`);
    const ended = new Map(factsOf(direct.events, 'action.ended').map(({ actionId, outcome }) => [actionId, outcome.status]));
    for (const ack of world.acknowledged) if (ack.kind === 'action') assert.equal(ended.get(ack.actionId), ack.status, `I2: ${ack.actionId} was acknowledged as ${ack.status}`);
    for (const { n, told } of sent) {
      const { x, y } = placeOf(n);
      const presses = pressedByCaller.filter((word) => word === `press ${x},${y}`).length;
      assert.ok(told?.outcomes[0]?.status === 'performed' ? presses === 1 : presses <= 1, `I1, I2: click ${n} was pressed ${presses} times and told as ${told?.outcomes[0]?.status ?? 'nothing'}`);
    }
    assert.deepEqual(world.containers().toSorted(), [models.desktopId, callers.desktopId].toSorted(), 'I9');
    const all = [comparison, compared];
    const sum = (count: (one: typeof comparison) => number) => all.reduce((total, one) => total + count(one), 0);
    t.diagnostic(`kills ${kills}, actions ${sum(({ actions }) => actions)}, lost ${sum(({ lost }) => lost.length)}, twice ${sum(({ twice }) => twice.length)}, unknown ${sum(({ unknown }) => unknown.length)}, requests of the caller without an answer ${sent.filter(({ told }) => told === null).length} of ${sent.length}`);
  });
});
