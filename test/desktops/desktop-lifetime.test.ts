import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesktopEntry } from '../../controller/desktops/desktop-entry.ts';
import { expiryOf, nextToGiveWay, whyOver, whyReleased } from '../../controller/desktops/desktop-lifetime.ts';
import { DesktopUse } from '../../controller/desktops/desktop-use.ts';
import type { OpenDesktop } from '../../controller/desktops/open-desktop.ts';

const limits = { idleSeconds: 0, hardLifetimeSeconds: 600 };

/** A desktop as far as its lifetime goes. */
function entry({ runId, ageMs = 0, dueInMs, state = 'ready' }: { runId?: string; ageMs?: number; dueInMs?: number; state?: DesktopEntry['record']['state'] }) {
  const use = new DesktopUse(ageMs);
  const record = { id: 'd-1', display: { width: 1280, height: 800 }, image: 'i', project: 'default', createdAt: 0, stages: [], state, runId, releasesAt: undefined, reason: undefined };
  return { use, entry: { record, desktop: { use } as OpenDesktop, ...(dueInMs === undefined ? {} : { releaseDue: performance.now() + dueInMs }) } satisfies DesktopEntry };
}

describe('whyReleased', () => {
  it('releases what nobody uses, and leaves alone what a run has, what is used, what is kept for longer', () => {
    assert.equal(whyReleased(entry({}).entry, limits), 'nobody used it for 0 s (VITRINE_DESKTOP_IDLE_SECONDS)');
    assert.equal(whyReleased(entry({}).entry, { ...limits, idleSeconds: 60 }), undefined);
    assert.equal(whyReleased(entry({ runId: 'run-1' }).entry, limits), undefined);
    assert.equal(whyReleased(entry({ dueInMs: 60_000 }).entry, limits), undefined);
    assert.equal(whyReleased(entry({ dueInMs: -1 }).entry, { ...limits, idleSeconds: 60 }), 'nobody used it any more');
    assert.equal(whyReleased(entry({ state: 'launching' }).entry, limits), undefined);
    const used = entry({});
    const done = used.use.begin();
    assert.equal(whyReleased(used.entry, { ...limits, idleSeconds: 1 }), undefined);
    assert.equal(used.use.idleMs, 0);
    done();
    assert.ok(used.use.idleMs < 1000);
  });
});

describe('whyOver', () => {
  it('ends a desktop half a minute before its container does, or a twentieth of its lifetime if that is less, and not in the middle of anything', () => {
    const words = 'it reached its maximum lifetime of 600 s (VITRINE_HARD_LIFETIME_SECONDS)';
    assert.equal(whyOver(entry({ ageMs: 569_000 }).entry, limits), undefined);
    assert.equal(whyOver(entry({ ageMs: 571_000, runId: 'run-1' }).entry, limits), words);
    assert.equal(whyOver(entry({ ageMs: 96_000 }).entry, { ...limits, hardLifetimeSeconds: 100 })?.includes('100 s'), true);
    const busy = entry({ ageMs: 599_000 });
    const done = busy.use.begin();
    assert.equal(whyOver(busy.entry, limits), undefined);
    done();
  });
});

describe('expiryOf', () => {
  it('tells a run in time: first if nobody is in control, at last in any case', () => {
    const told = (ageMs: number, runId?: string) => expiryOf(entry({ ageMs, ...(runId === undefined ? {} : { runId }) }).entry, limits).map(({ desktopId, isLast }) => [desktopId, isLast]);
    assert.deepEqual([told(479_000, 'run-1'), told(481_000, 'run-1'), told(539_000, 'run-1'), told(541_000, 'run-1')], [[], [['d-1', false]], [['d-1', false]], [['d-1', true]]]);
    assert.deepEqual(told(599_000), [], 'a desktop that no run has has nothing to keep');
  });
});

describe('nextToGiveWay', () => {
  it('is the kept desktop that would go first; never one that a run or a caller has', () => {
    const soon = entry({ dueInMs: 1000 }).entry;
    assert.equal(nextToGiveWay([entry({}).entry, entry({ dueInMs: 5000 }).entry, soon, entry({ runId: 'run-1' }).entry]), soon);
    assert.equal(nextToGiveWay([entry({}).entry, entry({ runId: 'run-1' }).entry]), undefined);
  });
});
