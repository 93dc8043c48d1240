import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { artefactsFolder, databaseFile, framesFolder, temporaryFolder, uploadsFolder } from './data-files.ts';

/**
 * How a restored journal takes the place of another, so that a crash at any moment leaves one of them, whole. A folder
 * with the whole of the new one gets the name `restoring`: from that moment the new one counts. Whoever opens the data
 * folder next moves the old one to `replaced`, part by part, and the new one to its place, which may be done again from
 * wherever it stopped. The old one goes when the new one was opened; if it cannot be opened, the same way leads back.
 */
export const [restoringFolder, replacedFolder, returningFolder, rejectedFolder] = ['restoring', 'replaced', 'returning', 'rejected'] as const;

/** In this order: a log belongs to the database that it lies beside. */
const parts = [`${databaseFile}-wal`, `${databaseFile}-shm`, databaseFile, framesFolder, artefactsFolder, uploadsFolder] as const;

/** Makes a staged journal the one that counts; the next opening puts it in place. */
export function appoint(folder: string, staged: string): void {
  renameSync(staged, join(folder, restoringFolder));
  sync(folder);
}

/** Finishes what was begun, if anything was. To be called by whoever has the folder's lock, before the database is opened. */
export function putInPlace(folder: string): void {
  roll(folder, restoringFolder, replacedFolder);
  roll(folder, returningFolder, rejectedFolder);
  forget(folder, rejectedFolder);
}

/** The new journal was opened: the old one is garbage. */
export function forgetReplaced(folder: string): void {
  forget(folder, replacedFolder);
}

/** The new journal cannot be opened: the old one counts again. False if there is none. */
export function returnReplaced(folder: string): boolean {
  if (!existsSync(join(folder, replacedFolder))) return false;
  renameSync(join(folder, replacedFolder), join(folder, returningFolder));
  sync(folder);
  putInPlace(folder);
  return true;
}

function roll(folder: string, from: string, aside: string): void {
  if (!existsSync(join(folder, from))) return;
  mkdirSync(join(folder, aside), { recursive: true, mode: 0o700 });
  const isDatabaseToCome = existsSync(join(folder, from, databaseFile));
  for (const part of parts) {
    const isToCome = existsSync(join(folder, from, part));
    const isLog = part.startsWith(`${databaseFile}-`);
    if ((isToCome || (isLog && isDatabaseToCome)) && existsSync(join(folder, part))) renameSync(join(folder, part), join(folder, aside, part));
    if (isToCome) renameSync(join(folder, from, part), join(folder, part));
  }
  for (const place of [folder, join(folder, aside)]) sync(place);
  rmdirSync(join(folder, from));
  sync(folder);
}

/** Leaves a folder to the next sweep, which may take its time. */
function forget(folder: string, name: string): void {
  if (!existsSync(join(folder, name))) return;
  mkdirSync(join(folder, temporaryFolder), { recursive: true, mode: 0o700 });
  renameSync(join(folder, name), join(folder, temporaryFolder, `${name}-${randomUUID()}`));
}

function sync(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
