import { setTimeout as pause } from 'node:timers/promises';
import type { Effect, SettleOptions } from '../wire/index.ts';
import type { Ambience } from './ambience.ts';
import { compareScreens, extentOf } from './changes.ts';
import type { Pixels } from './framebuffer.ts';
import type { Screen } from './screen.ts';

/** Time between two looks at the screen while it settles. */
const lookEveryMs = 8;

/** How settling came out. `after` is the last screen seen, kept. */
export type Settled = { readonly settled: boolean; readonly waitedMs: number; readonly after: Pixels };

/** Where settling looks, and what it knows. The clock and the pause are parameters so that a test can own time. */
export type SettleWorld = {
  readonly screen: Pick<Screen, 'glances' | 'keep'>;
  readonly ambience: Pick<Ambience, 'material'>;
  now(): number;
  pause(ms: number, signal: AbortSignal): Promise<void>;
};

/** The real clock for settling. */
export const realTime: Pick<SettleWorld, 'now' | 'pause'> = {
  now: () => performance.now(),
  async pause(ms, signal) {
    await pause(ms, undefined, { signal }).catch(() => undefined); // an abort ends the pause; the caller looks at the signal
  },
};

/**
 * Waits until the screen has settled (design: settle, not sleep): for a first change since `before` up to `floorMs`, then
 * until nothing but carets and clocks changes for `quietMs`, at most `ceilingMs`. An abort ends it as not settled.
 */
export async function settle(before: Pixels, options: SettleOptions, world: SettleWorld, signal: AbortSignal): Promise<Settled> {
  using eyes = world.screen.glances();
  const start = world.now();
  let last = before;
  let changedAt: number | undefined;
  for (;;) {
    const current = eyes.glance();
    const now = world.now();
    if (world.ambience.material(compareScreens(last, current), current, now).length > 0) changedAt = now;
    last = current;
    const waitedMs = now - start;
    const isQuiet = changedAt === undefined ? waitedMs >= options.floorMs : now - changedAt >= options.quietMs;
    if (isQuiet) return { settled: true, waitedMs, after: world.screen.keep(last) };
    if (waitedMs >= options.ceilingMs || signal.aborted) return { settled: false, waitedMs, after: world.screen.keep(last) };
    const untilMs = changedAt === undefined ? options.floorMs - waitedMs : changedAt + options.quietMs - now;
    await world.pause(Math.max(1, Math.min(lookEveryMs, untilMs, options.ceilingMs - waitedMs)), signal);
  }
}

/** What changed between two screens, carets and clocks aside. */
export function effectOf(before: Pixels, after: Pixels, ambience: Pick<Ambience, 'material'>, at: number): Effect {
  const extent = extentOf(ambience.material(compareScreens(before, after), after, at), after);
  return extent === undefined ? { kind: 'nothing' } : { kind: 'changed', ...extent };
}
