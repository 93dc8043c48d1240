import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readAction, vendorActionTypes } from '../../../controller/dialects/openai-responses/read-action.ts';
import { Action, offScreen } from '../../../sandbox-image/wire/index.ts';

const display = { width: 1280, height: 800 };
const native = { region: { x: 0, y: 0, ...display }, ...display };
/** The same screen, shown at half its size. */
const halved = { region: { x: 0, y: 0, ...display }, width: 640, height: 400 };
const read = (item: unknown, frame = native) => readAction(item, { frame, waitMs: 2000 });

function problemOf(item: unknown): string {
  const result = read(item);
  assert.ok('problem' in result, `${JSON.stringify(item)} was read`);
  return result.problem;
}

describe('readAction', () => {
  const understood: [name: string, vendor: unknown, action: unknown][] = [
    ['a click', { type: 'click', button: 'left', x: 10, y: 20 }, { type: 'click', x: 10, y: 20, button: 'left', count: 1, modifiers: [] }],
    ['the wheel as middle button', { type: 'click', button: 'wheel', x: 1, y: 2, keys: null }, { type: 'click', x: 1, y: 2, button: 'middle', count: 1, modifiers: [] }],
    ['back and forward', { type: 'click', button: 'back', x: 1, y: 2 }, { type: 'click', x: 1, y: 2, button: 'back', count: 1, modifiers: [] }],
    ['keys of a click as modifiers', { type: 'click', button: 'left', x: 1, y: 2, keys: ['CTRL', 'Shift', 'CMD'] }, { type: 'click', x: 1, y: 2, button: 'left', count: 1, modifiers: ['ctrl', 'shift', 'super'] }],
    ['a double click without keys', { type: 'double_click', x: 3, y: 4 }, { type: 'click', x: 3, y: 4, button: 'left', count: 2, modifiers: [] }],
    ['a move', { type: 'move', x: 1279, y: 799 }, { type: 'move', x: 1279, y: 799, modifiers: [] }],
    ['a drag of points', { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], keys: ['ALT'] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], button: 'left', modifiers: ['alt'] }],
    ['a drag of pairs', { type: 'drag', path: [[1, 2], [3, 4], [5, 6]] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }, { x: 5, y: 6 }], button: 'left', modifiers: [] }],
    ['a chord as one key action', { type: 'keypress', keys: ['CTRL', 'A'] }, { type: 'key', keys: ['ctrl', 'a'], repeat: 1 }],
    ['a capital alone as itself', { type: 'keypress', keys: ['A'] }, { type: 'key', keys: ['A'], repeat: 1 }],
    ['named keys', { type: 'keypress', keys: ['PAGEDOWN'] }, { type: 'key', keys: ['pagedown'], repeat: 1 }],
    ['a screenshot', { type: 'screenshot' }, { type: 'screenshot' }],
    ['text', { type: 'type', text: 'Grüße\n' }, { type: 'type', text: 'Grüße\n' }],
    ['a wait', { type: 'wait' }, { type: 'wait', ms: 2000 }],
    ['100 pixels as a notch, sign kept', { type: 'scroll', x: 5, y: 6, scroll_x: -200, scroll_y: 340 }, { type: 'scroll', x: 5, y: 6, dx: -2, dy: 3, modifiers: [] }],
    ['a small scroll as one notch', { type: 'scroll', x: 5, y: 6, scroll_x: 0, scroll_y: -3 }, { type: 'scroll', x: 5, y: 6, dx: 0, dy: -1, modifiers: [] }],
    ['a huge scroll as fifteen', { type: 'scroll', x: 5, y: 6, scroll_x: 0, scroll_y: 90_000 }, { type: 'scroll', x: 5, y: 6, dx: 0, dy: 15, modifiers: [] }],
    ['fields that it does not know', { type: 'move', x: 1, y: 2, confidence: 0.9 }, { type: 'move', x: 1, y: 2, modifiers: [] }],
    ['fractions as the pixel they lie in', { type: 'move', x: 1.9, y: 2.2 }, { type: 'move', x: 1, y: 2, modifiers: [] }],
  ];
  for (const [name, vendor, action] of understood) {
    it(`reads ${name}`, () => assert.deepEqual(read(vendor), { action }));
  }

  it('maps pixels of a smaller picture to the screen', () => {
    assert.deepEqual(read({ type: 'move', x: 639, y: 0 }, halved), { action: { type: 'move', x: 1279, y: 1, modifiers: [] } });
  });

  const refused: [name: string, vendor: unknown, words: RegExp][] = [
    ['an unknown action, naming the known ones', { type: 'triple_click', x: 1, y: 2 }, /unknown action "triple_click": use click, double_click, drag/],
    ['an unknown key, naming it', { type: 'keypress', keys: ['CTRL', 'FROB'] }, /unknown key "FROB"/],
    ['a chord in one word', { type: 'keypress', keys: ['CTRL+S'] }, /each key as an element of its own/],
    ['a chord of nothing', { type: 'keypress', keys: [] }, /keys/],
    ['too many keys', { type: 'keypress', keys: Array.from({ length: 9 }, () => 'A') }, /9 keys in one chord; the limit is 8/],
    ['a key that is no modifier', { type: 'click', button: 'left', x: 1, y: 2, keys: ['ENTER'] }, /"ENTER" cannot be held.*use CTRL, SHIFT, ALT or META/],
    ['a point off the picture, with its bounds', { type: 'click', button: 'left', x: 1280, y: 2 }, /1280,2 lies off the picture: x must be 0 to 1279, y 0 to 799/],
    ['a negative point', { type: 'move', x: -1, y: 2 }, /-1,2 lies off/],
    ['a drag that leaves the picture', { type: 'drag', path: [{ x: 1, y: 2 }, { x: 1, y: 800 }] }, /1,800 lies off/],
    ['a drag of one point', { type: 'drag', path: [{ x: 1, y: 2 }] }, /drag: path/],
    ['a number in words', { type: 'move', x: '10', y: 2 }, /move: x/],
    ['a missing coordinate', { type: 'click', button: 'left', x: 10 }, /click: y/],
    ['an unknown button', { type: 'click', button: 'middle', x: 10, y: 1 }, /click: button/],
    ['a scroll of nothing', { type: 'scroll', x: 1, y: 1, scroll_x: 0, scroll_y: 0 }, /scroll/],
    ['an empty text', { type: 'type', text: '' }, /type: the text is empty/],
    ['a text that cannot be typed', { type: 'type', text: 'a\u0007' }, /U\+0007/],
    ['what is no object', 7, /unknown action null/],
  ];
  for (const [name, vendor, words] of refused) {
    it(`refuses ${name}`, () => assert.match(problemOf(vendor), words));
  }

  it('gives for anything at all an action that fits the screen, or a sentence', () => {
    const field = fc.oneof(fc.integer({ min: -10, max: 2000 }), fc.double(), fc.string(), fc.jsonValue());
    const vendor = fc.oneof(fc.jsonValue(), fc.record({
      type: fc.constantFrom(...vendorActionTypes, 'zoom'), x: field, y: field, button: fc.constantFrom('left', 'wheel', 'x'), scroll_x: field, scroll_y: field,
      keys: fc.oneof(fc.constant(null), fc.array(fc.constantFrom('CTRL', 'A', 'NOPE', ''))), text: fc.string({ unit: 'binary' }),
      path: fc.array(fc.oneof(fc.record({ x: field, y: field }), fc.tuple(field, field)), { maxLength: 4 }),
    }, { requiredKeys: ['type'] }));
    fc.assert(fc.property(vendor, (item) => {
      const result = read(item);
      if ('problem' in result) return result.problem.length > 3;
      return Action.safeParse(result.action).success && offScreen(result.action, display) === undefined;
    }), { numRuns: 500 });
  });
});
