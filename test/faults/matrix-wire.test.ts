import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { EngineRelay } from './matrix/engine-relay.ts';
import type { Pipe } from './matrix/engine-relay.ts';
import { row } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import { World } from './matrix/world.ts';

describe('the fault matrix: the wire between controller and desktop', () => {
  let relay: EngineRelay;
  let world: World;
  before(async () => {
    relay = await EngineRelay.start();
    world = await World.start({ engineFor: relay.url });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await relay[Symbol.asyncDispose]();
  });

  const clicked = (): PlannedTurn => ({ actions: [click()] });

  /** A run whose model thinks before its second click: the moment to prepare the wire. */
  async function beforeSecondClick(turns: readonly PlannedTurn[] = [clicked(), clicked(), clicked()]) {
    const desktop = await world.desktop();
    const run = await world.give(turns, { on: desktop });
    const goOn = world.vendor.hold(run.plan, 1);
    await waitFor('the model is asked again', () => world.vendor.questions(run.plan).some(({ turn }) => turn === 1), 30_000);
    return { desktop, run, goOn, pipe: relay.shim };
  }

  /** The run ends well, with these outcomes, so many of them from the ledger. */
  async function ended(runId: string, statuses: readonly string[], replayed: readonly number[]): Promise<void> {
    const { state, failure } = await world.controller.ended(runId);
    assert.equal(state, 'succeeded', failure?.message ?? state);
    const outcomes = (await world.controller.events(runId)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome] : []));
    assert.deepEqual(outcomes.map(({ status }) => status), statuses);
    const fromLedger = outcomes.filter((outcome) => outcome.replayed).length;
    assert.ok(replayed.includes(fromLedger), `${fromLedger} outcomes from the ledger`);
  }

  const performed = ['performed', 'performed', 'performed'];

  row('the wire is cut in the middle of a request', () => world, async () => {
    const { run, goOn, pipe } = await beforeSecondClick();
    pipe.cutAfter.up = 20;
    goOn();
    await ended(run.id, performed, [0]);
    return 'sent again over a new stream, performed once';
  });

  row('the wire is cut after the effect, before the answer', () => world, async () => {
    const { desktop, run, goOn, pipe } = await beforeSecondClick();
    pipe.holds.down = true;
    goOn();
    await waitFor('the witness has seen the second click', async () => (await desktop.count('press')) === 2);
    await waitFor('the answer is on its way', () => pipe.heldBytes('down') > 0);
    pipe.cut();
    await ended(run.id, performed, [1]);
    return 'asked again under its id, answered from the ledger';
  });

  row('the wire is cut in the middle of the answer', () => world, async () => {
    const { run, goOn, pipe } = await beforeSecondClick();
    pipe.cutAfter.down = 700;
    goOn();
    await ended(run.id, performed, [1]);
    return 'asked again under its id, answered from the ledger';
  });

  row('the wire is cut at every new stream for a while', () => world, async () => {
    const { run, goOn, pipe } = await beforeSecondClick();
    let left = 4;
    relay.onShim = (fresh: Pipe) => {
      if (left-- > 0) fresh.cutAfter.down = 400 * (4 - left);
    };
    pipe.cut();
    goOn();
    await ended(run.id, performed, [0, 1]);
    relay.onShim = () => {};
    assert.ok(left < 0, 'the fifth stream held');
    return 'opened again until one held; performed once';
  });

  row('the wire passes one byte at a time', () => world, async () => {
    const { run, goOn, pipe } = await beforeSecondClick([clicked(), clicked()]);
    pipe.isSliced = true;
    goOn();
    await ended(run.id, ['performed', 'performed'], [0]);
    pipe.isSliced = false;
    return 'slow, and right';
  });

  row('the engine refuses a stream', () => world, async () => {
    const { run, goOn, pipe } = await beforeSecondClick();
    let refusals = 1;
    relay.interfere = (_method, path) => (/\/exec\/[^/]+\/start$/.test(path) && refusals-- > 0 ? Buffer.from('HTTP/1.1 500 X\r\ncontent-length: 2\r\n\r\n{}') : undefined);
    pipe.cut();
    goOn();
    await ended(run.id, performed, [0]);
    relay.interfere = () => undefined;
    return 'refused once, opened again';
  });
});
