import type { DatabaseSync } from 'node:sqlite';
import { busyMs } from './database.ts';
import type { Room } from './room.ts';
import { isFull, isLocked, storageFailure } from './storage-failure.ts';

/** `new`: work that is refused on a full disk. `begun`: what must be recorded of work that is there; the reserve is for it. */
export type Urgency = 'new' | 'begun';

/** Runs a body in one transaction, whole or not at all. Throws VitrineError: `unavailable` with the reason when the disk or the database fails. */
export type Write = <Result>(urgency: Urgency, body: () => Result) => Result;

/** A database that was found locked is not waited for again within this time: a wait stops the whole process. */
const lockedMs = 1000;

/** The one way to write to a journal's database. */
export function createWriter(database: DatabaseSync, room: Room, where: string): Write {
  let lockedUntil = 0;

  const tried = <Result>(body: () => Result): Result => {
    const isWaiting = performance.now() < lockedUntil;
    if (isWaiting) database.exec('PRAGMA busy_timeout = 0');
    try {
      const result = inTransaction(database, body);
      lockedUntil = 0;
      return result;
    } catch (error) {
      if (isLocked(error)) lockedUntil = performance.now() + lockedMs;
      throw error;
    } finally {
      if (isWaiting) database.exec(`PRAGMA busy_timeout = ${busyMs}`);
    }
  };

  return (urgency, body) => {
    try {
      return tried(body);
    } catch (error) {
      if (urgency === 'new' || !isFull(error) || !room.giveUpReserve()) throw storageFailure(error, where);
    }
    try {
      return tried(body);
    } catch (error) {
      throw storageFailure(error, where);
    }
  };
}

/** `BEGIN IMMEDIATE`: a transaction that read first and then wanted to write could be refused by the database in the middle. */
function inTransaction<Result>(database: DatabaseSync, body: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
