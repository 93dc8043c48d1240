import { beganAt } from '../../film/film.ts';
import type { Film } from '../../film/film.ts';
import { aligned, turnsOf } from '../../film/align.ts';
import type { Pair } from '../../film/align.ts';

/** What keeps two films together: turns that belong together, or the time since each began. */
export type Together = 'turn' | 'time';

/** One stop of both films: the beat of each, and how it is called. */
export type Stop = { readonly left: number; readonly right: number; readonly words: string };

/** The stops that two films go through side by side. Each stop names a beat of both: where one run has nothing, it stays where it is. Pure. */
export function stopsOf(left: Film, right: Film, together: Together): { readonly stops: readonly Stop[]; readonly pairs: readonly Pair[] } {
  const pairs = aligned(turnsOf(left), turnsOf(right));
  return { pairs, stops: together === 'turn' ? byTurn(left, right, pairs) : byTime(left, right) };
}

/** The stop of a pair is its place and one: before the first turn there is the beginning, after the last the end. */
function byTurn(left: Film, right: Film, pairs: readonly Pair[]): Stop[] {
  const stops: Stop[] = [{ left: 0, right: 0, words: 'The beginning' }];
  for (const pair of pairs) {
    const last = stops.at(-1);
    const name = [pair.left, pair.right].map((turn) => (turn === null ? '–' : String(turn.turn))).join(' | ');
    stops.push({ left: pair.left?.beat ?? last?.left ?? 0, right: pair.right?.beat ?? last?.right ?? 0, words: `Turn ${name}` });
  }
  stops.push({ left: Math.max(0, left.beats.length - 1), right: Math.max(0, right.beats.length - 1), words: 'The end' });
  return stops;
}

/** A stop wherever either film has a beat. */
function byTime(left: Film, right: Film): Stop[] {
  const times = [...new Set([left, right].flatMap((film) => film.beats.map(({ at }) => at - beganAt(film))))].toSorted((one, other) => one - other);
  const cursors = [left, right].map((film) => ({ film, began: beganAt(film), position: 0 }));
  return times.map((time) => {
    for (const cursor of cursors) while ((cursor.film.beats[cursor.position + 1]?.at ?? Infinity) - cursor.began <= time) cursor.position += 1;
    return { left: cursors[0]?.position ?? 0, right: cursors[1]?.position ?? 0, words: `${(time / 1000).toFixed(1)} s` };
  });
}
