import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { inFolder, safeName } from './file-paths.ts';
import type { Dropped } from './use-file-drop.ts';

/** How long one file may take on its way out of a desktop. */
export const takeMs = 10 * 60_000;
/** And on its way in: the server waits no longer for the whole of a request. */
const putMs = 5 * 60_000;

/** Puts files into a folder of a desktop, one after the other; empty is the home folder. Rejects with ApiFailure, at once where a folder is among them. */
export async function putFiles(desktopId: string, folder: string, { files, folders }: Dropped, headers: Record<string, string>): Promise<void> {
  if (folders.length > 0) throw new ApiFailure('bad_request', `${folders.join(', ')}: a folder cannot be put in as it is; pack it into one file first`);
  for (const file of files) await call('PUT /api/desktops/{id}/files/{path}', { params: { id: desktopId, path: inFolder(folder, safeName(file.name)) } }, { headers, bytes: file, timeoutMs: putMs });
}

/** What was put in, in words. */
export function wordsOfPut({ files }: Dropped): string {
  return files.length === 1 ? `${files[0]?.name} is on the desktop.` : `${files.length} files are on the desktop.`;
}
