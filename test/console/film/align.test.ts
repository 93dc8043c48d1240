import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aligned, turnsOf } from '../../../controller/console/film/align.ts';
import type { TurnOfFilm } from '../../../controller/console/film/align.ts';
import { filmOf } from '../../../controller/api/replay/film.ts';
import { sampleHistory } from '../../support/sample-run.ts';

type Action = TurnOfFilm['actions'][number]['action'];

const type = (text: string): Action => ({ type: 'type', text });
const click = (x: number, y: number): Action => ({ type: 'click', x, y, button: 'left', count: 1, modifiers: [] });

function turns(...each: readonly Action[]): TurnOfFilm[] {
  return each.map((action, index) => ({ turn: index + 1, beat: index, said: '', actions: [{ action, words: '', status: 'performed', isRefused: false }] }));
}

const numbers = (left: TurnOfFilm[], right: TurnOfFilm[]) => aligned(left, right).map((pair) => [pair.left?.turn ?? null, pair.right?.turn ?? null, pair.differences.join()]);

describe('aligned', () => {
  it('keeps turns together that do the same, though one run did something else between', () => {
    const left = turns(click(10, 10), type('a'), type('c'));
    const right = turns(click(20, 30), type('a'), type('b'), type('c'));
    assert.deepEqual(numbers(left, right), [[1, 1, ''], [2, 2, ''], [null, 3, 'actions'], [3, 4, '']]);
  });

  it('pairs in order what lies between, and says that it differs', () => {
    assert.deepEqual(numbers(turns(type('a'), type('b'), type('c')), turns(type('a'), type('x'), type('y'), type('c'))), [[1, 1, ''], [2, 2, 'actions'], [null, 3, 'actions'], [3, 4, '']]);
  });

  it('takes a click elsewhere, another key and another count as different', () => {
    assert.deepEqual(numbers(turns(click(10, 10)), turns(click(10, 80))), [[1, 1, 'actions']]);
    assert.deepEqual(numbers(turns(click(10, 10)), turns({ ...click(10, 10), count: 2 } as Action)), [[1, 1, 'actions']]);
    assert.deepEqual(numbers(turns({ type: 'key', keys: ['a'], repeat: 1 }), turns({ type: 'key', keys: ['b'], repeat: 1 })), [[1, 1, 'actions']]);
  });

  it('marks other words and other outcomes of the same actions', () => {
    const [turn] = turns(type('a'));
    assert.ok(turn !== undefined);
    const other: TurnOfFilm = { ...turn, said: 'Now.', actions: turn.actions.map((each) => ({ ...each, status: 'refused', isRefused: true })) };
    assert.deepEqual(numbers([turn], [other]), [[1, 1, 'text,outcome']]);
  });

  it('has every turn of both exactly once, however long they are', () => {
    const left = turns(...Array.from({ length: 1100 }, (_, index) => type(String(index % 7))));
    const right = turns(...Array.from({ length: 903 }, (_, index) => type(String(index % 5))));
    for (const [one, other] of [[left, right], [left.slice(0, 700), right.slice(0, 400)], [[], right], [left, []]] as const) {
      const pairs = aligned(one, other);
      assert.deepEqual(pairs.flatMap((pair) => pair.left ?? []), one);
      assert.deepEqual(pairs.flatMap((pair) => pair.right ?? []), other);
    }
  });
});

describe('turnsOf', () => {
  it('gathers what was said and done in each turn, and where it begins', async () => {
    const { run, events } = sampleHistory('r-1');
    const film = await filmOf(run, events);
    const found = turnsOf(film);
    assert.deepEqual(found.map(({ turn, actions }) => [turn, actions.length]), [[1, 2], [2, 2], [3, 4], [4, 0]]);
    assert.equal(found[0]?.said, 'I open a terminal from the panel.');
    assert.ok(found.every(({ turn, beat }) => film.scenes[film.beats[beat]?.scene ?? -1]?.turn === turn));
    assert.deepEqual(found[2]?.actions.map(({ isRefused }) => isRefused), [false, false, false, true]);
  });
});
