import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duration, wordsOfAction, wordsOfEffect, wordsOfFact, wordsOfOutcome } from '../../controller/api/plain-words.ts';
import { Action } from '../../sandbox-image/wire/index.ts';
import type { ActionInput } from '../../sandbox-image/wire/index.ts';
import { sampleApproval, sampleHistory } from '../support/sample-run.ts';

const words: [ActionInput, string][] = [
  [{ type: 'screenshot' }, 'Look at the screen'],
  [{ type: 'zoom', region: { x: 1, y: 2, width: 30, height: 40 } }, 'Look closely at 30×40 at 1,2'],
  [{ type: 'move', x: 5, y: 6 }, 'Move to 5,6'],
  [{ type: 'click', x: 5, y: 6 }, 'Click at 5,6'],
  [{ type: 'click', count: 2, modifiers: ['Control', 'shift'] }, 'Double-click where the pointer is holding Ctrl and Shift'],
  [{ type: 'click', x: 0, y: 0, button: 'right' }, 'Right-click at 0,0'],
  [{ type: 'click', x: 0, y: 0, button: 'right', count: 3 }, 'Triple-click the right button at 0,0'],
  [{ type: 'click', x: 0, y: 0, button: 'back' }, 'Click the back button at 0,0'],
  [{ type: 'mouse_down' }, 'Press the left button where the pointer is'],
  [{ type: 'mouse_up', x: 1, y: 1 }, 'Let go of the left button at 1,1'],
  [{ type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }, { x: 5, y: 6 }] }, 'Drag from 1,2 to 5,6 through 1 more point'],
  [{ type: 'scroll', x: 1, y: 2, dy: -3, dx: 1 }, 'Scroll 3 up and 1 right at 1,2'],
  [{ type: 'type', text: 'a\nb' }, 'Type “a⏎b”'],
  [{ type: 'key', keys: ['ctrl', 'PageDown', '+'], repeat: 2 }, 'Press Ctrl+Page Down+Plus 2 times'],
  [{ type: 'key_down', key: 'shift_r' }, 'Hold down Shift (right)'],
  [{ type: 'key_up', key: 'a' }, 'Let go of A'],
  [{ type: 'hold', keys: ['w'], ms: 1500 }, 'Hold W for 1.5 s'],
  [{ type: 'wait', ms: 20 }, 'Wait 20 ms'],
  [{ type: 'cursor' }, 'Ask where the pointer is'],
];

describe('wordsOfAction', () => {
  for (const [action, expected] of words) it(expected, () => assert.equal(wordsOfAction(Action.parse(action)), expected));

  it('shortens long texts by characters, not halves of them', () => {
    assert.equal(wordsOfAction({ type: 'type', text: '😀'.repeat(500) }), `Type “${'😀'.repeat(119)}…”`);
  });
});

describe('wordsOfOutcome and wordsOfEffect', () => {
  it('say what changed, or why nothing was done', () => {
    const region = { x: 1, y: 2, width: 3, height: 4 };
    assert.equal(wordsOfEffect({ kind: 'changed', region, share: 0.0001 }), 'changed less than 0.1 % in 3×4 at 1,2');
    assert.equal(wordsOfOutcome({ status: 'performed', effect: { kind: 'changed', region, share: 0.314 }, settled: false }), 'changed 31 % in 3×4 at 1,2, still changing');
    assert.equal(wordsOfOutcome({ status: 'failed', effect: { kind: 'nothing' }, settled: true, typedCharacters: 7, error: { code: 'cancelled', message: 'stopped' } }), 'failed after 7 characters: stopped');
    assert.match(wordsOfOutcome({ status: 'unknown', effect: { kind: 'nothing' }, settled: true }), /nobody knows/);
  });
});

describe('wordsOfFact', () => {
  it('has words for every fact but those that only carry what others say', () => {
    const { events } = sampleHistory('r-1');
    const silent = new Set(events.filter(({ fact }) => wordsOfFact(fact) === undefined).map(({ fact }) => fact.type));
    assert.deepEqual([...silent].sort(), ['action.intended', 'briefing.given', 'frame.captured', 'model.asked']);
  });
});

describe('duration', () => {
  for (const [ms, expected] of [[0.34, '0.3 ms'], [88.4, '88 ms'], [12_400, '12.4 s'], [200_000, '3 min 20 s'], [7_260_000, '2 h 1 min']] as const) it(expected, () => assert.equal(duration(ms), expected));
});

describe('rules and edits in words', () => {
  const approval = sampleApproval('ap-1', 'r-1', { kind: 'policy', rules: [{ rule: 'removal', reason: 'something is removed', callId: 'call_1', index: 0 }], calls: [{ callId: 'call_1', actions: [{ type: 'type', text: 'rm all' }], tool: undefined, safetyChecks: [] }] });

  it('say which rule asks or refuses, and what was edited', () => {
    assert.equal(wordsOfFact({ type: 'approval.opened', approval }), 'A person has to decide (policy): rule removal: something is removed — Type “rm all”');
    const ended = { ...approval, state: 'approved' as const, decidedBy: 'ann', edits: [{ callId: 'call_1', index: 0, text: 'ls' }] };
    assert.equal(wordsOfFact({ type: 'approval.ended', approval: ended }), 'Approved by ann; the text “rm all” was edited to “ls”');
    const match = { rule: 'no-root', verdict: 'refuse' as const, reason: 'never as root', call: 0, callId: 'call_1', index: 0 };
    assert.equal(wordsOfFact({ type: 'policy.judged', turn: 1, matches: [match, { ...match, rule: 'look', verdict: 'ask' }] }), 'Rule no-root refuses: never as root; Rule look asks a person: never as root');
  });
});
