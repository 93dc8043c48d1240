import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { limits, WireError } from '../wire/index.ts';
import { fileError, type HomeFolder, type OpenFolder } from './home-folder.ts';

const maxHandles = 32;
const newFileMode = 0o644;

type Opened = {
  readonly path: string;
  readonly file: FileHandle;
  /** Only of a file being written: where it will appear, and under which name it is until then. */
  readonly target?: { readonly folder: OpenFolder; readonly name: string; readonly part: string };
  /** Bytes written so far, or the size of a file being read. */
  size: number;
  /** The control epoch in which it was opened for writing, if that was said. */
  readonly epoch?: number | undefined;
};

/** The files that one connection has open. */
export type OpenFiles = {
  /** With an epoch, opening, writing and committing are refused once `assertPresent` refuses it. */
  open(path: string, mode: 'read' | 'write', epoch?: number): Promise<{ handle: number; size: number }>;
  read(handle: number, offset: number, length: number): Promise<Buffer>;
  write(handle: number, offset: number, body: Uint8Array): Promise<number>;
  /** Ends a handle; a written file takes its place at once and whole if `commit`, else it is gone. */
  close(handle: number, commit: boolean): Promise<number>;
  /** Ends all handles; what was not committed is gone. */
  closeAll(): Promise<void>;
};

/** Makes the table of one connection's files. */
export function createOpenFiles(home: HomeFolder, assertPresent: (epoch: number | undefined) => void): OpenFiles {
  const handles = new Map<number, Opened>();
  let count = 0;

  const find = (handle: number): Opened => {
    const opened = handles.get(handle);
    if (opened === undefined) throw new WireError('not_found', `no open file has handle ${handle}`);
    return opened;
  };
  const close = async (handle: number, commit: boolean): Promise<number> => {
    const opened = find(handle);
    handles.delete(handle);
    try {
      await opened.file.close();
      if (opened.target !== undefined) await finish(opened, opened.target, commit, assertPresent);
    } finally {
      await opened.target?.folder[Symbol.asyncDispose]();
    }
    return opened.size;
  };

  return {
    async open(path, mode, epoch) {
      assertPresent(mode === 'write' ? epoch : undefined);
      if (handles.size >= maxHandles) throw new WireError('limit_exceeded', `more than ${maxHandles} open files: close some`);
      const components = home.split(path);
      const name = components.pop();
      if (name === undefined) throw new WireError('forbidden', `${path} is a folder`);
      const opened = mode === 'read' ? await openToRead(home, components, name, path) : await openToWrite(home, components, name, path, epoch);
      count += 1;
      handles.set(count, opened);
      return { handle: count, size: opened.size };
    },
    async read(handle, offset, length) {
      const { file, path, target } = find(handle);
      if (target !== undefined) throw new WireError('invalid_request', `${path} was opened for writing`);
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    async write(handle, offset, body) {
      const opened = find(handle);
      if (opened.target === undefined) throw new WireError('invalid_request', `${opened.path} was opened for reading`);
      assertPresent(opened.epoch);
      if (body.length > limits.maxChunkBytes) throw new WireError('limit_exceeded', `chunk of ${body.length} bytes; the limit is ${limits.maxChunkBytes}`);
      if (offset > opened.size) throw new WireError('invalid_request', `offset ${offset} lies beyond the ${opened.size} bytes written so far`);
      if (offset + body.length > limits.maxFileBytes) throw new WireError('limit_exceeded', `${opened.path} would be larger than ${limits.maxFileBytes} bytes`);
      opened.size = Math.max(opened.size, offset + body.length);
      try {
        await writeAll(opened.file, body, offset);
      } catch (reason) {
        throw fileError(reason, opened.path);
      }
      return body.length;
    },
    close,
    async closeAll() {
      await Promise.allSettled([...handles.keys()].map((handle) => close(handle, false)));
    },
  };
}

async function openToRead(home: HomeFolder, components: readonly string[], name: string, path: string): Promise<Opened> {
  await using folder = await home.openFolder(components);
  try {
    assertRegular(await lstat(folder.at(name)), path);
    const file = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    try {
      assertRegular(found, path); // once more: the name may mean something else by now
      if (found.size > limits.maxFileBytes) throw new WireError('limit_exceeded', `${path} has ${found.size} bytes; the limit is ${limits.maxFileBytes}`);
    } catch (reason) {
      await file.close();
      throw reason;
    }
    return { path, file, size: found.size };
  } catch (reason) {
    throw fileError(reason, path);
  }
}

async function openToWrite(home: HomeFolder, components: readonly string[], name: string, path: string, epoch: number | undefined): Promise<Opened> {
  const folder = await home.openFolder(components, true);
  try {
    const old = await lstat(folder.at(name)).catch(() => undefined); // none: a new file
    if (old !== undefined) assertRegular(old, path);
    const part = `.vitrine-${randomBytes(9).toString('hex')}.part`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(folder.at(part), flags, old === undefined ? newFileMode : old.mode & 0o777);
    return { path, file, target: { folder, name, part }, size: 0, epoch };
  } catch (reason) {
    await folder[Symbol.asyncDispose]();
    throw fileError(reason, path);
  }
}

async function finish({ path, epoch }: Opened, { folder, name, part }: NonNullable<Opened['target']>, commit: boolean, assertPresent: (epoch: number | undefined) => void): Promise<void> {
  try {
    if (!commit) return await unlink(folder.at(part));
    assertPresent(epoch);
    const old = await lstat(folder.at(name)).catch(() => undefined); // none: a new file
    if (old !== undefined) assertRegular(old, path);
    await rename(folder.at(part), folder.at(name));
  } catch (reason) {
    await unlink(folder.at(part)).catch(() => undefined); // the first failure is the one to report
    throw fileError(reason, path);
  }
}

async function writeAll(file: FileHandle, body: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < body.length; ) {
    done += (await file.write(body, done, body.length - done, offset + done)).bytesWritten;
  }
}

function assertRegular(found: { isFile(): boolean; isSymbolicLink(): boolean; isDirectory(): boolean }, path: string): void {
  if (found.isFile()) return;
  const kind = found.isSymbolicLink() ? 'a symbolic link, which is not followed' : found.isDirectory() ? 'a folder' : 'not a regular file';
  throw new WireError('forbidden', `${path} is ${kind}`);
}
