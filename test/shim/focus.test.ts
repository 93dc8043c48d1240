import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Action, FocusedWindow } from '../../sandbox-image/wire/index.ts';
import { focusRefusal, readFocus } from '../../sandbox-image/shim/focus.ts';

const type = Action.parse({ type: 'type', text: 'x' });
const here = { title: 'Here', app: 'XTerm' };

describe('focusRefusal', () => {
  it('refuses input where another window has the focus than was expected, by what is expected of it', () => {
    for (const [expected, focused, isRefused] of [
      [undefined, here, false], [here, here, false], [{}, here, false], [{ app: 'XTerm' }, { ...here, title: 'There' }, false], [null, null, false],
      [{ app: 'Chromium' }, here, true], [{ title: 'There' }, here, true], [{ ...here, title: 'There' }, here, true], [null, here, true], [here, null, true], [{}, null, true],
    ] as const) assert.equal(focusRefusal(type, expected, focused)?.code, isRefused ? 'stale_target' : undefined, JSON.stringify([expected, focused]));
    assert.equal(focusRefusal(Action.parse({ type: 'screenshot' }), null, here), undefined);
  });
});

describe('readFocus', () => {
  /** Windows by number: a parent and properties. */
  const server = (focus: number, windows: Record<number, { parent?: number; [property: string]: string | number | undefined }>) => ({
    root: 9,
    focusedWindow: async () => focus,
    parentOf: async (window: number) => windows[window]?.parent ?? 0,
    property: async (window: number, name: string) => {
      if (name === '_NET_SUPPORTING_WM_CHECK') return Buffer.from([7, 0, 0, 0]);
      const value = windows[window]?.[name];
      return typeof value === 'string' ? Buffer.from(value, name === '_NET_WM_NAME' ? 'utf8' : 'latin1') : Buffer.alloc(0);
    },
  });

  it('finds the nearest window around the focus that says whose it is', async () => {
    const windows = { 20: { parent: 21 }, 21: { parent: 22, WM_CLASS: 'editor\0Editor\0', _NET_WM_NAME: 'Grüße', WM_NAME: 'Gr??e' }, 22: { parent: 9 } };
    assert.deepEqual(await readFocus(server(20, windows)), { title: 'Grüße', app: 'Editor' });
    assert.equal(await readFocus(server(22, windows)), null);
    for (const none of [0, 1, 7, 9]) assert.equal(await readFocus(server(none, { 7: { WM_NAME: 'Openbox' } })), null);
    assert.equal(await readFocus(server(20, { 20: { parent: 21 }, 21: { parent: 20 } })), null, 'windows around each other');
  });

  it('gives what the wire takes, whatever an application calls itself', async () => {
    for (const [name, title] of [['a\u0007\u202e\u200bb\r\n', 'ab'], ['🙂'.repeat(300), '🙂'.repeat(128)], [`x${'🙂'.repeat(300)}`, `x${'🙂'.repeat(127)}`], ['', '']] as const) {
      const focus = await readFocus(server(20, { 20: { WM_CLASS: 'i'.repeat(90), _NET_WM_NAME: name } }));
      assert.deepEqual(focus, { title, app: 'i'.repeat(64) });
      assert.deepEqual(FocusedWindow.parse(focus), focus);
    }
  });
});
