import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Timeline } from '../../../controller/console/pages/session/timeline.ts';
import type { RunEvent } from '../../../controller/runs/run-event.ts';
import { sampleHistory } from '../../support/sample-run.ts';

function told(events: readonly RunEvent[]): Timeline {
  const timeline = new Timeline();
  for (const event of events) timeline.add(event);
  return timeline;
}

describe('the timeline of a run', () => {
  const { events } = sampleHistory('r-1');
  const { entries } = told(events);

  it('tells turns with what the model said, and actions in plain words with effect and times', () => {
    const turn = entries.find(({ kind }) => kind === 'turn');
    assert.deepEqual([turn?.title, turn?.text, turn?.timings?.totalMs], ['2 actions', 'I open a terminal from the panel.', 742]);
    const click = entries.find(({ kind }) => kind === 'action');
    assert.equal(click?.title, 'Double-click at 60,783 holding ctrl'.replace('ctrl', 'Ctrl'));
    assert.match(click?.text ?? '', /^Changed 31 %/);
    assert.deepEqual(click?.effect, { x: 200, y: 120, width: 760, height: 420 });
    assert.deepEqual([click?.before, click?.after], ['f1', 'f2']);
    assert.deepEqual(click?.mark?.at, { x: 640, y: 400 }, 'and where the pointer came from');
    assert.ok(Math.abs((click?.timings?.totalMs ?? 0) - 100) < 0.01);
  });

  it('puts approvals, notes, control and the end where they happened', () => {
    assert.deepEqual(entries.map(({ kind }) => kind).filter((kind) => kind !== 'action'), ['task', 'desktop', 'turn', 'turn', 'approval', 'control', 'control', 'note', 'turn', 'turn', 'note', 'desktop', 'end']);
    const approval = entries.find(({ kind }) => kind === 'approval');
    assert.deepEqual([approval?.title, approval?.tone, approval?.timings?.totalMs], ['Approved by first-token', 'good', 6400]);
    assert.equal(entries.at(-1)?.text, 'Hello from computer use');
    assert.equal(entries.find(({ tone }) => tone === 'bad')?.title, 'Right-click at 300,300', 'what was refused stands out');
  });

  it('shows what is under way, and its end in the same place', () => {
    const asked = events.findIndex(({ fact }) => fact.type === 'action.ended');
    const before = told(events.slice(0, asked));
    const under = before.entries.at(-1);
    assert.deepEqual([under?.kind, under?.tone, under?.effect], ['action', 'busy', null]);
    const place = before.placeOf(under?.key ?? '');
    const event = events[asked];
    assert.ok(event !== undefined && before.add(event));
    assert.equal(before.placeOf(under?.key ?? ''), place);
    assert.equal(before.entries.at(-1)?.tone, 'plain');
  });

  it('counts each event once, whatever comes twice', () => {
    const timeline = told(events);
    const length = timeline.entries.length;
    for (const event of events) assert.equal(timeline.add(event), false);
    assert.equal(timeline.entries.length, length);
    assert.equal(new Set(timeline.entries.map(({ key }) => key)).size, length, 'no key twice');
  });
});
