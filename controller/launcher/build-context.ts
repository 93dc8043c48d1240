import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import tar from 'tar-stream';
import type { ImageRecipe } from './image-recipe.ts';

/** What a build is not given: see .dockerignore. */
const isLeftOut = (name: string): boolean => ['node_modules', '.git', 'dist'].includes(name) || name.endsWith('.log');
const maxContextBytes = 64 * 1024 * 1024;
const certificates = 'extra-ca.pem';

type Entry = { readonly name: string; readonly mode: number; readonly content: Buffer | undefined };

/** The recipe's files as the tar that an engine builds from: owned by root, with their modes. Rejects when one is missing or they are too large. */
export async function buildContext(recipe: ImageRecipe): Promise<Buffer> {
  const pack = tar.pack();
  const ca = await firstReadable(recipe.extraCa);
  if (ca !== undefined) pack.entry({ name: certificates, mode: 0o644 }, ca);
  const seen = new Set([certificates]);
  for (const input of [...recipe.inputs, recipe.dockerfile]) {
    for (const { name, mode, content } of await entriesOf(recipe.root, input)) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (content === undefined) pack.entry({ name: `${name}/`, type: 'directory', mode });
      else pack.entry({ name, mode }, content);
    }
  }
  pack.finalize();
  return await whole(pack);
}

async function entriesOf(root: string, path: string): Promise<Entry[]> {
  const found = await lstat(join(root, path));
  const mode = found.mode & 0o777;
  if (found.isFile()) return [{ name: path, mode, content: await readFile(join(root, path)) }];
  if (!found.isDirectory()) return [];
  const names = (await readdir(join(root, path))).filter((name) => !isLeftOut(name)).toSorted();
  const inside: Entry[] = [];
  for (const name of names) inside.push(...await entriesOf(root, `${path}/${name}`));
  return [{ name: path, mode, content: undefined }, ...inside];
}

async function firstReadable(paths: readonly string[]): Promise<Buffer | undefined> {
  for (const path of paths) {
    const content = await readFile(path).catch(() => undefined);
    if (content !== undefined) return content;
  }
  return undefined;
}

async function whole(pack: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of pack) {
    bytes += chunk.length;
    if (bytes > maxContextBytes) throw new Error(`the files of the image are larger than ${maxContextBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
