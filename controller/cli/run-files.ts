import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CallOf } from '../api/contract.ts';
import type { Client } from './client.ts';

type RunFiles = NonNullable<NonNullable<CallOf<'POST /api/runs'>['body']>['files']>;

/** A file of this machine and its path in the desktop's home folder. */
export type LocalFile = { readonly local: string; readonly path: string };

/**
 * Files as they are named: `local` or `local:path`. The part after the last colon is a path, unless a file has the whole as its
 * name. Throws naming what is no file.
 */
export async function localFiles(named: readonly string[]): Promise<LocalFile[]> {
  return Promise.all(named.map(async (text) => {
    const colon = text.lastIndexOf(':');
    if (await isFile(text) || colon < 1) return readable({ local: text, path: basename(text) });
    const given = text.slice(colon + 1);
    const local = text.slice(0, colon);
    return readable({ local, path: given === '' || given.endsWith('/') ? `${given}${basename(local)}` : given });
  }));
}

/** Sends files for the run that is to be given. What was sent goes again if not all of them can be. */
export async function uploadFiles(client: Client, files: readonly LocalFile[], note: (line: string) => void, signal: AbortSignal): Promise<RunFiles> {
  const sent: RunFiles = [];
  try {
    for (const { local, path } of files) {
      note(`Sending ${local}`);
      const { id } = await client.send('POST /api/uploads', await openAsBlob(local), signal, { name: basename(local) });
      sent.push({ upload: id, path });
    }
    return sent;
  } catch (reason) {
    await removeUploads(client, sent);
    throw reason;
  }
}

/** Removes what was sent for a run that was not begun; what is left goes by itself. */
export async function removeUploads(client: Client, sent: RunFiles): Promise<void> {
  await Promise.allSettled(sent.map(({ upload }) => client.call('DELETE /api/uploads/{id}', { params: { id: upload } }, AbortSignal.timeout(5000))));
}

async function readable(file: LocalFile): Promise<LocalFile> {
  if (await isFile(file.local)) return file;
  throw new Error(`--file ${file.local}: there is no such file`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isFile(), () => false);
}
