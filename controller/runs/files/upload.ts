import { z } from 'zod';
import { HomePath, limits, places } from '../../../sandbox-image/wire/index.ts';

/** Files of one run. */
export const maxRunFiles = 32;
/** Bytes of all files of one run, as many as its artefacts may have. */
export const maxRunFilesBytes = limits.maxFileBytes;
/** How long an upload waits for a run. */
export const uploadLifeMs = 3_600_000;

const maxDepth = 64;
const maxNameBytes = 255;

/** The place that a path names in the home folder, as its parts; undefined for one that leaves home or names no file. */
export function placeInHome(path: string): readonly string[] | undefined {
  const relative = path.startsWith(`${places.home}/`) ? path.slice(places.home.length + 1) : path;
  const parts = relative.split('/').filter((part) => part !== '' && part !== '.');
  const leaves = (relative === path && path.startsWith('/')) || parts.includes('..');
  const isFolder = parts.length === 0 || /(?:^|\/)\.?$/.test(relative);
  return leaves || isFolder || parts.length > maxDepth || parts.some((part) => Buffer.byteLength(part) > maxNameBytes) ? undefined : parts;
}

/** A file that is to lie in the run's desktop before its model looks: an upload, and its path under home. Missing folders are made. */
export const RunFile = z.strictObject({
  upload: z.string().min(1).max(128),
  path: HomePath.refine((path) => placeInHome(path) !== undefined, { error: `must name a file below ${places.home}, without ..` }),
}).meta({ id: 'RunFile' });
export type RunFile = z.infer<typeof RunFile>;

/** All files of a run, no two at the same place and none where another needs a folder. */
export const RunFiles = z.array(RunFile).max(maxRunFiles).refine((files) => !clash(files.map(({ path }) => `${placeInHome(path)?.join('/')}/`)), { error: 'two files have the same path, or one lies below another' });

function clash(places: readonly string[]): boolean {
  return places.some((one, index) => places.some((other, place) => index !== place && other.startsWith(one)));
}

/** The files of a run's request; those of an older program have none. */
export function filesOf({ files = [] }: { readonly files?: readonly RunFile[] }): readonly RunFile[] {
  return files;
}

/** The name of a file as its owner calls it; no path. */
export const UploadName = z.string().min(1).max(255).refine((name) => !/[\p{Cc}/]/u.test(name), { error: 'a name holds no / and no control characters' });

/** A file that was sent for a run that is to come. Times are milliseconds since the epoch. */
export const Upload = z.strictObject({
  id: z.string(),
  name: z.string(),
  size: z.int().nonnegative(),
  sha256: z.string(),
  createdAt: z.int(),
  /** It is removed then unless a run has it. */
  expiresAt: z.int(),
  /** The run that has it, until it has put it in for the last time. */
  runId: z.string().nullable(),
}).meta({ id: 'Upload' });
export type Upload = z.infer<typeof Upload>;

/** What was put into a desktop. */
export const FilePut = z.strictObject({ path: z.string(), size: z.int().nonnegative(), sha256: z.string() });
export type FilePut = z.infer<typeof FilePut>;
