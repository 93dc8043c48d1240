import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computerActions, qwenActions } from '../../controller/dialects/function-tools/action-names.ts';
import { readComputerCall } from '../../controller/dialects/function-tools/read-computer-call.ts';
import { pictureCoordinates, placeOnScreen, smartResize, Resize } from '../../controller/dialects/coordinates.ts';
import type { CoordinateSpace } from '../../controller/dialects/coordinates.ts';
import { Action, offScreen } from '../../sandbox-image/wire/index.ts';

const display = { width: 1280, height: 800 };
const frame = { region: { x: 0, y: 0, ...display }, ...display };
const options = { frame, coordinates: pictureCoordinates, pointer: { x: 7, y: 8 }, waitMs: 2000 };
const read = (given: unknown, space: CoordinateSpace = 'pixels') => readComputerCall(given, { ...options, coordinates: { space, resize: Resize.parse({}) } });
const click = (more: object = {}) => ({ type: 'click', x: 10, y: 20, button: 'left', count: 1, modifiers: [], ...more });

describe('readComputerCall', () => {
  const understood: [name: string, given: unknown, action: unknown][] = [
    ['screenshot', { action: 'screenshot' }, { type: 'screenshot' }],
    ['click', { action: 'click', x: 10, y: 20 }, click()],
    ['click with a button and modifiers', { action: 'click', x: 10, y: 20, button: 'right', keys: ['ctrl', 'shift'] }, click({ button: 'right', modifiers: ['ctrl', 'shift'] })],
    ['double_click', { action: 'double_click', x: 10, y: 20 }, click({ count: 2 })],
    ['triple_click', { action: 'triple_click', x: 10, y: 20 }, click({ count: 3 })],
    ['move', { action: 'move', x: 10, y: 20 }, { type: 'move', x: 10, y: 20, modifiers: [] }],
    ['drag', { action: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], button: 'left', modifiers: [] }],
    ['scroll', { action: 'scroll', x: 1, y: 2, scroll_x: 0, scroll_y: 300 }, { type: 'scroll', x: 1, y: 2, dx: 0, dy: 3, modifiers: [] }],
    ['type', { action: 'type', text: 'Grüße\n' }, { type: 'type', text: 'Grüße\n' }],
    ['keypress', { action: 'keypress', keys: ['ctrl', 'S'] }, { type: 'key', keys: ['ctrl', 's'], repeat: 1 }],
    ['wait', { action: 'wait', ms: 500 }, { type: 'wait', ms: 500 }],
    ['wait without duration', { action: 'wait' }, { type: 'wait', ms: 2000 }],
    ['key (Qwen)', { action: 'key', keys: ['ctrl', 'c'] }, { type: 'key', keys: ['ctrl', 'c'], repeat: 1 }],
    ['key_down (Qwen)', { action: 'key_down', keys: ['shift'] }, { type: 'key_down', key: 'shift' }],
    ['key_up (Qwen)', { action: 'key_up', keys: ['shift'] }, { type: 'key_up', key: 'shift' }],
    ['mouse_move (Qwen)', { action: 'mouse_move', coordinate: [10, 20] }, { type: 'move', x: 10, y: 20, modifiers: [] }],
    ['left_click (Qwen)', { action: 'left_click', coordinate: [10, 20] }, click()],
    ['right_click (Qwen)', { action: 'right_click', coordinate: [10, 20] }, click({ button: 'right' })],
    ['middle_click (Qwen)', { action: 'middle_click', coordinate: [10, 20] }, click({ button: 'middle' })],
    ['left_click_drag (Qwen), from the pointer', { action: 'left_click_drag', coordinate: [10, 20] }, { type: 'drag', path: [{ x: 7, y: 8 }, { x: 10, y: 20 }], button: 'left', modifiers: [] }],
    ['a drag between two coordinates', { action: 'left_click_drag', start_coordinate: [1, 2], coordinate: [10, 20] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 10, y: 20 }], button: 'left', modifiers: [] }],
    ['scroll (Qwen), + is up', { action: 'scroll', coordinate: [1, 2], pixels: 300 }, { type: 'scroll', x: 1, y: 2, dx: 0, dy: -3, modifiers: [] }],
    ['scroll (Qwen), - is down', { action: 'scroll', pixels: -100 }, { type: 'scroll', dx: 0, dy: 1, modifiers: [] }],
    ['hscroll (Qwen)', { action: 'hscroll', pixels: 200 }, { type: 'scroll', dx: 2, dy: 0, modifiers: [] }],
    ['wait in seconds (Qwen)', { action: 'wait', time: 1.5 }, { type: 'wait', ms: 1500 }],
    ['arguments as text', '{"action":"click","x":10,"y":20}', click()],
    ['numbers as text and fractions', { action: 'click', x: '10', y: '20.7' }, click()],
    ['a point as text', { action: 'click', coordinate: '[10, 20]' }, click()],
    ['a point as an object', { action: 'click', coordinate: { x: '10', y: 20 } }, click()],
    ['a point in x', { action: 'click', x: [10, 20] }, click()],
    ['nulls as absent', { action: 'click', x: 10, y: 20, button: null, keys: null, text: null, path: null }, click()],
    ['a chord in one word', { action: 'key', text: 'ctrl+shift+t' }, { type: 'key', keys: ['ctrl', 'shift', 't'], repeat: 1 }],
    ['a chord with plus', { action: 'key', text: 'ctrl++' }, { type: 'key', keys: ['ctrl', '+'], repeat: 1 }],
    ['a name in another spelling', { action: 'Double Click', x: 10, y: 20 }, click({ count: 2 })],
    ['a path of pairs as text', { action: 'drag', path: '[[1,2],["3",4]]' }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], button: 'left', modifiers: [] }],
    ['a scroll by direction', { action: 'scroll', x: 1, y: 2, direction: 'Down', amount: '3' }, { type: 'scroll', x: 1, y: 2, dx: 0, dy: 3, modifiers: [] }],
    ['keys without action', { keys: ['enter'] }, { type: 'key', keys: ['enter'], repeat: 1 }],
    ['a path without action', { path: [[1, 2], [3, 4]] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], button: 'left', modifiers: [] }],
    ['a scroll without action', { x: 1, y: 2, scroll_y: -100 }, { type: 'scroll', x: 1, y: 2, dx: 0, dy: -1, modifiers: [] }],
    ['a button and a point without action', { button: 'right', x: 10, y: 20 }, click({ button: 'right' })],
    ['a number to type', { action: 'type', text: 42 }, { type: 'type', text: '42' }],
  ];
  for (const [name, given, action] of understood) it(`reads ${name}`, () => assert.deepEqual(read(given), { action }));

  it('reads every action that is offered', () => {
    const full = { x: 1, y: 2, coordinate: [1, 2], path: [[1, 2], [3, 4]], scroll_y: 100, text: 'a', keys: ['a'], ms: 1 };
    const clicking = new Set(['click', 'double_click', 'triple_click', 'move', 'scroll', 'drag', 'mouse_move', 'left_click', 'right_click', 'middle_click', 'left_click_drag', 'hscroll']);
    for (const action of [...computerActions, ...qwenActions]) {
      const result = read({ ...full, action, ...(clicking.has(action) ? { keys: undefined } : {}) });
      assert.ok(!('problem' in result), `${action}: ${JSON.stringify(result)}`);
    }
  });

  for (const [name, given, final] of [
    ['done', { action: 'done', text: ' 42 ' }, '42'],
    ['terminate', { action: 'terminate', status: 'success' }, ''],
    ['a terminated failure', { action: 'terminate', status: 'failure' }, 'The task could not be completed.'],
    ['answer', { action: 'answer', text: 'It is 42' }, 'It is 42'],
  ] as const) it(`takes ${name} as the last word`, () => assert.deepEqual(read(given), { final }));

  const refused: [name: string, given: unknown, words: RegExp][] = [
    ['no JSON', '{"action":', /no JSON/],
    ['no object', '[1,2]', /no JSON object/],
    ['an unknown action', { action: 'fly', x: 1, y: 2 }, /unknown action "fly": use screenshot, click/],
    ['a name of every object', { action: 'constructor' }, /unknown action/],
    ['nothing', {}, /the action is missing: name one of/],
    ['a bare point, which may be a click or a move', { x: 1, y: 2 }, /the action is missing/],
    ['bare text, which may be typed or said', { text: 'hello' }, /the action is missing/],
    ['two actions in one', { path: [[1, 2], [3, 4]], scroll_y: 3 }, /the action is missing/],
    ['half a point', { action: 'click', x: 1 }, /x 1 and y nothing are no point/],
    ['words for numbers', { action: 'click', x: 'left', y: 2 }, /are no point/],
    ['a point off the screen', { action: 'click', x: 1280, y: 2 }, /1280,2 lies off the picture: x must be 0 to 1279/],
    ['a negative point', { action: 'move', x: -1, y: 2 }, /lies off/],
    ['an unknown key', { action: 'keypress', keys: ['frob'] }, /unknown key "frob"/],
    ['an unknown button', { action: 'click', x: 1, y: 2, button: 'big' }, /button/],
    ['a drag without end', { action: 'drag' }, /path/],
    ['a path of one point', { action: 'drag', path: [[1, 2]] }, /at least two/],
    ['a path that leaves the screen', { action: 'drag', path: [[1, 2], [1, 9000]] }, /lies off/],
    ['a scroll of nothing', { action: 'scroll', x: 1, y: 2 }, /scroll/],
    ['a scroll without amount', { action: 'scroll', direction: 'up' }, /amount/],
    ['an empty text', { action: 'type', text: '' }, /empty/],
    ['a text that cannot be typed', { action: 'type', text: 'a\u0007' }, /U\+0007/],
    ['an endless wait', { action: 'wait', ms: 1e9 }, /wait: ms/],
    ['a wait of no number', { action: 'wait', time: 'long' }, /wait: ms/],
  ];
  for (const [name, given, words] of refused) {
    it(`refuses ${name}`, () => {
      const result = read(given);
      assert.ok('problem' in result, JSON.stringify(result));
      assert.match(result.problem, words);
    });
  }

  it('gives for anything at all an action that fits the screen, a last word, or a sentence', () => {
    const value = fc.oneof(fc.integer({ min: -50, max: 2000 }), fc.double(), fc.string(), fc.jsonValue(), fc.array(fc.integer({ min: -10, max: 1500 }), { maxLength: 4 }), fc.constantFrom('12', '[3,4]', null));
    const fields = ['x', 'y', 'coordinate', 'start_coordinate', 'path', 'keys', 'text', 'pixels', 'scroll_x', 'scroll_y', 'ms', 'time', 'button', 'direction', 'amount', 'status'];
    const given = fc.oneof(fc.jsonValue(), fc.string(), fc.record({ action: fc.oneof(fc.constantFrom(...computerActions, ...qwenActions, '__proto__'), value), ...Object.fromEntries(fields.map((field) => [field, value])) }, { requiredKeys: [] }));
    fc.assert(fc.property(given, fc.constantFrom<CoordinateSpace>('pixels', '0-999', '0-1000', 'resized'), (one, space) => {
      const result = read(one, space);
      if ('problem' in result) return result.problem.length > 3;
      return 'final' in result || (Action.safeParse(result.action).success && offScreen(result.action, display) === undefined);
    }), { numRuns: 2000 });
  });
});

