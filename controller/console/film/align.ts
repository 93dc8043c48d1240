import { wordsOfAction } from '../../api/plain-words.ts';
import type { Film, Scene } from './film.ts';

type Action = NonNullable<Scene['mark']>['action'];

/** One turn of a film: what the model said, the actions it led to, and the beat that it begins with. */
export type TurnOfFilm = {
  readonly turn: number;
  readonly beat: number;
  readonly said: string;
  readonly actions: readonly { readonly action: Action; readonly words: string; readonly status: string; readonly isRefused: boolean }[];
};

/** What differs between two turns that belong together. */
export type Difference = 'actions' | 'text' | 'outcome';

/** Turns of two runs that belong together; null where one run has no such turn. */
export type Pair = { readonly left: TurnOfFilm | null; readonly right: TurnOfFilm | null; readonly differences: readonly Difference[] };

/** How far two targets may lie apart and still count as the same, in pixels of the screen. */
const sameSpotPixels = 48;
/** Above this many turns, turns are paired by their number: finding what belongs together costs the product of both. */
const mostAligned = 1000;

/** The turns of a film, in order; turn 0 is what came before the first. */
export function turnsOf({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>): TurnOfFilm[] {
  const firstBeats = new Map<number, number>();
  for (const [index, { scene }] of beats.entries()) {
    const turn = scenes[scene]?.turn ?? 0;
    if (!firstBeats.has(turn)) firstBeats.set(turn, index);
  }
  const byTurn = Map.groupBy(scenes, ({ turn }) => turn);
  return [...firstBeats].filter(([turn]) => turn > 0 || (byTurn.get(0) ?? []).some(({ kind }) => kind === 'action')).map(([turn, beat]) => {
    const own = byTurn.get(turn) ?? [];
    return {
      turn,
      beat,
      said: own.filter(({ kind }) => kind === 'turn').map(({ text }) => text).join('\n'),
      actions: own.flatMap(({ mark, outcome }) => (mark === null ? [] : [{ action: mark.action, words: wordsOfAction(mark.action), status: outcome?.status ?? '', isRefused: outcome?.status !== 'performed' }])),
    };
  });
}

/**
 * Pairs the turns of two runs: the longest common sequence of turns that do the same stays together, and what lies
 * between is paired in order. Pure.
 */
export function aligned(left: readonly TurnOfFilm[], right: readonly TurnOfFilm[]): Pair[] {
  const same = Math.max(left.length, right.length) > mostAligned ? [] : commonSequence(left, right);
  const pairs: Pair[] = [];
  let atLeft = 0;
  let atRight = 0;
  for (const [toLeft, toRight] of [...same, [left.length, right.length] as const]) {
    const gap = Math.max(toLeft - atLeft, toRight - atRight);
    for (let index = 0; index < gap; index += 1) pairs.push(pairOf(atLeft + index < toLeft ? left[atLeft + index] : undefined, atRight + index < toRight ? right[atRight + index] : undefined));
    if (toLeft < left.length) pairs.push(pairOf(left[toLeft], right[toRight]));
    atLeft = toLeft + 1;
    atRight = toRight + 1;
  }
  return pairs;
}

function pairOf(left: TurnOfFilm | undefined, right: TurnOfFilm | undefined): Pair {
  if (left === undefined || right === undefined) return { left: left ?? null, right: right ?? null, differences: ['actions'] };
  const differences: Difference[] = [];
  if (!doTheSame(doingOf(left), doingOf(right))) differences.push('actions');
  if (left.said !== right.said) differences.push('text');
  if (left.actions.map(({ status }) => status).join() !== right.actions.map(({ status }) => status).join()) differences.push('outcome');
  return { left, right, differences };
}

/** What a turn does, made for being compared: its actions besides their places, and their places. */
type Doing = { readonly signature: string; readonly spots: readonly Spot[] };

function doingOf({ actions }: TurnOfFilm): Doing {
  return { signature: actions.map(({ action }) => signature(action)).join('\n'), spots: actions.flatMap(({ action }) => spotsOf(action)) };
}

/** Whether two turns do the same: equal actions on about the same places. */
function doTheSame(left: Doing, right: Doing): boolean {
  return left.signature === right.signature && left.spots.length === right.spots.length && left.spots.every((spot, index) => isNear(spot, right.spots[index]));
}

/** What an action is besides its places, and how many of those it has. */
function signature(action: Action): string {
  const { x: _x, y: _y, path: _path, region: _region, ...rest } = action as Action & Readonly<Record<'x' | 'y' | 'path' | 'region', unknown>>;
  return JSON.stringify({ ...rest, spots: spotsOf(action).length }, [...Object.keys(rest), 'spots'].toSorted());
}

type Spot = { readonly x: number; readonly y: number };

function spotsOf(action: Action): readonly Spot[] {
  if (action.type === 'drag') return [action.path[0], action.path.at(-1)].filter((spot) => spot !== undefined);
  if (action.type === 'zoom') return [action.region];
  return 'x' in action && action.x !== undefined && action.y !== undefined ? [{ x: action.x, y: action.y }] : [];
}

function isNear(one: Spot, other: Spot | undefined): boolean {
  return other !== undefined && Math.hypot(one.x - other.x, one.y - other.y) <= sameSpotPixels;
}

/** The places of a longest common sequence. Longest common subsequence by dynamic programming. */
function commonSequence(left: readonly TurnOfFilm[], right: readonly TurnOfFilm[]): [number, number][] {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  const rights = right.map(doingOf);
  const equal = left.map(doingOf).map((one) => rights.map((other) => doTheSame(one, other)));
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] = equal[row]?.[column] === true ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < left.length && column < right.length) {
    if (equal[row]?.[column] === true) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
