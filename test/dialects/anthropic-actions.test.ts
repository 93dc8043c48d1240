import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computerForms, membersIn } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm, MemberName } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import { pointerAfter, readMember } from '../../controller/dialects/anthropic-messages/read-action.ts';
import { readChords } from '../../controller/dialects/anthropic-messages/read-keys.ts';
import { readEdit, readShell } from '../../controller/dialects/anthropic-messages/read-tool.ts';
import { Action } from '../../sandbox-image/wire/index.ts';
import type { ActionInput } from '../../sandbox-image/wire/index.ts';

/** A screen of twice the picture's size, so that a missing conversion shows. */
const frame = { region: { x: 0, y: 0, width: 2000, height: 1600 }, width: 1000, height: 800 };
const options = (form: ComputerForm) => ({ form, frame, pointer: { x: 7, y: 9 } });
/** The middle of the screen area that the picture's pixel stands for. */
const at = (x: number, y: number) => ({ x: 2 * x + 1, y: 2 * y + 1 });
const expect = (...actions: ActionInput[]) => actions.map((action) => Action.parse(action));

const oldest: [MemberName, object, ActionInput[]][] = [
  ['screenshot', {}, [{ type: 'screenshot' }]],
  ['cursor_position', {}, [{ type: 'cursor' }]],
  ['mouse_move', { coordinate: [10, 20] }, [{ type: 'move', ...at(10, 20) }]],
  ['left_click', {}, [{ type: 'click' }]],
  ['left_click', { coordinate: null, text: null }, [{ type: 'click' }]],
  ['left_click', { coordinate: [0, 0] }, [{ type: 'click', ...at(0, 0) }]],
  ['left_click', { coordinate: [999.6, 799.2] }, [{ type: 'click', ...at(999, 799) }]],
  ['right_click', { coordinate: [1, 2] }, [{ type: 'click', ...at(1, 2), button: 'right' }]],
  ['middle_click', { coordinate: [1, 2] }, [{ type: 'click', ...at(1, 2), button: 'middle' }]],
  ['double_click', { coordinate: [1, 2] }, [{ type: 'click', ...at(1, 2), count: 2 }]],
  ['left_click_drag', { coordinate: [50, 60] }, [{ type: 'drag', path: [{ x: 7, y: 9 }, at(50, 60)] }]],
  ['left_click_drag', { start_coordinate: [1, 2], coordinate: [50, 60] }, [{ type: 'drag', path: [at(1, 2), at(50, 60)] }]],
  ['type', { text: 'héllo\n你' }, [{ type: 'type', text: 'héllo\n你' }]],
  ['key', { text: 'Return' }, [{ type: 'key', keys: ['enter'] }]],
  ['key', { text: 'ctrl+shift+Escape' }, [{ type: 'key', keys: ['ctrl', 'shift', 'escape'] }]],
  ['key', { text: 'ctrl++' }, [{ type: 'key', keys: ['ctrl', '+'] }]],
  ['key', { text: 'ctrl+-' }, [{ type: 'key', keys: ['ctrl', '-'] }]],
  ['key', { text: 'ctrl+plus' }, [{ type: 'key', keys: ['ctrl', '+'] }]],
  ['key', { text: '+' }, [{ type: 'key', keys: ['+'] }]],
  ['key', { text: ' ' }, [{ type: 'key', keys: ['space'] }]],
  ['key', { text: 'cmd+A' }, [{ type: 'key', keys: ['super', 'a'] }]],
  ['key', { text: 'A' }, [{ type: 'key', keys: ['A'] }]],
  ['key', { text: ' Down  Page_Up\tctrl+BackSpace ' }, [{ type: 'key', keys: ['down'] }, { type: 'key', keys: ['pageup'] }, { type: 'key', keys: ['ctrl', 'backspace'] }]],
];
const since2025: typeof oldest = [
  ['triple_click', { coordinate: [1, 2] }, [{ type: 'click', ...at(1, 2), count: 3 }]],
  ['left_click', { coordinate: [1, 2], text: 'ctrl+shift' }, [{ type: 'click', ...at(1, 2), modifiers: ['ctrl', 'shift'] }]],
  ['left_click', { coordinate: [1, 2], key: 'Super_L' }, [{ type: 'click', ...at(1, 2), modifiers: ['super'] }]],
  ['left_click_drag', { start_coordinate: [1, 2], coordinate: [5, 6], text: 'alt' }, [{ type: 'drag', path: [at(1, 2), at(5, 6)], modifiers: ['alt'] }]],
  ['left_mouse_down', {}, [{ type: 'mouse_down' }]],
  ['left_mouse_up', {}, [{ type: 'mouse_up' }]],
  ['scroll', { coordinate: [1, 2], scroll_direction: 'up', scroll_amount: 3 }, [{ type: 'scroll', ...at(1, 2), dy: -3 }]],
  ['scroll', { scroll_direction: 'down', scroll_amount: 5, text: 'ctrl' }, [{ type: 'scroll', dy: 5, modifiers: ['ctrl'] }]],
  ['scroll', { scroll_direction: 'left', scroll_amount: 2 }, [{ type: 'scroll', dx: -2 }]],
  ['scroll', { scroll_direction: 'right', scroll_amount: 100 }, [{ type: 'scroll', dx: 100 }]],
  ['hold_key', { text: 'shift+w', duration: 1.5 }, [{ type: 'hold', keys: ['shift', 'w'], ms: 1500 }]],
  ['wait', { duration: 300 }, [{ type: 'wait', ms: 300_000 }]],
  ['wait', { duration: 0.25 }, [{ type: 'wait', ms: 250 }]],
  ['key', { text: 'Tab', repeat: 4 }, [{ type: 'key', keys: ['tab'], repeat: 4 }]],
  ['key', { text: 'a b', repeat: 2 }, [{ type: 'key', keys: ['a'] }, { type: 'key', keys: ['b'] }, { type: 'key', keys: ['a'] }, { type: 'key', keys: ['b'] }]],
];
const withZoom: typeof oldest = [
  ['zoom', { region: [0, 0, 1000, 800] }, [{ type: 'zoom', region: { x: 0, y: 0, width: 2000, height: 1600 } }]],
  ['zoom', { region: [10, 20, 30, 60] }, [{ type: 'zoom', region: { x: 20, y: 40, width: 40, height: 80 } }]],
];
const performed: Readonly<Record<ComputerForm, typeof oldest>> = {
  computer_20241022: oldest,
  computer_20250124: [...oldest, ...since2025],
  computer_20251124: [...oldest, ...since2025, ...withZoom],
  computer_toolset_20260801: [...oldest, ...since2025, ...withZoom],
};

