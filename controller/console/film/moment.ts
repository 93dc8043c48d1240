import type { Film } from './film.ts';

/** A moment of a film, as a link names it: the event that it tells of, and whether the frame is the one after it: `214`, `214-after`. Stays right while a run goes on. */
export function momentOf({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>, position: number): string {
  const beat = beats[position];
  const scene = beat === undefined ? undefined : scenes[beat.scene];
  if (beat === undefined || scene === undefined) return '';
  const isSecond = beat.phase === 'after' && beats[position - 1]?.scene === beat.scene;
  return `${scene.sequence}${isSecond ? '-after' : ''}`;
}

/** The beat that a link names. An event that has no scene of its own stands for the scene before it; undefined for what names no moment. */
export function positionOf({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>, moment: string): number | undefined {
  const parts = /^(\d{1,15})(-after)?$/.exec(moment);
  if (parts === null) return undefined;
  const sequence = Number(parts[1]);
  const last = beats.findLastIndex(({ scene }) => (scenes[scene]?.sequence ?? Infinity) <= sequence);
  if (last === -1) return beats.length === 0 ? undefined : 0;
  const first = beats.findIndex(({ scene }) => scene === beats[last]?.scene);
  return parts[2] === undefined ? first : last;
}
