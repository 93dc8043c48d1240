import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Ending of files that are not whole yet; one that lies about is garbage. */
export const draftEnding = '.part';

/**
 * Makes a file that survives a power loss, whole or not at all: written and synced under another name, renamed, and the
 * folder synced, for a rename is durable with its folder only. `write` fills it; `reached` is told of each step that was done.
 */
export async function writeSyncedFile<Result>(path: string, write: (file: FileHandle) => Promise<Result>, reached: (step: 'opened' | 'written' | 'synced' | 'renamed') => void = () => {}): Promise<Result> {
  const draft = `${path}.${randomUUID()}${draftEnding}`;
  const file = await open(draft, 'wx', 0o600);
  let result: Result;
  try {
    reached('opened');
    result = await write(file);
    reached('written');
    await file.datasync();
    reached('synced');
    await file.close();
    await rename(draft, path);
    reached('renamed');
  } catch (error) {
    await file.close().catch(() => {}); // Closed already, or lost with the write.
    await rm(draft, { force: true }).catch(() => {}); // The first failure is the one to tell; a draft is garbage to the reaper too.
    throw error;
  }
  await syncFolder(dirname(path));
  return result;
}

/** Makes a folder's entries durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder, and its name in the one above durable. */
export async function makeSyncedFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolder(dirname(first));
  if (first !== undefined && first !== path) await syncFolder(dirname(path));
}
