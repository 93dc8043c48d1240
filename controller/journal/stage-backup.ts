import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import type { Header } from 'tar-stream';
import type { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { BackupHead, headFile, isArchivePath, Manifest, manifestFile } from './archive.ts';
import type { ArchivedFile } from './archive.ts';
import { artefactsFolder, databaseFile, framesFolder, uploadsFolder } from './data-files.ts';
import { openChecked } from './database.ts';
import { number, text } from './rows.ts';
import { isFull, storageFailure } from './storage-failure.ts';
import { syncFolder } from './synced-file.ts';

/** A backup that was unpacked and found whole. */
export type StagedBackup = { readonly folder: string; readonly head: BackupHead; readonly runs: number; readonly files: number };

const maxTextBytes = 256 * 2 ** 20;

/**
 * Unpacks a backup into a new folder and checks all of it: every file against the manifest, the database against itself,
 * every artefact against its row, every id that a path is made of. On disk when this resolves. Throws `unprocessable` saying what is wrong, `unavailable`
 * when there is no room; the folder is the caller's to remove.
 */
export async function stageBackup(content: AsyncIterable<Uint8Array>, folder: string, signal: AbortSignal): Promise<StagedBackup> {
  for (const kind of [framesFolder, artefactsFolder, uploadsFolder]) await mkdir(join(folder, kind), { recursive: true, mode: 0o700 });
  const unpacker = new Unpacker(folder);
  const extract = tar.extract();
  let taking = Promise.resolve();
  /* Node's own stream around the entry's: that one is waited for without end by whoever begins to read it when it is cut off already, or stops reading it. */
  extract.on('entry', (header, stream, next) => {
    taking = takeEntry(unpacker, header, new Readable().wrap(stream), next);
  });
  await pipeline(Readable.from(content, { objectMode: true }), extract, { signal }).catch(async (error: unknown) => {
    await taking;
    signal.throwIfAborted();
    if (error instanceof VitrineError) throw error;
    throw isFull(error) ? storageFailure(error, folder) : wrong(error instanceof Error ? error.message : String(error), error);
  });
  const { head, files } = unpacker.finished();
  for (const place of unpacker.folders) await syncFolder(place);
  const runs = checkDatabase(folder, head, new Map(files.map((file) => [file.path, file])));
  await syncFolder(folder);
  return { folder, head, runs, files: files.length };
}

async function takeEntry(unpacker: Unpacker, { name, type }: Header, content: Readable, next: (error?: unknown) => void): Promise<void> {
  try {
    await unpacker.take(name, type ?? 'file', content);
    next();
  } catch (error) {
    next(error);
  }
}

class Unpacker {
  readonly #folder: string;
  readonly #files: ArchivedFile[] = [];
  readonly #seen = new Set<string>();
  readonly folders = new Set<string>();
  #head: BackupHead | undefined;
  #manifest: z.infer<typeof Manifest> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async take(path: string, type: string, content: Readable): Promise<void> {
    if (this.#manifest !== undefined) throw wrong(`${JSON.stringify(path)} comes after its manifest`);
    if (type !== 'file' || this.#seen.has(path)) throw wrong(`${JSON.stringify(path)} has no place in it`);
    this.#seen.add(path);
    if (this.#head === undefined) this.#head = readAs(BackupHead, path === headFile ? await readText(content) : '', `no ${headFile} at its beginning, of a kind that this Vitrine knows`);
    else if (path === manifestFile) this.#manifest = readAs(Manifest, await readText(content), `a ${manifestFile} that cannot be read`);
    else if (isArchivePath(path)) this.#files.push(await this.#write(path, content));
    else throw wrong(`${JSON.stringify(path)} has no place in it`);
  }

  /** What was unpacked, after its end. */
  finished(): { readonly head: BackupHead; readonly files: readonly ArchivedFile[] } {
    if (this.#head === undefined || this.#manifest === undefined) throw wrong('it is cut short: it has no manifest at its end');
    const named = new Map(this.#manifest.files.map((file) => [file.path, file]));
    for (const { path, size, sha256 } of this.#files) {
      const wanted = named.get(path);
      if (wanted === undefined) throw wrong(`its manifest does not name ${path}`);
      if (wanted.size !== size || wanted.sha256 !== sha256) throw wrong(`${path} is not what its manifest says: ${size} bytes with sha256 ${sha256}`);
      named.delete(path);
    }
    const [missing] = named.keys();
    if (missing !== undefined) throw wrong(`${missing} is missing`);
    return { head: this.#head, files: this.#files };
  }

  async #write(path: string, content: Readable): Promise<ArchivedFile> {
    const target = join(this.#folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    for (let place = dirname(target); place.length >= this.#folder.length; place = dirname(place)) this.folders.add(place);
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(target, 'wx', 0o600);
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
        await file.writeFile(chunk);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    return { path, size, sha256: hash.digest('hex') };
  }
}

/** Every place below the data folder that is made up of what a row says: files are read there, written and removed. */
const placesNamed = `
  SELECT '${framesFolder}/' || run_id || '/frame' AS place FROM runs
  UNION ALL SELECT '${artefactsFolder}/' || run_id || '/' || id FROM artefacts
  UNION ALL SELECT '${uploadsFolder}/' || id FROM uploads`;

/** Checks the database against itself, brings it to this program's schema, and says how many runs are in it. */
function checkDatabase(folder: string, head: BackupHead, files: ReadonlyMap<string, ArchivedFile>): number {
  if (!files.has(databaseFile)) throw wrong(`it has no ${databaseFile}`);
  const database = openOrRefuse(join(folder, databaseFile), head);
  try {
    for (const row of database.prepare(placesNamed).all()) {
      if (!isArchivePath(text(row, 'place'))) throw wrong(`its database names ${JSON.stringify(text(row, 'place').slice(0, 200))}, which is no place for a file of ours`);
    }
    for (const row of database.prepare('SELECT run_id, id, name, sha256 FROM artefacts').all()) {
      const file = files.get(`${artefactsFolder}/${text(row, 'run_id')}/${text(row, 'id')}`);
      if (file !== undefined && file.sha256 !== text(row, 'sha256')) throw wrong(`the artefact ${text(row, 'name')} of run ${text(row, 'run_id')} is another than its database says`);
    }
    for (const row of database.prepare('SELECT id, sha256 FROM uploads WHERE run_id IS NOT NULL').all()) {
      const file = files.get(`${uploadsFolder}/${text(row, 'id')}`);
      if (file !== undefined && file.sha256 !== text(row, 'sha256')) throw wrong(`the upload ${text(row, 'id')} is another than its database says`);
    }
    // A file that no run had taken yet is in no backup: whoever sent it sends it again.
    database.exec('DELETE FROM uploads WHERE run_id IS NULL');
    // Whoever signed out since the backup was made shall stay so.
    database.exec('DELETE FROM sessions');
    return number(database.prepare('SELECT count(*) AS runs FROM runs').get() ?? {}, 'runs');
  } finally {
    database.close();
  }
}

function openOrRefuse(path: string, head: BackupHead) {
  try {
    return openChecked(path);
  } catch (error) {
    throw wrong(`its database (schema ${head.schema}) cannot be opened: ${VitrineError.from(error).message}`, error);
  }
}

async function readText(content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxTextBytes) throw wrong(`its manifest is larger than ${maxTextBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readAs<Schema extends z.ZodType>(schema: Schema, content: string, what: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(content));
  } catch (cause) {
    throw wrong(`it has ${what}`, cause);
  }
}

function wrong(what: string, cause?: unknown): VitrineError {
  return new VitrineError('unprocessable', `this backup cannot be restored: ${what}; nothing was changed`, { cause });
}
