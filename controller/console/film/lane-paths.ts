import type { FilmClock } from './film-clock.ts';
import type { Film, Holder, Scene } from './film.ts';

/** How wide the lanes are drawn; heights go from 0 to 100. */
export const laneWidth = 10_000;

/** How high a stretch of the lane of control stands, so that colour is not all that tells who had the desktop. */
const heights: Readonly<Record<Holder, number>> = { vitrine: 25, agent: 50, paused: 75, waiting: 100, person: 100 };

/** The lane of control as one SVG path for each holder. Pure. */
export function controlPaths({ control }: Pick<Film, 'control'>, clock: FilmClock): Partial<Record<Holder, string>> {
  const paths: Partial<Record<Holder, string>> = {};
  for (const { from, to, holder } of control) paths[holder] = (paths[holder] ?? '') + block(from, to, clock, heights[holder]);
  return paths;
}

/** What the run did: the model thought, it acted, or anything else. */
export type Doing = 'thinking' | 'acting' | 'other';

/** The lane of states as one path for each thing that the run did. Pure. */
export function statePaths({ states }: Pick<Film, 'states'>, clock: FilmClock): Partial<Record<Doing, string>> {
  const paths: Partial<Record<Doing, string>> = {};
  for (const { from, to, state } of states) {
    const doing = state === 'awaitingModel' ? 'thinking' : state === 'executingAction' || state === 'observing' ? 'acting' : 'other';
    paths[doing] = (paths[doing] ?? '') + block(from, to, clock, 100);
  }
  return paths;
}

/** What a mark on the lane of steps is about. */
export type TickKind = 'turn' | 'action' | 'asks' | 'bad' | 'other';

/** The lane of steps as one path for each kind of mark, at the beats where scenes begin. Pure. */
export function tickPaths({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>, clock: FilmClock): Partial<Record<TickKind, string>> {
  const paths: Partial<Record<TickKind, string>> = {};
  let last = -1;
  for (const [index, { scene }] of beats.entries()) {
    const told = scenes[scene];
    if (scene === last || told === undefined) continue;
    last = scene;
    const kind = tickOf(told);
    paths[kind] = `${paths[kind] ?? ''}M${place(clock.offsets[index] ?? 0, clock)} ${tops[kind]}V100`;
  }
  return paths;
}

const tops: Readonly<Record<TickKind, number>> = { turn: 30, action: 62, asks: 0, bad: 0, other: 78 };

function tickOf({ kind, tone }: Scene): TickKind {
  if (tone === 'bad') return 'bad';
  if (tone === 'asks') return 'asks';
  return kind === 'turn' || kind === 'action' ? kind : 'other';
}

/** Where an offset lies on the lanes. */
export function place(offset: number, { lengthMs }: FilmClock): number {
  return Math.round((offset / lengthMs) * laneWidth);
}

function block(from: number, to: number, clock: FilmClock, height: number): string {
  const left = place(clock.offsetOf(from), clock);
  const right = Math.max(left + 1, place(clock.offsetOf(to), clock));
  return `M${left} 100V${100 - height}H${right}V100Z`;
}
