import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { noFailpoint } from '../failpoint.ts';
import type { Failpoint } from '../failpoint.ts';
import { uploadsFolder } from './data-files.ts';
import { writeHashedFile } from './hashed-file.ts';
import type { Room } from './room.ts';
import { number, text } from './rows.ts';
import type { Row } from './rows.ts';
import { makeSyncedFolder } from './synced-file.ts';
import type { Write } from './writer.ts';

/** Whose an upload is, and until when it waits for a run. Times are milliseconds since the epoch. */
export type NewUpload = { readonly project: string; readonly owner: string; readonly name: string; readonly createdAt: number; readonly expiresAt: number };

/** A file that waits for its run, or that a run (by id) has and has not put in for the last time. */
export type StoredUpload = NewUpload & { readonly id: string; readonly size: number; readonly sha256: string; readonly runId: string | null; readonly path: string };

/** How many uploads of somebody wait for a run, and how many bytes those are. */
export type WaitingUploads = { readonly count: number; readonly bytes: number };

/** Files on their way into desktops: one file each in a folder of their own, and a row that names it. */
export type UploadTable = {
  /** Keeps a file, whole or not at all; on disk when this resolves. Throws `payload_too_large`, and `unavailable` as soon as it would leave too little room. */
  keep(upload: NewUpload, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredUpload>;
  find(id: string): StoredUpload | undefined;
  /** Of those that have not expired by `at`. */
  waiting(project: string, owner: string, at: number): WaitingUploads;
  /** Removes one that no run has; false if there is none. */
  remove(id: string): Promise<boolean>;
  /** Removes all that a run has. */
  release(runId: string): Promise<void>;
};

/** Bytes between two looks at the room on the disk. */
const lookEveryBytes = 4 * 2 ** 20;

/** Where the content of an upload lies. */
export function uploadPath(folder: string, id: string): string {
  return join(folder, uploadsFolder, id);
}

/** The uploads of a data folder. A row goes before its file: a file that no row names is garbage. */
export function createUploadTable(folder: string, database: DatabaseSync, room: Room, write: Write, failpoint: Failpoint = noFailpoint): UploadTable {
  const insert = database.prepare('INSERT INTO uploads (id, project, owner, name, size, sha256, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const find = database.prepare('SELECT * FROM uploads WHERE id = ?');
  const waiting = database.prepare('SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM uploads WHERE run_id IS NULL AND project = ? AND owner = ? AND expires_at > ?');
  const removeFree = database.prepare('DELETE FROM uploads WHERE id = ? AND run_id IS NULL RETURNING id');
  const release = database.prepare('DELETE FROM uploads WHERE run_id = ? RETURNING id');

  /** Looks at the room on the disk every now and then. */
  const lookingAtRoom = () => {
    let seen = 0;
    return (size: number) => {
      if (size - seen < lookEveryBytes) return;
      room.check();
      seen = size;
    };
  };

  return {
    async keep(upload, content, maxBytes) {
      const id = `up-${randomUUID()}`;
      await makeSyncedFolder(join(folder, uploadsFolder));
      const path = uploadPath(folder, id);
      const { size, sha256 } = await writeHashedFile(path, content, { name: upload.name, maxBytes, reached: (step) => failpoint(`upload.${step}`), onSize: lookingAtRoom() });
      try {
        write('new', () => insert.run(id, upload.project, upload.owner, upload.name, size, sha256, upload.createdAt, upload.expiresAt));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return { ...upload, id, size, sha256, runId: null, path };
    },
    find: (id) => {
      const row = find.get(id);
      return row && storedUpload(row, folder);
    },
    waiting: (project, owner, at) => {
      const row = waiting.get(project, owner, at) ?? {};
      return { count: number(row, 'count'), bytes: number(row, 'bytes') };
    },
    async remove(id) {
      const gone = write('begun', () => removeFree.get(id)) !== undefined;
      if (gone) await rm(uploadPath(folder, id), { force: true });
      return gone;
    },
    async release(runId) {
      for (const row of write('begun', () => release.all(runId))) await rm(uploadPath(folder, text(row, 'id')), { force: true });
    },
  };
}

function storedUpload(row: Row, folder: string): StoredUpload {
  const id = text(row, 'id');
  return {
    id, project: text(row, 'project'), owner: text(row, 'owner'), name: text(row, 'name'), size: number(row, 'size'), sha256: text(row, 'sha256'),
    createdAt: number(row, 'created_at'), expiresAt: number(row, 'expires_at'), runId: row['run_id'] === null ? null : text(row, 'run_id'), path: uploadPath(folder, id),
  };
}