describe('readMember', () => {
  for (const form of computerForms) {
    it(`performs every action of ${form}`, () => {
      for (const [name, input, actions] of performed[form]) assert.deepEqual(readMember(name, input, options(form)), { actions: expect(...actions) }, `${name} ${JSON.stringify(input)}`);
      assert.deepEqual(new Set(performed[form].map(([name]) => name)), new Set(membersIn(form)));
    });
  }

  it('knows only the actions of the form', () => {
    for (const [form, name] of [['computer_20241022', 'scroll'], ['computer_20241022', 'triple_click'], ['computer_20250124', 'zoom'], ['computer_20251124', 'pinch'], ['computer_toolset_20260801', undefined]] as const) {
      const read = readMember(name, {}, options(form));
      assert.match('problem' in read ? read.problem : '', new RegExp(`^unknown action .*use (?:key|screenshot)`), `${form} ${name}`);
    }
  });

  const wrong: [MemberName, unknown, RegExp][] = [
    ['left_click', { coordinate: [1000, 5] }, /1000,5 lies off the picture: x must be 0 to 999, y 0 to 799/],
    ['left_click', { coordinate: [-1, 5] }, /lies off the picture/],
    ['left_click', { coordinate: [1] }, /coordinate/],
    ['left_click', { coordinate: '1,2' }, /coordinate/],
    ['left_click', { coordinate: [1, 2], text: 'x' }, /"x" cannot be held/],
    ['mouse_move', {}, /coordinate/],
    ['left_click_drag', { start_coordinate: [1, 2] }, /coordinate/],
    ['left_click_drag', { start_coordinate: [1, 2000], coordinate: [1, 2] }, /off the picture/],
    ['key', { text: '' }, /the key is empty/],
    ['key', { text: 'ctrl+' }, /unknown key ""/],
    ['key', { text: 'ctrl-s' }, /unknown key "ctrl-s"/],
    ['key', { text: 'Enter Frobnicate' }, /unknown key "Frobnicate"/],
    ['key', { text: 'a', repeat: 101 }, /repeat/],
    ['key', { text: 'a', repeat: 0 }, /repeat/],
    ['key', { text: 'a b c', repeat: 100 }, /300 key presses/],
    ['key', {}, /text/],
    ['type', { text: '' }, /the text is empty/],
    ['type', { text: 'a\u0000' }, /cannot be typed/],
    ['scroll', { scroll_direction: 'sideways', scroll_amount: 1 }, /scroll_direction/],
    ['scroll', { scroll_direction: 'up', scroll_amount: 0 }, /scroll_amount/],
    ['scroll', { scroll_direction: 'up', scroll_amount: -3 }, /scroll_amount/],
    ['scroll', { scroll_direction: 'up', scroll_amount: 101 }, /scroll_amount/],
    ['wait', { duration: 301 }, /duration/],
    ['wait', { duration: -1 }, /duration/],
    ['hold_key', { text: 'a b', duration: 1 }, /one chord/],
    ['zoom', { region: [10, 10, 10, 20] }, /no area of the picture/],
    ['zoom', { region: [0, 0, 1001, 10] }, /no area of the picture/],
    ['zoom', { region: [0, 0, 5] }, /region/],
  ];
  it('answers what cannot be performed, and guesses nothing', () => {
    for (const [name, input, words] of wrong) {
      const read = readMember(name, input, options('computer_toolset_20260801'));
      assert.match('problem' in read ? read.problem : '', words, `${name} ${JSON.stringify(input)}`);
    }
  });

  it('never throws, and gives only actions that the wire takes', () => {
    const input = fc.oneof(fc.anything(), fc.record({
      coordinate: fc.anything(), start_coordinate: fc.anything(), text: fc.oneof(fc.string(), fc.anything()), duration: fc.anything(), region: fc.anything(),
      scroll_direction: fc.constantFrom('up', 'down', 'left', 'right', 3), scroll_amount: fc.oneof(fc.integer(), fc.anything()), repeat: fc.anything(), action: fc.anything(),
    }, { requiredKeys: [] }));
    fc.assert(fc.property(fc.constantFrom(...computerForms), fc.oneof(fc.constantFrom(...membersIn('computer_toolset_20260801')), fc.anything()), input, (form, name, given) => {
      const read = readMember(name, given, options(form));
      if ('problem' in read) assert.ok(read.problem.length > 0);
      else assert.ok(read.actions.length > 0 && read.actions.every((action) => Action.safeParse(action).success));
    }), { numRuns: 1000 });
  });
});

