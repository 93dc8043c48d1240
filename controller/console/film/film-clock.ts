import type { Film, Scene } from './film.ts';

/** How a film's clock goes: `real` as the run did; `short` with waiting shortened, and time to read what is said. */
export type Pace = 'short' | 'real';

/** The clock of a film: milliseconds from its beginning, as it is played. */
export type FilmClock = {
  /** When each beat is shown; never less than the one before. */
  readonly offsets: readonly number[];
  readonly lengthMs: number;
  /** A moment of the run, in milliseconds since the epoch, on the film's clock. */
  readonly offsetOf: (at: number) => number;
  /** The last beat that is shown by then; 0 before the first. */
  readonly beatAt: (offset: number) => number;
};

const longestWaitMs = 1500;
const shortestStayMs = 450;
const longestReadingMs = 4200;
/** What the last beat stays, so that the end can be seen. */
const endMs = 1000;

/** Lays the beats of a film out on a clock. Pure; a film without beats has a clock that stands at 0. */
export function clockOf({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>, pace: Pace): FilmClock {
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, beat] of beats.entries()) {
    offsets.push(offset);
    const next = beats[index + 1];
    const passed = next === undefined ? endMs : next.at - beat.at;
    offset += pace === 'real' ? passed : Math.max(Math.min(passed, longestWaitMs), stayOf(scenes[beat.scene], beat.phase));
  }
  const lengthMs = Math.max(1, offset);
  return {
    offsets,
    lengthMs,
    beatAt: (at) => Math.max(0, lastNotAfter(offsets.length, (index) => offsets[index] ?? 0, at)),
    offsetOf: (at) => {
      const index = lastNotAfter(beats.length, (each) => beats[each]?.at ?? 0, at);
      if (index < 0) return 0;
      const from = beats[index]?.at ?? at;
      const to = beats[index + 1]?.at;
      const start = offsets[index] ?? 0;
      const end = offsets[index + 1] ?? lengthMs;
      return to === undefined || to <= from ? (at > from ? lengthMs : start) : start + ((at - from) / (to - from)) * (end - start);
    },
  };
}

/** How long one looks at a beat: actions shortly, texts as long as they take to read. */
function stayOf(scene: Scene | undefined, phase: string): number {
  if (scene === undefined || scene.kind === 'action') return phase === 'before' ? shortestStayMs * 2 : shortestStayMs;
  return Math.min(longestReadingMs, shortestStayMs * 2 + (scene.title.length + scene.text.length) * 12);
}

/** The last index whose value is not after `limit`; -1 if there is none. Values never fall. */
function lastNotAfter(count: number, valueOf: (index: number) => number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueOf(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
