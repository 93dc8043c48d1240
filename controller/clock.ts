/** Where time comes from: the wall clock, which may be set at any moment, and one that only goes forward. Both in milliseconds. */
export type TimeSources = { readonly wall: () => number; readonly monotonic: () => number };

/** The machine's clocks. */
export const machineTime: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/** How far the wall clock may stray from the time that passed before it counts as set. */
const toleranceMs = 5000;

/** Notices when the wall clock is set. */
export type ClockWatch = {
  /** By how much the wall clock was set since the last call, in whole milliseconds; 0 if it was not. Each jump is told once. */
  readonly driftMs: () => number;
};

/** Watches the wall clock from now on. Slow corrections, as time servers make them, add up to a jump once they exceed five seconds. */
export function watchClock({ wall, monotonic }: TimeSources = machineTime): ClockWatch {
  let offset = wall() - monotonic();
  return {
    driftMs: () => {
      const drift = Math.round(wall() - monotonic() - offset);
      if (Math.abs(drift) <= toleranceMs) return 0;
      offset += drift;
      return drift;
    },
  };
}
