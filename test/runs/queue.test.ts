import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { estimateStarts, median, queueOrder, retryAfterSeconds } from '../../controller/runs/queue/queue.ts';
import type { Waiting } from '../../controller/runs/queue/queue.ts';

const priority = fc.constantFrom('low' as const, 'normal' as const, 'high' as const);
const token = fc.constantFrom('ann', 'bob', 'cem', 'dan');
const waiting = fc.array(fc.record({ priority, token }), { maxLength: 40 }).map((runs) => runs.map((run, index): Waiting => ({ ...run, runId: `run-${index}` })));
const running = fc.dictionary(token, fc.integer({ min: 0, max: 5 })).map((counts) => new Map(Object.entries(counts)));
const rank = { high: 0, normal: 1, low: 2 };

/** Desktops that each token has before each admission of an order. */
function countsAlong(order: readonly Waiting[], start: ReadonlyMap<string, number>): Map<string, number>[] {
  const counts = new Map(start);
  return order.map(({ token: mine }) => {
    const before = new Map(counts);
    counts.set(mine, (counts.get(mine) ?? 0) + 1);
    return before;
  });
}

/** When each token was last given a desktop, before each admission of an order. */
function turnsAlong(order: readonly Waiting[], served: readonly string[]): Map<string, number>[] {
  const turns = new Map(served.map((mine, index) => [mine, index]));
  return order.map(({ token: mine }, place) => {
    const before = new Map(turns);
    turns.set(mine, served.length + place);
    return before;
  });
}

describe('queueOrder', () => {
  it('takes tokens in turn where nobody has a desktop: a backlog does not go before the first run of another', () => {
    const runs = ['ann', 'ann', 'ann', 'bob', 'bob'].map((mine, index): Waiting => ({ runId: `${mine}-${index}`, priority: 'normal', token: mine }));
    assert.deepEqual(queueOrder(runs, new Map(), ['ann']).map(({ runId }) => runId), ['bob-3', 'ann-0', 'bob-4', 'ann-1', 'ann-2']);
  });

  it('leaves nobody out, and lets a higher priority go first', () => {
    fc.assert(fc.property(waiting, running, (runs, counts) => {
      const order = queueOrder(runs, counts);
      assert.deepEqual(new Set(order.map(({ runId }) => runId)), new Set(runs.map(({ runId }) => runId)));
      assert.equal(order.length, runs.length);
      assert.deepEqual(order.map((run) => rank[run.priority]), order.map((run) => rank[run.priority]).toSorted((one, other) => one - other));
    }));
  });

  it('is first come, first served for each token; of tokens with equally many desktops the one goes first that waits longest for its turn', () => {
    fc.assert(fc.property(waiting, running, fc.uniqueArray(token), (runs, counts, served) => {
      const order = queueOrder(runs, counts, served);
      const turns = turnsAlong(order, served);
      const along = countsAlong(order, counts);
      const arrival = new Map(runs.map(({ runId }, index) => [runId, index]));
      for (const [place, run] of order.entries()) {
        for (const later of order.slice(place + 1)) {
          if (later.priority !== run.priority || (arrival.get(later.runId) ?? 0) > (arrival.get(run.runId) ?? 0)) continue;
          assert.notEqual(later.token, run.token, `${run.runId} overtook ${later.runId} of its own token`);
          const mine = along[place]?.get(run.token) ?? 0;
          const theirs = along[place]?.get(later.token) ?? 0;
          const wasServedEarlier = (turns[place]?.get(run.token) ?? -1) < (turns[place]?.get(later.token) ?? -1);
          assert.ok(mine < theirs || (mine === theirs && wasServedEarlier), `${run.runId} overtook ${later.runId}, whose token has no more desktops and had its turn no later`);
        }
      }
    }));
  });

  it('is fair: whoever goes next belongs to a token with the fewest desktops of all that wait in its priority', () => {
    fc.assert(fc.property(waiting, running, (runs, counts) => {
      const order = queueOrder(runs, counts);
      const along = countsAlong(order, counts);
      for (const [place, run] of order.entries()) {
        const rivals = order.slice(place).filter((other) => other.priority === run.priority);
        const fewest = Math.min(...rivals.map((other) => along[place]?.get(other.token) ?? 0));
        assert.equal(along[place]?.get(run.token) ?? 0, fewest);
      }
    }));
  });

  it('starves nobody within a priority: whoever waits gets a desktop after at most as many ends as others came before or have fewer desktops', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(token, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()), (places, tokens, choices) => {
      const line: Waiting[] = tokens.map((mine, index) => ({ runId: `run-${index}`, priority: 'normal', token: mine }));
      const target = line.at(-1);
      let came = tokens.length;
      const active: Waiting[] = [];
      for (let ends = 0; ; ends += 1) {
        /* Others send a new run for every place that gets free; nobody else's newer run may be preferred for ever. */
        const counts = new Map<string, number>();
        for (const { token: mine } of active) counts.set(mine, (counts.get(mine) ?? 0) + 1);
        for (const run of queueOrder(line, counts).slice(0, places - active.length)) {
          active.push(run);
          line.splice(line.indexOf(run), 1);
        }
        if (target === undefined || !line.includes(target)) return;
        assert.ok(ends <= (tokens.length + places) * 5, `${target.runId} still waits after ${ends} ends`);
        /* Runs end in the order in which they began, so that every place gets free now and then. */
        active.shift();
        const newcomer = (['ann', 'bob', 'cem', 'dan'] as const)[(choices.next().value ?? 0) % 4] ?? 'ann';
        line.push({ runId: `run-${came}`, priority: 'normal', token: newcomer });
        came += 1;
      }
    }));
  });
});

describe('estimateStarts', () => {
  it('never goes backwards in the queue, never into the past, and knows nothing without a measure', () => {
    fc.assert(fc.property(fc.nat({ max: 30 }), fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 6 }), fc.integer({ min: 1, max: 60_000 }), (count, freeAt, typicalMs) => {
      const starts = estimateStarts(count, freeAt, typicalMs, 50_000);
      assert.equal(starts.length, count);
      const known = starts.flatMap((at) => (at === null ? [] : [at]));
      assert.equal(known.length, freeAt.length === 0 ? 0 : count);
      assert.deepEqual(known, known.toSorted((one, other) => one - other));
      assert.ok(known.every((at) => at >= 50_000));
      assert.ok(estimateStarts(count, freeAt.map((at) => at + 50_001), undefined, 50_000).every((at) => at === null));
    }));
  });

  it('counts the runs before: two places, a minute each', () => {
    assert.deepEqual(estimateStarts(5, [30_000, 10_000], 60_000, 0), [10_000, 30_000, 70_000, 90_000, 130_000]);
  });
});

describe('retryAfterSeconds', () => {
  it('is 1 to 60, or 10 where nothing is known', () => {
    assert.deepEqual([retryAfterSeconds(null, 0), retryAfterSeconds(0, 5000), retryAfterSeconds(4001, 0), retryAfterSeconds(1e9, 0)], [10, 1, 5, 60]);
    assert.equal(median([]), undefined);
    assert.equal(median([9, 1, 5]), 5);
  });
});