describe('readChords', () => {
  it('never throws, and names no key that the wire does not know', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('c', 't', 'r', 'l', '+', ' ', '-', 'A') })), (text) => {
      const read = readChords(text);
      if ('chords' in read) for (const keys of read.chords) assert.ok(Action.safeParse({ type: 'key', keys }).success, JSON.stringify(text));
    }), { numRuns: 1000 });
  });
});

describe('pointerAfter', () => {
  it('follows moves, clicks and drags, and nothing else', () => {
    const actions = expect({ type: 'move', x: 1, y: 2 }, { type: 'key', keys: ['a'] }, { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }] }, { type: 'click' }, { type: 'zoom', region: { x: 9, y: 9, width: 9, height: 9 } });
    assert.deepEqual(pointerAfter(actions, { x: 0, y: 0 }), { x: 3, y: 4 });
  });
});

describe('readShell and readEdit', () => {
  const timeoutMs = 120_000;
  it('reads every command of shell and editor', () => {
    assert.deepEqual(readShell({ command: 'ls' }), { tool: { type: 'shell', command: 'ls', restart: false, timeoutMs } });
    assert.deepEqual(readShell({ restart: true }), { tool: { type: 'shell', command: '', restart: true, timeoutMs } });
    assert.deepEqual(readEdit('str_replace_editor', { command: 'view', path: '/a', view_range: [2, -1] }), { tool: { type: 'view', path: '/a', lines: [2, -1], maxCharacters: 30_000 } });
    assert.deepEqual(readEdit('str_replace_editor', { command: 'create', path: '/a', file_text: '' }), { tool: { type: 'create', path: '/a', text: '' } });
    assert.deepEqual(readEdit('str_replace_based_edit_tool', { command: 'str_replace', path: '/a', old_str: 'x' }), { tool: { type: 'replace', path: '/a', old: 'x', new: '' } });
    assert.deepEqual(readEdit('str_replace_based_edit_tool', { command: 'insert', path: '/a', insert_line: 0, insert_text: 'x' }), { tool: { type: 'insert', path: '/a', line: 0, text: 'x' } });
    assert.deepEqual(readEdit('str_replace_editor', { command: 'insert', path: '/a', insert_line: 1, new_str: 'x' }), { tool: { type: 'insert', path: '/a', line: 1, text: 'x' } });
  });

  it('answers what it cannot do', () => {
    for (const [read, words] of [
      [readShell({}), /bash: give a command/], [readShell(7), /bash/], [readShell({ command: 'x'.repeat(100_001) }), /bash: command/],
      [readEdit('e', { command: 'undo_edit', path: '/a' }), /unknown command "undo_edit": use view, create, str_replace, insert/],
      [readEdit('e', { command: 'view' }), /path/], [readEdit('e', { command: 'view', path: '/a', view_range: [0, 1] }), /lines/],
      [readEdit('e', { command: 'insert', path: '/a', insert_line: 1 }), /insert_text/], [readEdit('e', { command: 'str_replace', path: '/a', old_str: '' }), /old/], [readEdit('e', null), /unknown command/],
    ] as const) assert.match('problem' in read ? read.problem : '', words);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (input) => { readShell(input); readEdit('e', input); }), { numRuns: 500 });
  });
});
