import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fit } from '../../../controller/console/pages/session/fit.ts';
import { isRenewalDue, leftOf, readLease, writeLease } from '../../../controller/console/pages/session/held-lease.ts';
import { chartEdges, chartNodes } from '../../../controller/console/pages/session/run-chart.ts';
import { TimeInStates } from '../../../controller/console/pages/session/time-in-states.ts';
import { isAtEnd, RowOffsets } from '../../../controller/console/pages/session/window-of.ts';
import { statusOfRun } from '../../../controller/console/state/session-status.ts';
import { runMachine } from '../../../controller/runs/chart/run-machine.ts';
import { finalStates, RunState } from '../../../controller/runs/run.ts';
import { sampleHistory, sampleRun } from '../../support/sample-run.ts';

describe('the drawing of the chart', () => {
  it('has every state once, no two in one place', () => {
    assert.deepEqual(chartNodes.map(({ state }) => state).toSorted(), [...RunState.options].toSorted());
    assert.equal(new Set(chartNodes.map(({ x, y }) => `${x},${y}`)).size, chartNodes.length);
  });

  it('names how a run ends as the console does everywhere', () => {
    for (const state of finalStates) assert.equal(chartNodes.find((node) => node.state === state)?.label, statusOfRun(sampleRun('r', { state, endedAt: 1 })).words);
  });

  it('has the ways of the real chart, and no other', () => {
    const progress = runMachine.root.states['active']?.states['progress'];
    const ways = new Set<string>();
    const named = new Set<string>(RunState.options);
    for (const [from, state] of Object.entries(progress?.states ?? {})) {
      for (const { target = [] } of [...state.always ?? [], ...[...state.transitions.values()].flat()]) for (const { key } of target) if (named.has(key)) ways.add(`${from} → ${key}`);
    }
    for (const state of finalStates) ways.add(`finishing → ${state}`);
    // A time that is over leads there from everywhere.
    for (const from of ['queued', 'preparing', 'awaitingCaller']) assert.ok(ways.delete(`${from} → finishing`), from);
    const drawn = chartEdges.flatMap(({ from, to, both }) => [`${from} → ${to}`, ...(both ? [`${to} → ${from}`] : [])]);
    const missing = [...ways].filter((way) => !drawn.includes(way));
    assert.deepEqual([missing, drawn.filter((way) => !ways.has(way))], [[], []]);
  });
});

describe('TimeInStates', () => {
  it('adds up to the time that the run took, open states up to now', () => {
    const { events } = sampleHistory('r-1');
    const times = new TimeInStates();
    const first = events[0]?.at ?? 0;
    for (const event of events.slice(0, -1)) times.add(event);
    const now = (events.at(-1)?.at ?? 0) + 500;
    const sum = RunState.options.reduce((total, state) => total + times.spentIn(state, now), 0);
    assert.equal(sum, now - first);
    assert.equal(times.controlledBy('paused', now), 1000);
    assert.equal(times.controlledBy('agent', now) + 1000, now - first);
    const last = events.at(-1);
    assert.ok(last !== undefined);
    times.add(last);
    assert.equal(RunState.options.reduce((total, state) => total + times.spentIn(state, now + 1e6), 0), last.at - first, 'and stops with its end');
  });
});

describe('RowOffsets', () => {
  const rows = new RowOffsets();
  rows.extend((row) => (row % 5 === 0 ? 72 : 44), 5000);

  it('finds the rows that are visible, and no more than a screen of them', () => {
    const seen = rows.windowAt(100_000, 700, 200);
    assert.ok(seen.from > 0 && seen.to - seen.from < 30, `${seen.to - seen.from} rows`);
    assert.ok(rows.startOf(seen.from) <= 99_800 && rows.startOf(seen.to) >= 100_900);
    assert.equal(rows.startOf(rows.rowAt(100_000)) <= 100_000 && rows.startOf(rows.rowAt(100_000) + 1) > 100_000, true);
  });

  it('holds at both ends and when empty', () => {
    assert.equal(rows.windowAt(-50, 700, 200).from, 0);
    assert.equal(rows.windowAt(1e9, 700, 200).to, 5000);
    assert.deepEqual(new RowOffsets().windowAt(0, 700, 200), { from: 0, to: 0, offset: 0, total: 0 });
  });

  it('knows when the end is in sight', () => {
    assert.equal(isAtEnd(rows.total - 700, 700, rows.total), true);
    assert.equal(isAtEnd(rows.total - 760, 700, rows.total), false);
  });
});

describe('a held lease', () => {
  const held = { desktopId: 'd-1', lease: 'x'.repeat(32), holder: 'Bea', ttlMs: 120_000, renewedAt: 1000 };

  it('is renewed while the page is used, and not by a page that nobody uses', () => {
    assert.equal(isRenewalDue(held, 5000, 20_000), false, 'not at once');
    assert.equal(isRenewalDue(held, 5000, 40_000), true);
    assert.equal(isRenewalDue(held, 900, 40_000), false, 'nobody has done anything since the last time');
    assert.equal(isRenewalDue(held, 5000, 121_001), false, 'too late');
    assert.deepEqual([leftOf(held, 61_000), leftOf(held, 1e9)], [60_000, 0]);
  });

  it('outlives a reload of its page, on its own desktop and in its time', () => {
    assert.deepEqual(readLease(writeLease(held), 'd-1', 2000), held);
    for (const [text, desktopId, now] of [[writeLease(held), 'd-2', 2000], [writeLease(held), 'd-1', 200_000], ['{"lease":1}', 'd-1', 0], ['no', 'd-1', 0], [null, 'd-1', 0]] as const) assert.equal(readLease(text, desktopId, now), undefined);
  });
});

describe('fit', () => {
  it('keeps the proportions in whatever room there is', () => {
    assert.deepEqual(fit({ width: 1280, height: 800 }, { width: 640, height: 900 }), { width: 640, height: 400, scale: 0.5 });
    assert.deepEqual(fit({ width: 1280, height: 800 }, { width: 9000, height: 9000 }).scale, 2);
    assert.deepEqual(fit({ width: 1280, height: 800 }, { width: 0, height: 10 }), { width: 0, height: 0, scale: 0 });
  });
});
