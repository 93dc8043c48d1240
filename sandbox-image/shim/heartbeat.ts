import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../server/controller-fence.ts';

const touchEveryMs = 200;

/** Tells the warden's dead-man switch that a controller is there, and how long to wait for the next sign. */
export type Heartbeat = {
  /** A message came; cheap enough for every one. */
  beat(): void;
  setDeadMan(seconds: number): void;
  /** Seconds since the epoch after which the desktop ends whatever happens. */
  setHardDeadline(epochSeconds: number): void;
};

/** Keeps the files `heartbeat`, `dead-man` and `hard-deadline` in the warden's folder. */
export function createHeartbeat(folder: string, now: () => number): Heartbeat {
  const file = join(folder, 'heartbeat');
  let touchedAt = -Infinity;
  return {
    beat() {
      if (now() - touchedAt < touchEveryMs) return;
      touchedAt = now();
      try {
        utimesSync(file, new Date(), new Date());
      } catch {
        writeFileSync(file, '', { mode: 0o600 }); // the first beat makes the file
      }
    },
    setDeadMan: (seconds) => writeWhole(join(folder, 'dead-man'), `${seconds}\n`),
    setHardDeadline: (epochSeconds) => writeWhole(join(folder, 'hard-deadline'), `${epochSeconds}\n`),
  };
}
