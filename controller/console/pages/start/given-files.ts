import { bytesText } from '../../ui/format.ts';
import { safeName } from '../session/file-paths.ts';

/** A file that is given with a task, and where it is to lie below the home folder. */
export type GivenFile = { readonly file: File; readonly path: string };

/** What the server takes for one run. */
const [maxFiles, maxBytes] = [32, 256 * 2 ** 20];

/** The files with some more; one that comes again, by its path, takes the place of the one before. */
export function withFiles(files: readonly GivenFile[], more: readonly File[]): readonly GivenFile[] {
  const added = more.map((file) => ({ file, path: safeName(file.name) }));
  return [...files.filter(({ path }) => !added.some((one) => one.path === path)), ...added];
}

/** What is wrong with the files, in words; null if they can be sent. The server has the last word. */
export function problemOfFiles(files: readonly GivenFile[]): string | null {
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > maxFiles) return `at most ${maxFiles} files: pack them into one`;
  if (bytes > maxBytes) return `at most ${bytesText(maxBytes)} together: these have ${bytesText(bytes)}`;
  const bad = files.find(({ path }) => path.trim() === '' || path.startsWith('/') || path.endsWith('/') || path.split('/').includes('..'));
  if (bad !== undefined) return `${bad.file.name}: name a place below the home folder, such as Documents/${safeName(bad.file.name)}`;
  const places = files.map(({ path }) => `${path}/`);
  const twice = places.find((one, index) => places.some((other, at) => at !== index && other.startsWith(one)));
  return twice === undefined ? null : `${twice.slice(0, -1)}: two files cannot lie there`;
}
