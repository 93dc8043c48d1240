import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { WireError } from '../wire/index.ts';

const Seen = z.strictObject({ controllerEpoch: z.int().nonnegative(), desktopId: z.string().nullable() });

/** Which controller may speak to this desktop; remembered in a file, so that a restart of the server forgets nothing. */
export type ControllerFence = {
  /**
   * Admits a controller. Returns true if it is newer than every one before it (older connections must end).
   * Throws WireError `stale_epoch` for an older controller and `conflict` for one that means another desktop.
   */
  admit(controllerEpoch: number, desktopId: string): boolean;
  /** The highest controller epoch seen. */
  readonly controllerEpoch: number;
};

/** Opens the fence that lives in `file` (made when missing; an unreadable file is an error, never a fresh start). */
export function openControllerFence(file: string): ControllerFence {
  let seen = read(file);
  return {
    get controllerEpoch() {
      return seen.controllerEpoch;
    },
    admit(controllerEpoch, desktopId) {
      if (seen.desktopId !== null && seen.desktopId !== desktopId) {
        throw new WireError('conflict', `this is desktop ${seen.desktopId}, not ${desktopId}`);
      }
      if (controllerEpoch < seen.controllerEpoch) {
        throw new WireError('stale_epoch', `controller epoch ${controllerEpoch} is older than ${seen.controllerEpoch}, which this desktop has seen`);
      }
      const isNewer = controllerEpoch > seen.controllerEpoch;
      if (isNewer || seen.desktopId === null) {
        seen = { controllerEpoch, desktopId };
        writeWhole(file, JSON.stringify(seen));
      }
      return isNewer;
    },
  };
}

/** Replaces a small file at once: a reader sees the old or the new content, never a part. Makes its folder. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function read(file: string): z.infer<typeof Seen> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return { controllerEpoch: 0, desktopId: null };
    throw cause;
  }
  return Seen.parse(JSON.parse(text));
}
