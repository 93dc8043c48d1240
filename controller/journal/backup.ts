import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { artefactPath } from './artefacts.ts';
import { packBackup } from './archive.ts';
import { artefactsFolder, databaseFile, filesIn, framesFolder, isDraft, namesIn, removeWhole, temporaryFolder, uploadsFolder } from './data-files.ts';
import { text } from './rows.ts';
import { schemaVersion } from './schema.ts';
import { makeSyncedFolder } from './synced-file.ts';

export type BackupSource = {
  readonly folder: string;
  readonly database: DatabaseSync;
  /** Names of temporary files that are in use. */
  readonly temporary: Set<string>;
  readonly holdFiles: () => Promise<() => void>;
};

/** Pages of the database copied at a time; others get their turn in between. */
const pagesAtOnce = 256;
/** How often a copy is begun at most. */
const maxTries = 100;

/**
 * A backup of a journal at work, as a tar file (archive.ts): the database as it was at one moment, then every file that
 * it names; of uploads those that a run has. Runs go on meanwhile; nothing is swept or removed until the backup is read to
 * its end or given up, but uploads whose runs have begun: they have a second name here.
 */
export async function* backUp({ folder, database, temporary, holdFiles }: BackupSource): AsyncGenerator<Uint8Array> {
  const name = `backup-${randomUUID()}`;
  const place = join(folder, temporaryFolder, name);
  temporary.add(name);
  const letGo = await holdFiles();
  try {
    await makeSyncedFolder(place);
    const copy = join(place, databaseFile);
    const createdAt = Date.now();
    await linkUploads(folder, place);
    await copyDatabase(database, copy);
    await linkUploads(folder, place);
    yield* packBackup({ format: 1, createdAt, schema: schemaVersion }, filesOf(folder, place, copy));
  } finally {
    letGo();
    temporary.delete(name);
    await removeWhole(place);
  }
}

/**
 * Node gives up, with an error of SQLite's code 0, when its first step falls into a transaction that this connection is
 * writing at that moment. Nothing was copied then, and it is begun again.
 */
async function copyDatabase(database: DatabaseSync, copy: string): Promise<void> {
  for (let triesLeft = maxTries - 1; ; triesLeft -= 1) {
    try {
      await backup(database, copy, { rate: pagesAtOnce });
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 0;
      if (!isBusy || triesLeft === 0) throw error;
    }
  }
}

/** Gives every upload a second name: its first may go at any time. */
async function linkUploads(folder: string, place: string): Promise<void> {
  await mkdir(join(place, uploadsFolder), { recursive: true, mode: 0o700 });
  for (const name of await namesIn(join(folder, uploadsFolder))) {
    await link(join(folder, uploadsFolder, name), join(place, uploadsFolder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    });
  }
}

async function* filesOf(folder: string, place: string, copy: string): AsyncGenerator<{ readonly path: string; readonly file: string }> {
  const database = new DatabaseSync(copy, { readOnly: true });
  const runs = new Set(database.prepare('SELECT run_id FROM runs').all().map((row) => text(row, 'run_id')));
  const artefacts = database.prepare('SELECT run_id, id FROM artefacts').all().map((row) => ({ runId: text(row, 'run_id'), id: text(row, 'id') }));
  const uploads = database.prepare('SELECT id FROM uploads WHERE run_id IS NOT NULL').all().map((row) => text(row, 'id'));
  database.close();
  yield { path: databaseFile, file: copy };
  for (const runId of await namesIn(join(folder, framesFolder))) {
    if (!runs.has(runId)) continue;
    for (const { name } of await filesIn(join(folder, framesFolder, runId))) {
      if (!isDraft(name)) yield { path: `${framesFolder}/${runId}/${name}`, file: join(folder, framesFolder, runId, name) };
    }
  }
  for (const { runId, id } of artefacts) {
    const file = artefactPath(join(folder, artefactsFolder), runId, id);
    if (existsSync(file)) yield { path: `${artefactsFolder}/${runId}/${id}`, file };
  }
  for (const id of uploads) {
    const file = join(place, uploadsFolder, id);
    if (existsSync(file)) yield { path: `${uploadsFolder}/${id}`, file };
  }
}