describe('placeOnScreen', () => {
  const place = (space: CoordinateSpace, x: number, y: number, shown = frame) => placeOnScreen({ x, y }, shown, { space, resize: Resize.parse({}) });
  /** The same screen at half its size, and a part of it. */
  const halved = { ...frame, width: 640, height: 400 };
  const part = { region: { x: 100, y: 50, width: 640, height: 400 }, width: 640, height: 400 };

  const cases: [space: CoordinateSpace, corner: number[], centre: number[]][] = [
    ['pixels', [1279, 799], [640, 400]],
    ['0-999', [999, 999], [500, 500]],
    ['0-1000', [1000, 1000], [500, 500]],
    /* 1280x800 becomes 1288x812: 46 and 29 times 28. */
    ['resized', [1287, 811], [644, 406]],
  ];
  for (const [space, [right = 0, bottom = 0], [middleX = 0, middleY = 0]] of cases) {
    it(`is exact at corners and centre for ${space}`, () => {
      assert.deepEqual(place(space, 0, 0), { x: 0, y: 0 });
      assert.deepEqual(place(space, right, bottom), { x: 1279, y: 799 });
      assert.deepEqual(place(space, right, 0), { x: 1279, y: 0 });
      assert.deepEqual(place(space, 0, bottom), { x: 0, y: 799 });
      assert.deepEqual(place(space, middleX, middleY), { x: 640, y: 400 });
      assert.match(JSON.stringify(place(space, right + 1, 0)), /lies off/);
      assert.match(JSON.stringify(place(space, 0, bottom + 1)), /lies off/);
      assert.match(JSON.stringify(place(space, -1, 0)), /lies off/);
    });
  }

  it('goes through the frame: smaller pictures and parts of the screen', () => {
    assert.deepEqual(place('pixels', 639, 399, halved), { x: 1279, y: 799 });
    assert.deepEqual(place('0-1000', 500, 500, halved), { x: 640, y: 400 });
    assert.deepEqual(place('0-1000', 0, 1000, part), { x: 100, y: 449 });
    assert.deepEqual(place('pixels', 320, 200, part), { x: 420, y: 250 });
  });

  it('keeps every point of every space on the screen, and in order', () => {
    fc.assert(fc.property(fc.constantFrom<CoordinateSpace>('pixels', '0-999', '0-1000', 'resized'), fc.integer({ min: 320, max: 4096 }), fc.integer({ min: 0, max: 998 }), (space, width, x) => {
      const shown = { region: { x: 0, y: 0, width, height: 800 }, width: Math.min(width, 1600), height: 800 };
      const [one, next] = [place(space, x, 0, shown), place(space, x + 1, 0, shown)];
      if (typeof one === 'string' || typeof next === 'string') return space === 'pixels' || space === 'resized';
      return one.x >= 0 && one.x < width && next.x >= one.x && next.x < width;
    }), { numRuns: 500 });
  });
});

describe('smartResize', () => {
  it('gives what the processors of the vendors give', () => {
    assert.deepEqual(smartResize({ width: 1920, height: 1080 }, Resize.parse({})), { width: 1932, height: 1092 });
    /* 1000/1092 of the area: factor multiples rounded down. */
    assert.deepEqual(smartResize({ width: 1920, height: 1080 }, Resize.parse({ maxPixels: 1_003_520 })), { width: 1316, height: 728 });
    assert.deepEqual(smartResize({ width: 20, height: 20 }, Resize.parse({})), { width: 56, height: 56 });
    /* 70 / 28 is 2.5, which Python rounds to the even 2. */
    assert.deepEqual(smartResize({ width: 70, height: 98 }, Resize.parse({ minPixels: 1 })), { width: 56, height: 112 });
  });
});
