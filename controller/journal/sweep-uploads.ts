import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { filesIn, uploadsFolder } from './data-files.ts';
import { text } from './rows.ts';
import type { Swept } from './upkeep.ts';
import type { Write } from './writer.ts';

export type UploadSweep = {
  readonly folder: string;
  readonly database: DatabaseSync;
  readonly write: Write;
  readonly now: number;
  /** A file that was changed after this time may be in use. */
  readonly usedSince: number;
};

/** Removes the uploads that no run took in time, those of runs that are over, and files that no row names. */
export async function sweepUploads({ folder, database, write, now, usedSince }: UploadSweep): Promise<Swept> {
  const forget = database.prepare('DELETE FROM uploads WHERE (run_id IS NULL AND expires_at <= ?) OR run_id IN (SELECT run_id FROM runs WHERE is_over = 1) RETURNING id');
  const forgotten = new Set(write('begun', () => forget.all(now)).map((row) => text(row, 'id')));
  const named = new Set(database.prepare('SELECT id FROM uploads').all().map((row) => text(row, 'id')));
  const place = join(folder, uploadsFolder);
  const garbage = (await filesIn(place)).filter(({ name, modifiedAt }) => forgotten.has(name) || (!named.has(name) && modifiedAt < usedSince));
  for (const { name } of garbage) await rm(join(place, name), { force: true });
  return { files: garbage.length, bytes: garbage.reduce((sum, { bytes }) => sum + bytes, 0) };
}
