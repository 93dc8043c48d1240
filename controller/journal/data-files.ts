import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { draftEnding } from './synced-file.ts';

/** File of a data folder that holds the journal. */
export const databaseFile = 'journal.sqlite';

/** Folders of a data folder: pictures by run and frame, artefacts by run and id, files for runs by id, and what is being made and not yet in place. */
export const [framesFolder, artefactsFolder, uploadsFolder, temporaryFolder] = ['frames', 'artefacts', 'uploads', 'temporary'] as const;

export type FileSize = { readonly name: string; readonly bytes: number; readonly modifiedAt: number };

/** Names in a folder; none if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

/** The files of a folder, without those that vanish while it is read. */
export async function filesIn(folder: string): Promise<FileSize[]> {
  const names = await namesIn(folder);
  const files: FileSize[] = [];
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => undefined); // Vanished: renamed into place, or removed.
    if (found !== undefined) files.push({ name, bytes: found.size, modifiedAt: found.mtimeMs });
  }
  return files;
}

/** Whether a file is one that was never finished. */
export function isDraft(name: string): boolean {
  return name.endsWith(draftEnding);
}

/** Removes a folder if nothing is in it. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** Removes a folder with everything in it. */
export async function removeWhole(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
