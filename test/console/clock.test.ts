import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { aheadMs, clock, noteServerTime } from '../../controller/console/api/clock.ts';

const at = (ms: number) => new Date(ms).toUTCString();
const noon = Date.UTC(2026, 0, 2, 12);

describe('the clock of the server', () => {
  beforeEach(() => {
    aheadMs.value = 0;
  });

  it('is told by the answers, to a second or so', () => {
    noteServerTime(at(noon + 3_600_000), noon, noon + 200);
    assert.ok(Math.abs(aheadMs.value - 3_600_000) < 1100, String(aheadMs.value));
    assert.ok(Math.abs(clock() - Date.now() - 3_600_000) < 1200);
    noteServerTime(at(noon), noon, noon + 200);
    assert.equal(aheadMs.value, 0, 'the computer was set right');
  });

  it('is this computer’s as long as the two agree as far as can be told, or nothing is told', () => {
    for (const [date, took] of [[at(noon + 400), 100], [at(noon + 3_600_000), 5000], [null, 100], ['soon', 100], [at(noon + 2000), 3900]] as const) {
      noteServerTime(date, noon, noon + took);
      assert.equal(aheadMs.value, 0, String(date));
    }
  });
});
