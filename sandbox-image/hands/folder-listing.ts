import type { Stats } from 'node:fs';
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { WireError, type FileEntry } from '../wire/index.ts';
import { fileError, type HomeFolder } from './home-folder.ts';

/** Room for entries in one message's header. */
const maxListingBytes = 200 * 1024;

/** Entries of a folder sorted by name, with those of its folders if `isRecursive`; links are listed and not followed. */
export async function listFolder(home: HomeFolder, path: string, isRecursive: boolean, limit: number): Promise<{ entries: FileEntry[]; truncated: boolean }> {
  const entries: FileEntry[] = [];
  const room = { entries: limit, bytes: maxListingBytes };
  const truncated = !(await addEntries(home, home.split(path), isRecursive, entries, room));
  return { entries, truncated };
}

async function addEntries(home: HomeFolder, components: readonly string[], isRecursive: boolean, entries: FileEntry[], room: { entries: number; bytes: number }): Promise<boolean> {
  await using folder = await home.openFolder(components);
  const names = (await readdir(folder.at('.'))).toSorted();
  for (const name of names) {
    const found = await lstat(folder.at(name)).catch(() => undefined);
    if (found === undefined) continue; // gone since, or a name that is no UTF-8 and could not be asked for
    const path = [...components, name].join('/');
    room.entries -= 1;
    room.bytes -= Buffer.byteLength(JSON.stringify(path)) + 100;
    if (room.entries < 0 || room.bytes < 0) return false;
    entries.push({ path, kind: kindOf(found), size: found.size, modifiedAt: Math.max(0, found.mtimeMs) });
    if (isRecursive && found.isDirectory() && !(await addFolder(home, [...components, name], entries, room))) return false;
  }
  return true;
}

async function addFolder(home: HomeFolder, components: readonly string[], entries: FileEntry[], room: { entries: number; bytes: number }): Promise<boolean> {
  try {
    return await addEntries(home, components, true, entries, room);
  } catch (reason) {
    if (reason instanceof WireError && reason.code !== 'limit_exceeded') return true; // gone or closed to us: it is listed, without entries
    throw reason;
  }
}

function kindOf(found: Stats): FileEntry['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'other';
}

/** Removes one file, link (not what it points to) or empty folder. */
export async function removeEntry(home: HomeFolder, path: string): Promise<void> {
  const components = home.split(path);
  const name = components.pop();
  if (name === undefined) throw new WireError('forbidden', 'the home folder itself stays');
  await using folder = await home.openFolder(components);
  try {
    const found = await lstat(folder.at(name));
    await (found.isDirectory() ? rmdir(folder.at(name)) : unlink(folder.at(name)));
  } catch (reason) {
    throw fileError(reason, path);
  }
}
