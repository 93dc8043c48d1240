import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ActionInput } from '../../sandbox-image/wire/index.ts';
import { TestDesktop } from '../support/test-desktop.ts';
import { waitFor } from '../support/wait-for.ts';

type Line = { event: string; held: string[]; button?: number; x?: number; y?: number; direction?: string; key?: string; time?: number };
const support = (name: string) => readFileSync(new URL(`../support/${name}`, import.meta.url), 'utf8');
/** Actions in these tests change nothing on the screen: there is nothing to wait for. */
const settle = { floorMs: 0, quietMs: 0, ceilingMs: 500 };

describe('input as an application receives it', () => {
  let desktop: TestDesktop;
  let seen = 0;

  before(async () => {
    desktop = await TestDesktop.start();
    await desktop.put('witness.py', support('witness.py'));
    await desktop.openWindow(/Witness/, 'python3', 'witness.py', 'witness.log');
  });
  after(() => desktop?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await desktop.shim.call('release', {});
    seen = (await lines()).length;
  });

  const lines = async (): Promise<Line[]> => (await desktop.take('witness.log')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
  const act = async (action: ActionInput) => {
    const outcome = await desktop.perform(action, { settle });
    assert.equal(outcome.status, 'performed', JSON.stringify(outcome));
    return outcome;
  };
  /** Events since the test began, in short; motion left out unless asked for. */
  const events = async (count: number, motion = false): Promise<string[]> => {
    const all = await waitFor(`${count} events`, async () => {
      const found = (await lines()).slice(seen).filter((line) => motion || line.event !== 'motion');
      return found.length >= count ? found : undefined;
    }, 5000).catch(async () => (await lines()).slice(seen).filter((line) => motion || line.event !== 'motion'));
    return all.map(({ event, held, button, x, y, direction, key }) => [event, button ?? direction ?? key, x === undefined ? undefined : `${x},${y}`, held.length > 0 ? held.join('+') : undefined].filter((word) => word !== undefined).join(' '));
  };

  it('clicks each of the five buttons where it is told', async () => {
    for (const button of ['left', 'middle', 'right', 'back', 'forward'] as const) await act({ type: 'click', x: 321, y: 234, button });
    assert.deepEqual(await events(10), [
      'press 1 321,234', 'release 1 321,234 left', 'press 2 321,234', 'release 2 321,234 middle', 'press 3 321,234', 'release 3 321,234 right',
      'press 8 321,234', 'release 8 321,234', 'press 9 321,234', 'release 9 321,234',
    ]);
  });

  it('clicks twice and three times as toolkits count it', async () => {
    await act({ type: 'click', x: 500, y: 300, count: 2 });
    await act({ type: 'click', x: 700, y: 300, count: 3 });
    const names = (await events(12)).map((line) => line.split(' ').slice(0, 3).join(' '));
    assert.deepEqual(names, [
      'press 1 500,300', 'release 1 500,300', 'press 1 500,300', 'double 1 500,300', 'release 1 500,300',
      'press 1 700,300', 'release 1 700,300', 'press 1 700,300', 'double 1 700,300', 'release 1 700,300', 'press 1 700,300', 'triple 1 700,300', 'release 1 700,300',
    ]);
  });

  it('holds modifiers around a click and lets them go in reverse', async () => {
    await act({ type: 'click', x: 100, y: 100, modifiers: ['CTRL', 'shift'] });
    assert.deepEqual(await events(6), [
      'keydown Control_L', 'keydown Shift_L ctrl', 'press 1 100,100 shift+ctrl', 'release 1 100,100 shift+ctrl+left', 'keyup Shift_L shift+ctrl', 'keyup Control_L ctrl',
    ]);
  });

  it('presses and releases a button in two actions, and moves in between', async () => {
    await act({ type: 'mouse_down', x: 200, y: 200 });
    assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: ['left'] });
    await act({ type: 'move', x: 260, y: 220 });
    await act({ type: 'mouse_up' });
    assert.deepEqual(await events(2), ['press 1 200,200', 'release 1 260,220 left']);
    assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: [] });
  });

  it('drags along every point of the path with moves in between', async () => {
    const path = [{ x: 100, y: 100 }, { x: 300, y: 100 }, { x: 300, y: 400 }];
    await act({ type: 'drag', path, button: 'left', modifiers: ['ctrl'] });
    const all = await events(12, true);
    const from = all.findIndex((line) => line.startsWith('press'));
    const to = all.findIndex((line) => line.startsWith('release'));
    assert.match(all[from] ?? '', /^press 1 100,100 ctrl$/);
    assert.match(all[to] ?? '', /^release 1 300,400 ctrl\+left$/);
    const moves = all.slice(from + 1, to);
    assert.ok(moves.length >= 8 && moves.every((line) => line.startsWith('motion') && line.endsWith('ctrl+left')), all.join('\n'));
    assert.ok(moves.some((line) => line.startsWith('motion 300,100')));
    assert.equal(all.at(-1), 'keyup Control_L ctrl');
  });

  it('turns the wheel by notches on both axes', async () => {
    await act({ type: 'scroll', x: 600, y: 300, dy: 3 });
    await act({ type: 'scroll', dy: -2, dx: 1 });
    await act({ type: 'scroll', dx: -1, modifiers: ['ctrl'] });
    assert.deepEqual((await events(9)).map((line) => line.replace(' 600,300', '')), ['scroll down', 'scroll down', 'scroll down', 'scroll up', 'scroll up', 'scroll right', 'keydown Control_L', 'scroll left ctrl', 'keyup Control_L ctrl']);
  });

  it('presses chords in order and releases them in reverse, as often as asked', async () => {
    await act({ type: 'key', keys: ['CTRL', 'SHIFT', 'A'] });
    assert.deepEqual(await events(6), ['keydown Control_L', 'keydown Shift_L ctrl', 'keydown A shift+ctrl', 'keyup A shift+ctrl', 'keyup Shift_L shift+ctrl', 'keyup Control_L ctrl']);
    seen = (await lines()).length;
    await act({ type: 'key', keys: ['PAGEDOWN'], repeat: 3 });
    assert.deepEqual(await events(6), Array.from({ length: 3 }, () => ['keydown Page_Down', 'keyup Page_Down']).flat());
  });

  it('knows every named key, and characters with and without shift', async () => {
    const wanted: [string, string][] = [
      ['enter', 'Return'], ['kp_enter', 'KP_Enter'], ['escape', 'Escape'], ['tab', 'Tab'], ['space', 'space'], ['backspace', 'BackSpace'], ['delete', 'Delete'], ['insert', 'Insert'],
      ['home', 'Home'], ['end', 'End'], ['pageup', 'Page_Up'], ['pagedown', 'Page_Down'], ['up', 'Up'], ['down', 'Down'], ['left', 'Left'], ['right', 'Right'],
      ['numlock', 'Num_Lock'], ['numlock', 'Num_Lock'], ['pause', 'Pause'], ['menu', 'Menu'], ['scrolllock', 'Scroll_Lock'],
      ...Array.from({ length: 12 }, (_, index): [string, string] => [`f${index + 1}`, `F${index + 1}`]),
      ['ctrl', 'Control_L'], ['ctrl_r', 'Control_R'], ['shift', 'Shift_L'], ['shift_r', 'Shift_R'], ['alt', 'Alt_L'], ['super', 'Super_L'], ['super_r', 'Super_R'],
      ['a', 'a'], ['1', '1'], ['/', 'slash'], ['-', 'minus'], ['+', 'plus'], ['A', 'A'], ['?', 'question'], ['é', 'eacute'], ['€', 'U+20AC'], ['9', '9'], ['8', '8'],
    ];
    for (const [key] of wanted) await act({ type: 'key', keys: [key] });
    const names = new Set((await events(wanted.length * 2)).filter((line) => line.startsWith('keydown')).map((line) => line.split(' ')[1]));
    assert.deepEqual(wanted.filter(([, name]) => !names.has(name)), []);
    assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: [] });
  });

  it('keeps a key down between key_down and key_up, and leaves a held modifier held by a chord', async () => {
    await act({ type: 'key_down', key: 'ctrl' });
    await act({ type: 'key', keys: ['ctrl', 'c'] });
    assert.deepEqual((await desktop.shim.call('state', {})).held.keys, ['ctrl']);
    await act({ type: 'key_up', key: 'ctrl' });
    assert.deepEqual(await events(4), ['keydown Control_L', 'keydown c ctrl', 'keyup c ctrl', 'keyup Control_L ctrl']);
  });

  it('holds keys for a time', async () => {
    await act({ type: 'hold', keys: ['shift'], ms: 300 });
    const all = (await waitFor('two events', async () => (await lines()).length >= seen + 2 && (await lines()).slice(seen))).filter((line) => line.key === 'Shift_L');
    assert.deepEqual(all.map(({ event }) => event), ['keydown', 'keyup']);
    const took = (all[1]?.time ?? 0) - (all[0]?.time ?? 0);
    assert.ok(took >= 290 && took < 1500, `${took} ms`);
  });

  it('types with Caps Lock on as if it were off', async () => {
    await act({ type: 'key', keys: ['capslock'] });
    await act({ type: 'type', text: 'aB' });
    const typed = (await events(8)).filter((line) => /^keydown [aAbB]( |$)/.test(line)).map((line) => line.split(' ')[1]);
    assert.deepEqual(typed, ['a', 'B']);
  });

  it('says where the pointer is, and refuses points off the screen without touching it', async () => {
    await act({ type: 'move', x: 11, y: 22 });
    const outcome = await desktop.perform({ type: 'click', x: 1280, y: 5 }, { settle });
    assert.deepEqual([outcome.status, outcome.error?.code], ['refused', 'off_screen']);
    assert.deepEqual((await act({ type: 'cursor' })).pointer, { x: 11, y: 22 });
    assert.deepEqual(await events(0), []);
  });

  it('follows a change of the keyboard layout', async () => {
    try {
      for (const layout of ['de', 'ru', 'fr']) {
        assert.equal(desktop.run('agent', `setxkbmap ${layout}`).code, 0);
        seen = (await lines()).length;
        await act({ type: 'type', text: 'zy@ß€你Zc' });
        await act({ type: 'key', keys: ['ctrl', 'c'] });
        const keys = (await events(20)).filter((line) => line.startsWith('keydown') && !/Shift|Control/.test(line)).map((line) => line.split(' ')[1]);
        assert.deepEqual(keys, ['z', 'y', 'at', 'ssharp', 'U+20AC', 'U+4F60', 'Z', 'c', 'c'], layout);
      }
    } finally {
      desktop.run('agent', 'setxkbmap us');
    }
  });

  it('releases everything that X says is held, whoever pressed it, Caps Lock included', async () => {
    await act({ type: 'mouse_down', x: 50, y: 50, button: 'back' });
    await act({ type: 'key', keys: ['capslock'] });
    desktop.run('agent', 'xdotool keydown Control_L keydown x mousedown 3');
    const { released } = await desktop.shim.call('setEpoch', { epoch: 7 });
    assert.deepEqual([released.keys.toSorted(), released.buttons.toSorted()], [['capslock', 'ctrl', 'x'], ['back', 'right']]);
    assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: [] });
    assert.equal(desktop.run('agent', 'xset q | grep -c "Caps Lock: *off"').output.trim(), '1');
    const old = await desktop.perform({ type: 'click', x: 5, y: 5 }, { settle });
    assert.deepEqual([old.status, old.error?.code], ['refused', 'stale_epoch']);
    await assert.rejects(desktop.shim.call('setEpoch', { epoch: 6 }), /older than the present one, 7/);
    assert.deepEqual(await desktop.shim.call('setEpoch', { epoch: 7 }), { epoch: 7, released: { keys: [], buttons: [] } });
    desktop.epoch = 7;
  });

  it('releases what is held when the last connection ends', async () => {
    await act({ type: 'key_down', key: 'shift' });
    await act({ type: 'mouse_down', x: 60, y: 60 });
    desktop.shim.socket.close();
    await desktop.shim.closed;
    await desktop.until('agent', 'python3 -c "import gi;gi.require_version(\'Gdk\',\'3.0\');from gi.repository import Gdk;import sys;s=Gdk.get_default_root_window().get_pointer()[3];sys.exit(int(s)&257)"');
    const { shimMethods } = await import('../../sandbox-image/wire/index.ts');
    desktop.shim = await desktop.connect('shim', shimMethods);
    assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: [] });
  });
});
