import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, statfsSync, writeSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { VitrineError } from '../errors.ts';
import { draftEnding } from './synced-file.ts';

/** How much disk a journal claims: `reserveBytes` lie in a file that is given up to record the last outcomes on a full disk; below `minFreeBytes` free no work is accepted. */
export type RoomOptions = { readonly reserveBytes: number; readonly minFreeBytes: number };

/** The disk that the data folder lies on. */
export interface Room {
  readonly isShort: boolean;
  free(): { readonly freeBytes: number; readonly totalBytes: number };
  /** Throws `unavailable` with folder and free bytes when there is no room for new work, or would be none after so many more bytes. */
  check(bytes?: number): void;
  /** Gives the reserve up, so that what is decided can still be written. False when there is none left. */
  giveUpReserve(): boolean;
  close(): void;
}

const mebibyte = 2 ** 20;
const remakeMs = 1000;

/** Watches over the room in a folder and keeps a reserve in it, which is made again as soon as there is room for two. */
export function openRoom(folder: string, { reserveBytes, minFreeBytes }: RoomOptions): Room {
  const path = join(folder, 'reserve');
  let isShort = false;
  let timer: NodeJS.Timeout | undefined;

  const free = () => {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  };
  const hasReserve = () => reserveBytes > 0 && existsSync(path);
  const remake = () => {
    if (free().freeBytes < 2 * reserveBytes || !writeReserve(path, reserveBytes)) return;
    isShort = false;
    clearInterval(timer);
    timer = undefined;
  };
  const becomeShort = () => {
    isShort = true;
    timer ??= setInterval(remake, remakeMs).unref();
  };

  if (reserveBytes > 0 && !(hasReserve() && statSync(path).size === reserveBytes)) {
    becomeShort();
    remake();
  }
  return {
    get isShort() {
      return isShort;
    },
    free,
    check(bytes = 0) {
      const { freeBytes } = free();
      if (!isShort && freeBytes - bytes >= minFreeBytes) return;
      const wanted = isShort ? 2 * reserveBytes : minFreeBytes + bytes;
      throw new VitrineError('unavailable', `the disk of ${folder} is full: ${inMebibytes(freeBytes)} MiB are free, at least ${inMebibytes(wanted)} are needed; no work is accepted until there is room`, { details: { folder, freeBytes } });
    },
    giveUpReserve() {
      if (!hasReserve()) return false;
      rmSync(path);
      becomeShort();
      return true;
    },
    close: () => clearInterval(timer),
  };
}

function inMebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(bytes < 10 * mebibyte ? 1 : 0);
}

/** Fills the file with bytes that no file system can make smaller. False if there is no room. */
function writeReserve(path: string, bytes: number): boolean {
  const draft = `${path}${draftEnding}`;
  const block = randomFillSync(Buffer.alloc(Math.min(bytes, mebibyte)));
  try {
    const file = openSync(draft, 'w', 0o600);
    try {
      for (let left = bytes; left > 0;) left -= writeSync(file, block, 0, Math.min(left, block.length));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    return true;
  } catch {
    rmSync(draft, { force: true });
    return false; // Whatever the reason, there is no reserve; the next try tells.
  }
}
