import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInOrder, placed } from '../../controller/console/pages/sessions/session-slots.ts';
import type { Slot } from '../../controller/console/pages/sessions/session-slots.ts';
import type { Session } from '../../controller/console/state/session-status.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';

const desktop = (id: string): DesktopView => ({ id, state: 'ready', display: { width: 1280, height: 800 }, image: 'x', project: 'default', createdAt: 1, runId: null, releasesAt: null, reason: null, stages: [] });
const session = (key: string, on: string | null = null): Session => ({ key, run: null, desktop: on === null ? null : desktop(on) });
const all = (...keys: readonly string[]) => keys.map((key) => session(key));
const words = (slots: readonly Slot[]) => slots.map(({ key, isOver }) => `${key}${isOver ? ' over' : ''}`);

describe('the places of sessions', () => {
  it('are in the order given at first, and stay whatever order comes later', () => {
    const first = placed([], all('a', 'b', 'c'));
    assert.deepEqual(words(first), ['a', 'b', 'c']);
    assert.equal(placed(first, all('c', 'a', 'b')), first, 'nothing has changed');
    assert.deepEqual([isInOrder(first, all('a', 'b', 'c')), isInOrder(first, all('c', 'a', 'b'))], [true, false]);
  });

  it('are kept for what is over until something new takes them; what is new stands at the end otherwise', () => {
    const ended = placed(placed([], all('a', 'b', 'c')), all('a', 'c'));
    assert.deepEqual(words(ended), ['a', 'b over', 'c']);
    assert.equal(isInOrder(ended, all('a', 'c')), false);
    assert.deepEqual(words(placed(ended, all('d', 'e', 'a', 'c'))), ['a', 'd', 'c', 'e']);
    assert.deepEqual(words(placed(ended, [])), ['a over', 'b over', 'c over']);
  });

  it('go on with a desktop whose run ends and with a run that gets its desktop', () => {
    const first = placed([], [session('run-1', 'd-1'), session('run-2')]);
    const after = placed(first, [session('d-1', 'd-1'), session('run-2', 'd-2')]);
    assert.deepEqual(after.map(({ id, key, desktopId, isOver }) => [id, key, desktopId, isOver]), [['run-1', 'd-1', 'd-1', false], ['run-2', 'run-2', 'd-2', false]]);
    assert.deepEqual(words(placed(after, [session('run-3', 'd-1'), session('run-2', 'd-2')])), ['run-3', 'run-2']);
  });
});
