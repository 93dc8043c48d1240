import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import tar from 'tar-stream';
import type { Pack } from 'tar-stream';
import { z } from 'zod';
import { artefactsFolder, databaseFile, framesFolder, uploadsFolder } from './data-files.ts';

/**
 * A backup is one tar file, in this order:
 *
 *     vitrine-backup.json    what it is, and of when
 *     journal.sqlite         the database
 *     frames/<run>/<frame>   artefacts/<run>/<id>   uploads/<id>   every file that the database names
 *     manifest.json          size and sha256 of all of them; last, so that a backup cut short has none
 */
export const [headFile, manifestFile] = ['vitrine-backup.json', 'manifest.json'] as const;

/** What a backup says of itself. */
export const BackupHead = z.strictObject({ format: z.literal(1), createdAt: z.int().positive(), schema: z.int().positive() });
export type BackupHead = z.infer<typeof BackupHead>;

export const ArchivedFile = z.strictObject({ path: z.string(), size: z.int().nonnegative(), sha256: z.string() });
export type ArchivedFile = z.infer<typeof ArchivedFile>;

export const Manifest = z.strictObject({ files: z.array(ArchivedFile) });

const name = String.raw`(?!\.{1,2}(?:/|$))[\w.-]{1,160}`;
const place = new RegExp(String.raw`^(?:${databaseFile.replace('.', '\\.')}|(?:${framesFolder}|${artefactsFolder})/${name}/${name}|${uploadsFolder}/${name})$`);

/** Whether a path may be in a backup between its head and its manifest. */
export function isArchivePath(path: string): boolean {
  return place.test(path);
}

/** Packs files, given by their paths in the archive and on the disk, with head and manifest; one file at a time is open. */
export async function* packBackup(head: BackupHead, files: AsyncIterable<{ readonly path: string; readonly file: string }>): AsyncGenerator<Uint8Array> {
  const pack = tar.pack();
  const filling = fill(pack, head, files).catch((error: unknown) => void pack.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    yield* pack as AsyncIterable<Uint8Array>;
  } finally {
    pack.destroy();
    await filling;
  }
}

async function fill(pack: Pack, head: BackupHead, files: AsyncIterable<{ readonly path: string; readonly file: string }>): Promise<void> {
  const gone = once(pack, 'close').then((): never => {
    throw new Error('nobody reads the backup any more');
  });
  gone.catch(() => {}); // Told to whoever waits for it below.
  await addText(pack, headFile, head, gone);
  const packed: ArchivedFile[] = [];
  for await (const { path, file } of files) {
    const { size } = await stat(file);
    const hash = createHash('sha256');
    await addEntry(pack, path, size, hashed(createReadStream(file), hash), gone);
    packed.push({ path, size, sha256: hash.digest('hex') });
  }
  await addText(pack, manifestFile, { files: packed }, gone);
  pack.finalize();
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function addText(pack: Pack, path: string, content: unknown, gone: Promise<never>): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
  await addEntry(pack, path, bytes.length, [bytes], gone);
}

/** One file of the archive, as fast as it is read. */
async function addEntry(pack: Pack, path: string, size: number, chunks: AsyncIterable<Buffer> | Iterable<Buffer>, gone: Promise<never>): Promise<void> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const entry = pack.entry({ name: path, size, mode: 0o600 }, (error) => (error ? reject(error) : resolve()));
  if (entry === undefined) return gone;
  for await (const chunk of chunks) if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), ended, gone]);
  entry.end();
  await Promise.race([ended, gone]);
}
