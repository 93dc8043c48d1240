import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VitrineError } from '../errors.ts';
import { databaseFile } from './data-files.ts';
import { forgetReplaced, putInPlace, returnReplaced } from './put-in-place.ts';
import { migrate } from './schema.ts';
import { isDamaged, isLocked, storageFailure } from './storage-failure.ts';

/** An open database of which this process is the only writer. */
export type OpenDatabase = { readonly database: DatabaseSync; readonly close: () => void };

/** How long a write waits for another process that holds the database, the whole process with it. */
export const busyMs = 500;

/** What every connection is told; docs/durability.md says why. */
const settings = `
  PRAGMA busy_timeout = ${busyMs};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 67108864;
`;

/**
 * Opens the journal's database. WAL with `synchronous=FULL`: a commit is on disk before it is acknowledged, so it
 * survives a power loss (NORMAL may lose acknowledged commits). Throws `unavailable` if another controller has the
 * folder, if the file is damaged, or if a newer program wrote it; nothing is changed then. A restore that was under way
 * is finished first.
 */
export function openDatabase(folder: string): OpenDatabase {
  const lock = lockFolder(folder);
  try {
    putInPlace(folder);
    const database = openRestored(folder);
    return {
      database,
      close: () => {
        database.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** A restored journal that cannot be opened gives way to the one before it. */
function openRestored(folder: string): DatabaseSync {
  const path = join(folder, databaseFile);
  try {
    const database = openChecked(path);
    forgetReplaced(folder);
    return database;
  } catch (error) {
    if (!returnReplaced(folder)) throw error;
    return openChecked(path);
  }
}

/** Opens a database, makes sure that it is whole, and brings it to this program's schema. */
export function openChecked(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(settings);
    refuseDamaged(database, path);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    if (isDamaged(error)) throw damaged(path, error instanceof Error ? error.message : String(error), error);
    throw storageFailure(error, path);
  }
}

function refuseDamaged(database: DatabaseSync, path: string): void {
  const finding = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (finding !== 'ok') throw damaged(path, String(finding));
  const orphan = database.prepare('PRAGMA foreign_key_check').get();
  if (orphan !== undefined) throw damaged(path, `a row of ${String(orphan['table'])} belongs to no run`);
}

function damaged(path: string, finding: string, cause?: unknown): VitrineError {
  return new VitrineError('unavailable', `the journal ${path} is damaged (${finding.replaceAll(/\*\*\*[^*]*\*\*\*|\s+/g, ' ').trim()}): restore a backup with vitrine restore, or start on another data folder; the file was left as it is`, { cause });
}

/** An exclusive lock on a data folder, that the system gives back when the process dies, however it dies: an open transaction on a database of its own. */
export function lockFolder(folder: string): { readonly close: () => void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (!isLocked(cause)) throw storageFailure(cause, folder);
    throw new VitrineError('unavailable', `another controller uses the data folder ${folder}: stop it, or set VITRINE_DATA to another folder`, { cause });
  }
}
