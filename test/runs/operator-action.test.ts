import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Action } from '../../sandbox-image/wire/index.ts';
import { masked, operatorOutcome } from '../../controller/runs/control/operator-action.ts';

const failed = (message: string) => ({ status: 'failed' as const, error: { code: 'invalid_request' as const, message }, effect: { kind: 'nothing' as const } });

describe('what the journal knows of a person\'s action', () => {
  for (const [name, action, message] of [
    ['a key', { type: 'key', keys: ['shift', 'ß'] }, "the desktop's keyboard has no key ß"],
    ['a held key', { type: 'key_down', key: 'ß' }, "the desktop's keyboard has no key ß"],
    ['a text', { type: 'type', text: 'aß' }, 'stopped at ß'],
  ] as const) {
    it(`names nothing of ${name} that was written, also when it failed`, () => {
      const known = masked(Action.parse(action));
      const outcome = operatorOutcome(failed(message), known);
      assert.ok(!JSON.stringify([known, outcome]).includes('ß'), JSON.stringify([known, outcome]));
      assert.equal(outcome.error?.code, 'invalid_request');
    });
  }

  it('keeps the desktop\'s words on what wrote nothing', () => {
    const known = masked(Action.parse({ type: 'click', x: 1, y: 2 }));
    assert.equal(operatorOutcome(failed('the screen is gone'), known).error?.message, 'the screen is gone');
    assert.equal(operatorOutcome({ status: 'performed', error: undefined, effect: { kind: 'nothing' } }, known).error, null);
  });
});
