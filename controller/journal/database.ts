import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VitrineError } from '../errors.ts';
import { migrate } from './schema.ts';

/** An open database of which this process is the only writer. */
export type OpenDatabase = { readonly database: DatabaseSync; readonly close: () => void };

/**
 * Opens the journal's database. WAL with `synchronous=FULL`: a commit is on disk before it is acknowledged, so it
 * survives a power loss (NORMAL may lose acknowledged commits). Throws `unavailable` if another controller has the folder.
 */
export function openDatabase(folder: string): OpenDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(folder);
  try {
    const database = new DatabaseSync(join(folder, 'journal.sqlite'));
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000');
    migrate(database);
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

/** An exclusive lock that the system gives back when the process dies, however it dies: an open transaction on a database of its own. */
function takeLock(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw new VitrineError('unavailable', `another controller uses the data folder ${folder}: stop it, or set VITRINE_DATA to another folder`, { cause });
  }
}
