import type { Logger } from 'pino';
import type { Desktops } from '../desktops/desktop.ts';
import type { FinishedRun, Upkeep } from '../journal/upkeep.ts';

/** How long finished runs are kept, and how much their files may take. 0: for ever, and without a limit. */
export type Retention = { readonly days: number; readonly maxBytes: number };

export type HousekeepingOptions = {
  readonly upkeep: Upkeep;
  readonly desktops: Pick<Desktops, 'list'>;
  readonly retention: Retention;
  readonly log: Logger;
  /** Between two rounds; ten minutes if absent. */
  readonly everyMs?: number;
};

/** Keeps the data folder in order while the controller runs. */
export interface Housekeeping {
  /** One round: removes what nothing names, then what is older or more than is to be kept. Never rejects; what cannot be removed is logged and tried again. */
  tidy(now: number): Promise<void>;
  close(): Promise<void>;
}

const dayMs = 24 * 3_600_000;
/** A run that has just ended is still being looked at: its pictures stay, however much there is. */
const freshMs = 10 * 60_000;

/** What is to go, in this order. */
export type Removal = { readonly runId: string; readonly what: 'pictures' | 'run' };

/**
 * What goes by age and size. Age takes whole runs. Size takes the pictures of the runs that ended first, and if that is
 * not enough those runs as a whole. Pure.
 */
export function chooseRemovals(finished: readonly FinishedRun[], otherBytes: number, { days, maxBytes }: Retention, now: number): readonly Removal[] {
  const isOld = ({ endedAt }: FinishedRun) => days > 0 && endedAt < now - days * dayMs;
  const old = finished.filter(isOld).map(({ runId }): Removal => ({ runId, what: 'run' }));
  if (maxBytes === 0) return old;
  const rest = finished.filter((run) => !isOld(run));
  const removable = rest.filter(({ endedAt }) => endedAt < now - freshMs);
  let bytes = otherBytes + rest.reduce((sum, run) => sum + run.framesBytes + run.artefactsBytes, 0);
  const chosen: Removal[] = [];
  for (const [what, sizeOf] of [['pictures', (run: FinishedRun) => run.framesBytes], ['run', (run: FinishedRun) => run.artefactsBytes]] as const) {
    for (const run of removable) {
      if (bytes <= maxBytes) return [...old, ...chosen];
      if (sizeOf(run) === 0) continue;
      chosen.push({ runId: run.runId, what });
      bytes -= sizeOf(run);
    }
  }
  return [...old, ...chosen];
}

/** Begins at once, and then again and again until closed. */
export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { upkeep, desktops, retention, log, everyMs = 600_000 } = options;
  let isClosed = false;

  const removeChosen = async (now: number): Promise<void> => {
    const busy = new Set(desktops.list().map(({ id }) => id));
    const finished = upkeep.finishedRuns().filter(({ desktopId }) => desktopId === null || !busy.has(desktopId));
    const { framesBytes, artefactsBytes } = upkeep.diskUse();
    const own = finished.reduce((sum, run) => sum + run.framesBytes + run.artefactsBytes, 0);
    const chosen = chooseRemovals(finished, (framesBytes ?? 0) + (artefactsBytes ?? 0) - own, retention, now);
    for (const { runId, what } of chosen) {
      if (isClosed) return;
      await (what === 'run' ? upkeep.removeRun(runId) : upkeep.removePictures(runId, now));
    }
    if (chosen.length > 0) log.info({ removed: chosen }, 'removed runs and pictures by VITRINE_RETENTION_DAYS and VITRINE_RETENTION_MB');
  };
  const tidy = async (now: number): Promise<void> => {
    try {
      const swept = await upkeep.sweep(now);
      if (swept.files > 0) log.info(swept, 'removed files that nothing names');
      await removeChosen(now);
    } catch (error) {
      if (!isClosed) log.warn({ err: error }, 'the data folder could not be tidied; it is tried again');
    }
  };
  let working = tidy(Date.now());
  const timer = setInterval(() => {
    working = working.then(() => tidy(Date.now()));
  }, everyMs);
  return {
    tidy: (now) => (working = working.then(() => tidy(now))),
    async close() {
      isClosed = true;
      clearInterval(timer);
      await working;
    },
  };
}
