import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { watchClock } from '../controller/clock.ts';

/** A machine whose time passes and whose wall clock is set as the test says. */
function machine() {
  const time = { wall: 1_700_000_000_000, monotonic: 5000 };
  const watch = watchClock({ wall: () => time.wall, monotonic: () => time.monotonic });
  return {
    watch,
    pass: (ms: number) => { time.wall += ms; time.monotonic += ms; },
    set: (ms: number) => { time.wall += ms; },
  };
}

describe('watchClock', () => {
  it('says nothing while time passes, however long', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 1e9 })), (spans) => {
      const { watch, pass } = machine();
      for (const span of spans) {
        pass(span);
        assert.equal(watch.driftMs(), 0);
      }
    }));
  });

  it('tells every jump once, by its size and direction, whatever time passes meanwhile', () => {
    const jump = fc.integer({ min: 5001, max: 1e8 }).chain((ms) => fc.constantFrom(ms, -ms));
    fc.assert(fc.property(fc.array(fc.record({ pass: fc.nat({ max: 1e7 }), jump })), (steps) => {
      const { watch, pass, set } = machine();
      for (const step of steps) {
        pass(step.pass);
        set(step.jump);
        assert.deepEqual([watch.driftMs(), watch.driftMs()], [step.jump, 0]);
      }
    }));
  });

  it('leaves small corrections alone until they add up', () => {
    const { watch, pass, set } = machine();
    const told: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      pass(60_000);
      set(2000);
      told.push(watch.driftMs());
    }
    assert.deepEqual(told, [0, 0, 6000, 0]);
  });
});
