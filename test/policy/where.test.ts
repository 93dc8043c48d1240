import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Action } from '../../sandbox-image/wire/index.ts';
import { judge } from '../../controller/policy/judge.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';

const rule = (when: unknown) => PolicyRule.parse({ name: 'rule', verdict: 'refuse', reason: 'no', when });
const isAbout = (when: unknown, action: unknown) => judge([rule(when)], [{ callId: 'c', actions: [Action.parse(action)] }]).length > 0;

describe('rules about chords', () => {
  for (const [keys, isMeant] of [[['ctrl', 'w'], true], [['w', 'ctrl'], true], [['ctrl_r', 'w'], true], [['ctrl', 'W'], true], [['ctrl', 'shift', 'w'], false], [['w'], false], [['ctrl'], false]] as const) {
    it(`ctrl+w ${isMeant ? 'is' : 'is not'} ${keys.join('+')}`, () => assert.equal(isAbout({ chords: ['Control+W'] }, { type: 'key', keys: [...keys] }), isMeant));
  }

  it('are about held keys too, and about nothing else', () => {
    assert.ok(isAbout({ chords: ['alt+f4'] }, { type: 'hold', keys: ['alt', 'f4'], ms: 10 }));
    assert.ok(isAbout({ chords: ['super'] }, { type: 'key_down', key: 'super' }));
    assert.ok(!isAbout({ chords: ['a'] }, { type: 'type', text: 'a' }));
    assert.ok(isAbout({ chords: ['ctrl++'] }, { type: 'key', keys: ['ctrl', '+'] }));
  });
});

describe('rules about a region', () => {
  const bar = { region: { x: 0, y: 760, width: 1280, height: 40 } };
  for (const [action, isMeant] of [
    [{ type: 'click', x: 10, y: 760 }, true], [{ type: 'click', x: 10, y: 759 }, false], [{ type: 'click', x: 10, y: 800 }, false], [{ type: 'scroll', x: 5, y: 790, dx: 0, dy: 3 }, true],
    [{ type: 'drag', path: [{ x: 5, y: 5 }, { x: 5, y: 770 }] }, true], [{ type: 'drag', path: [{ x: 5, y: 5 }, { x: 5, y: 70 }] }, false], [{ type: 'type', text: 'x' }, false], [{ type: 'move', x: 1279, y: 799 }, true],
  ] as const) {
    it(`${JSON.stringify(action)} is ${isMeant ? '' : 'not '}in it`, () => assert.equal(isAbout(bar, action), isMeant));
  }

  it('are narrowed by kinds of actions', () => {
    assert.ok(!isAbout({ ...bar, actions: ['drag'] }, { type: 'click', x: 10, y: 770 }));
    assert.ok(isAbout({ ...bar, actions: ['click'] }, { type: 'click', x: 10, y: 770 }));
  });
});

describe('rules about files', () => {
  const about = (when: unknown, path: string) => judge([rule(when)], [{ callId: 'c', actions: [], tool: { type: 'create', path, text: 'secret.txt inside' } }]).length > 0;
  it('look at the path and not at the content', () => {
    assert.ok(about({ file: { contains: '.ssh/' } }, '/home/agent/.ssh/config'));
    assert.ok(!about({ file: { contains: 'secret.txt' } }, '/home/agent/notes'));
  });
});

describe('conditions', () => {
  for (const when of [{}, { chords: ['nonsense+w'] }, { chords: [] }, { region: { x: 0, y: 0, width: 0, height: 5 } }, { text: { contains: 'a' }, chords: ['a'] }, { file: { contains: 'a' }, actions: ['type'] }, { file: { contains: 'a' }, tools: ['shell'] },
    { chords: ['a'], tools: ['shell'] }, { window: 'Bank' }, { host: 'example.org' }]) {
    it(`refuse ${JSON.stringify(when)}`, () => assert.throws(() => rule(when)));
  }
});
