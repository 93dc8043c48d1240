import type { DesktopEnd, Desktops } from '../../desktops/desktop.ts';

/** Watches the desktops of runs that are not over: each run is told once when its desktop ends. */
export class DesktopWatches {
  readonly #desktops: Desktops;
  readonly #tell: (runId: string, desktopId: string, end: DesktopEnd) => void;
  /** How to stop, by run. */
  readonly #stops = new Map<string, () => void>();

  constructor(desktops: Desktops, tell: (runId: string, desktopId: string, end: DesktopEnd) => void) {
    this.#desktops = desktops;
    this.#tell = tell;
  }

  /** From now on this desktop is the run's. One that has ended already is told of at once; `isLive` says whether the run still is then. */
  watch(runId: string, desktopId: string, isLive: () => boolean): void {
    this.unwatch(runId);
    const stop = this.#desktops.get(desktopId)?.onEnd((end) => this.#tell(runId, desktopId, end));
    if (stop === undefined) return;
    if (isLive()) this.#stops.set(runId, stop);
    else stop();
  }

  unwatch(runId: string): void {
    this.#stops.get(runId)?.();
    this.#stops.delete(runId);
  }
}
