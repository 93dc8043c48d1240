import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badgeOf } from '../../controller/console/decide/approval-badge.ts';
import { consequenceOf, statusOfItem } from '../../controller/console/pages/inbox/inbox-items.ts';
import { addressOf, countsOf, filterOf, groupOf, noFilter, shownBy } from '../../controller/console/pages/sessions/session-filter.ts';
import { sessionsOf, statusOf } from '../../controller/console/state/session-status.ts';
import { merged } from '../../controller/console/state/merge.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { RunState } from '../../controller/runs/run.ts';
import type { Run } from '../../controller/runs/run.ts';
import { sampleRun } from '../support/sample-run.ts';

const desktop = (id: string, more: Partial<DesktopView> = {}): DesktopView => ({ id, state: 'ready', display: { width: 1280, height: 800 }, image: 'x', project: 'default', createdAt: 1, runId: null, releasesAt: null, reason: null, stages: [], ...more });
const lease = { holder: 'Bea', reason: null, takenAt: 1, until: 2, isFenced: true, requests: [] };
const runs: Run[] = [
  sampleRun('works', { state: 'awaitingModel', desktopId: 'd-1', createdAt: 10, model: 'a', task: 'Book a train', steps: 9, costUsd: 1 }),
  sampleRun('asks', { state: 'awaitingSafetyAck', approvalId: 'ap', desktopId: 'd-2', createdAt: 30, model: 'b' }),
  sampleRun('paused', { state: 'awaitingModel', control: 'paused', desktopId: 'd-3', createdAt: 20 }),
  sampleRun('held', { state: 'deciding', control: 'operator', lease, desktopId: 'd-4', createdAt: 40 }),
  sampleRun('second', { queue: { position: 2, reason: 'full', estimatedStartAt: null }, createdAt: 50 }),
  sampleRun('first', { queue: { position: 1, reason: 'full', estimatedStartAt: null }, createdAt: 60 }),
  sampleRun('over', { state: 'failed', endedAt: 5, desktopId: 'd-5' }),
];
const sessions = sessionsOf([1, 2, 3, 4, 5].map((number) => desktop(`d-${number}`)), runs);
const idsOf = (found: readonly { readonly key: string }[]) => found.map(({ key }) => key);

describe('sessionsOf', () => {
  it('makes one session of a desktop and its run, keeps those without the other, and none of a run that is over', () => {
    assert.deepEqual(sessions.map(({ key, desktop: on, run }) => [key, on?.id ?? null, run?.id ?? null]), [
      ['works', 'd-1', 'works'], ['asks', 'd-2', 'asks'], ['paused', 'd-3', 'paused'], ['held', 'd-4', 'held'], ['d-5', 'd-5', null], ['second', null, 'second'], ['first', null, 'first'],
    ]);
  });

  it('has words and a tone for every state that a run can be in', () => {
    for (const state of RunState.options) {
      for (const control of ['agent', 'paused', 'operator'] as const) {
        const endedAt = ['succeeded', 'failed', 'cancelled'].includes(state) ? 1 : null;
        const { words, tone } = statusOf({ key: 'x', desktop: null, run: sampleRun('x', { state, control, endedAt, lease: control === 'operator' ? lease : null }) });
        assert.ok(words.length > 2 && tone.length > 2, `${state} ${control}`);
        if (control === 'operator' && endedAt === null && state !== 'finishing') assert.deepEqual([words, tone], ['Bea in control', 'person']);
      }
    }
  });
});

describe('what a run asks', () => {
  const asks = sampleRun('asks', { state: 'awaitingSafetyAck', approvalId: 'ap' });
  const item = { kind: 'approval' } as const;

  it('is an answer everywhere, where the model asks', () => {
    const answer = { tone: 'waiting', words: 'Answer needed' };
    for (const found of [badgeOf({ state: 'pending', kind: 'question' }), statusOf({ key: 'asks', desktop: null, run: asks }, 'question'), statusOfItem(item, 'question')]) assert.deepEqual(found, answer);
    assert.equal(consequenceOf(item, 'question'), 'to answer');
  });

  it('is a decision everywhere else, and where it is not known yet', () => {
    for (const kind of ['safety_check', 'policy', 'stale_target', 'network', undefined] as const) {
      assert.deepEqual([statusOf({ key: 'asks', desktop: null, run: asks }, kind).words, statusOfItem(item, kind).words, consequenceOf(item, kind)], ['Decision needed', 'Decision needed', 'until it is denied']);
    }
  });
});

describe('the filter of sessions', () => {
  it('puts what waits for a person first, longest first, and the queue by its places', () => {
    const shown = shownBy(sessions, noFilter);
    assert.deepEqual([idsOf(shown.waiting), idsOf(shown.present), idsOf(shown.queued)], [['paused', 'asks'], ['held', 'works', 'd-5'], ['first', 'second']]);
    assert.deepEqual(countsOf(sessions, noFilter), { all: 7, waiting: 2, person: 1, working: 1, queued: 2, idle: 1 });
  });

  it('counts somebody who asks for control as waiting for a person', () => {
    const asked = sampleRun('r', { state: 'deciding', control: 'operator', lease: { ...lease, requests: [{ by: 'Cai', at: 3, reason: null }] } });
    assert.equal(groupOf({ key: 'r', desktop: null, run: asked }), 'waiting');
  });

  it('finds by words in any order and case, by model and by state', () => {
    const found = (more: Partial<typeof noFilter>) => idsOf(Object.values(shownBy(sessions, { ...noFilter, ...more })).flat());
    assert.deepEqual(found({ text: 'TRAIN book' }), ['works']);
    assert.deepEqual(found({ text: 'd-4' }), ['held']);
    assert.deepEqual(found({ model: 'b' }), ['asks']);
    assert.deepEqual(found({ group: 'queued' }), ['first', 'second']);
    assert.deepEqual(found({ text: 'nothing of the kind' }), []);
  });

  it('says the same in an address and back', () => {
    for (const filter of [noFilter, { text: 'a & b', group: 'waiting', model: 'gpt-5.6', order: 'cost' }] as const) {
      const { searchParams } = new URL(addressOf(filter), 'http://x');
      assert.deepEqual(filterOf(Object.fromEntries(searchParams)), filter);
    }
    assert.deepEqual(filterOf({ state: 'nonsense', sort: 'up' }), noFilter);
  });
});

describe('merged', () => {
  it('keeps the object of what says the same, and the list if nothing changed', () => {
    const before = [{ id: 'a', value: 1 }, { id: 'b', value: 2 }];
    assert.equal(merged(before, [{ id: 'a', value: 1 }, { id: 'b', value: 2 }]), before);
    const next = merged(before, [{ id: 'b', value: 3 }, { id: 'a', value: 1 }]);
    assert.deepEqual(next, [{ id: 'b', value: 3 }, { id: 'a', value: 1 }]);
    assert.equal(next[1], before[0]);
  });
});
