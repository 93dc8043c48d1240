import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { removeWhole, temporaryFolder } from './data-files.ts';
import { lockFolder } from './database.ts';
import { appoint, forgetReplaced, putInPlace } from './put-in-place.ts';
import { inherit } from './restored-mark.ts';
import { stageBackup } from './stage-backup.ts';
import type { StagedBackup } from './stage-backup.ts';

/** What was restored. */
export type Restored = { readonly backupAt: number; readonly runs: number; readonly files: number };

/**
 * Restores a backup into a data folder that no controller uses (made if absent). Throws `unprocessable` for a backup that
 * is not whole and `unavailable` for a folder in use or a full disk; nothing was changed then.
 */
export async function restoreFolder(content: AsyncIterable<Uint8Array>, folder: string, signal: AbortSignal): Promise<Restored> {
  const lock = lockFolder(folder);
  try {
    putInPlace(folder);
    const staged = await stageBackup(content, stagingPlace(folder), signal);
    forgetReplaced(folder);
    appointStaged(staged, folder);
    putInPlace(folder);
    return restoredOf(staged);
  } finally {
    await removeWhole(join(folder, temporaryFolder)).finally(() => lock.close());
  }
}

/** A new name in the folder for what is not in place. */
export function stagingPlace(folder: string): string {
  return join(folder, temporaryFolder, `restore-${randomUUID()}`);
}

/** From here on the staged journal is the one that counts. The one before must be closed. */
export function appointStaged(staged: StagedBackup, folder: string): void {
  inherit(staged.folder, folder, staged.head.createdAt);
  appoint(folder, staged.folder);
}

export function restoredOf({ head, runs, files }: StagedBackup): Restored {
  return { backupAt: head.createdAt, runs, files };
}
