import { constants } from 'node:fs';
import { lstat, mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { WireError } from '../wire/index.ts';

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const maxDepth = 64;

/** A folder held open. Names are resolved against the descriptor, so that nobody can swap the path underneath. */
export type OpenFolder = AsyncDisposable & {
  readonly handle: FileHandle;
  /** A path of one entry, valid as long as the folder is open; the last component is never followed by who uses O_NOFOLLOW. */
  at(name: string): string;
};

/** The agent's home: every path is walked component by component, no symbolic link is followed, nothing leaves it. */
export type HomeFolder = {
  /** The components of a path relative to home. Throws WireError `forbidden` for one that leaves it. */
  split(path: string): string[];
  /** Opens the folder at these components; makes missing ones if `make`. Rejects with `not_found` or `forbidden`. */
  openFolder(components: readonly string[], make?: boolean): Promise<OpenFolder>;
};

/** Makes a home over an existing folder. */
export function createHomeFolder(home: string): HomeFolder {
  return {
    split(path) {
      const relative = path === home || path.startsWith(`${home}/`) ? path.slice(home.length) : path;
      if (relative.startsWith('/') && relative === path) throw new WireError('forbidden', `${path} lies outside ${home}`);
      const components = relative.split('/').filter((component) => component !== '' && component !== '.');
      if (components.includes('..')) throw new WireError('forbidden', `${path} contains ..`);
      if (components.length > maxDepth) throw new WireError('limit_exceeded', `${path} is deeper than ${maxDepth} folders`);
      return components;
    },
    async openFolder(components, make = false) {
      let folder = asFolder(await open(home, folderFlags));
      for (const [index, component] of components.entries()) {
        const parent = folder;
        try {
          folder = await step(parent, component, components.slice(0, index + 1).join('/'), make);
        } finally {
          await parent[Symbol.asyncDispose]();
        }
      }
      return folder;
    },
  };
}

async function step(parent: OpenFolder, name: string, path: string, make: boolean): Promise<OpenFolder> {
  try {
    if (make) await mkdir(parent.at(name), { mode: 0o755 }).catch(ignoring('EEXIST'));
    return asFolder(await open(parent.at(name), folderFlags));
  } catch (reason) {
    throw await folderError(reason, parent.at(name), path);
  }
}

async function folderError(reason: unknown, place: string, path: string): Promise<WireError> {
  const code = codeOf(reason);
  if (code === 'ENOTDIR' || code === 'ELOOP') {
    const isLink = await lstat(place).then((found) => found.isSymbolicLink(), () => false);
    return new WireError('forbidden', isLink ? `${path} is a symbolic link, which is not followed` : `${path} is not a folder`);
  }
  return fileError(reason, path);
}

function asFolder(handle: FileHandle): OpenFolder {
  return {
    handle,
    at: (name) => join(`/proc/self/fd/${handle.fd}`, name),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** A failure of the file system in the wire's words; `path` is what the caller asked for. */
export function fileError(reason: unknown, path: string): WireError {
  if (reason instanceof WireError) return reason;
  const options = { cause: reason };
  switch (codeOf(reason)) {
    case 'ENOENT': return new WireError('not_found', `${path} does not exist`, options);
    case 'ELOOP': return new WireError('forbidden', `${path} is a symbolic link, which is not followed`, options);
    case 'EACCES':
    case 'EPERM': return new WireError('forbidden', `${path} may not be used by the agent's user`, options);
    case 'ENOTDIR': return new WireError('forbidden', `${path} goes through something that is not a folder`, options);
    case 'EISDIR': return new WireError('forbidden', `${path} is a folder`, options);
    case 'EEXIST':
    case 'ENOTEMPTY': return new WireError('conflict', `${path} exists and is not an empty folder`, options);
    case 'ENAMETOOLONG': return new WireError('limit_exceeded', `${path}: a name is too long`, options);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG': return new WireError('limit_exceeded', `${path}: the desktop's disk is full`, options);
    default: return WireError.from(reason);
  }
}

/** The system's code of a failure, such as ENOENT. */
export function codeOf(reason: unknown): string | undefined {
  return reason instanceof Error && 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined;
}

function ignoring(code: string): (reason: unknown) => void {
  return (reason) => {
    if (codeOf(reason) !== code) throw reason;
  };
}
