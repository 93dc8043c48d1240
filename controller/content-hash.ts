import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const skipped = new Set(['node_modules', '.git', 'dist']);

/**
 * The sha256 (hex) of files and folders, by relative path, executable bit and bytes: equal exactly when a build of them
 * would be given the same input. `salt` names what else the build rests on, such as the ids of its base images.
 */
export function contentHash(root: string, paths: readonly string[], salt: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of salt) hash.update(`${text}\0`);
  for (const file of paths.flatMap((path) => filesOf(join(root, path))).toSorted()) {
    const executable = (statSync(file).mode & 0o111) !== 0;
    hash
      .update(`${relative(root, file)}\0${executable}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !skipped.has(name))
    .flatMap((name) => filesOf(join(path, name)));
}
