import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own of a few megabytes, in memory. */
export type SmallDisk = AsyncDisposable & {
  readonly path: string;
  /** Writes until nothing more fits; all of it in one file. */
  fill(): void;
  /** Frees what `fill` took. */
  free(): void;
  freeBytes(): number;
};

/** Mounts one; undefined where this user may not mount. */
export async function smallDisk(mebibytes: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'vitrine-test', path]);
  } catch {
    await rmdir(path);
    return undefined;
  }
  const filler = join(path, 'filler');
  return {
    path,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (const size of [2 ** 20, 4096]) {
          const block = Buffer.alloc(size, 1);
          try {
            for (;;) if (writeSync(file, block) < size) break;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    freeBytes: () => {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    },
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', path]);
      await rmdir(path);
    },
  };
}
