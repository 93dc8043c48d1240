import { VitrineError } from '../errors.ts';

const sqlite = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** SQLite's primary result code of a failure; undefined if SQLite did not raise it. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Whether there was no room for what was to be written. */
export function isFull(error: unknown): boolean {
  const system = error instanceof Error && 'code' in error ? error.code : undefined;
  return resultCode(error) === sqlite.full || system === 'ENOSPC' || system === 'EDQUOT';
}

/** Whether another process holds the database. */
export function isLocked(error: unknown): boolean {
  const code = resultCode(error);
  return code === sqlite.busy || code === sqlite.locked;
}

/** Whether what was read is no sound database. */
export function isDamaged(error: unknown): boolean {
  const code = resultCode(error);
  return code === sqlite.corrupt || code === sqlite.notADatabase;
}

/** A failing disk or database, as whoever wanted to write is told: nothing of the change was kept. */
export function storageFailure(error: unknown, where: string): VitrineError {
  if (error instanceof VitrineError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const advice = isFull(error) ? 'free disk space' : isLocked(error) ? 'another process holds the database: end it' : 'check the data folder';
  return new VitrineError('unavailable', `the journal in ${where} cannot be written (${reason}): ${advice}; nothing of the change was kept`, { cause: error });
}
