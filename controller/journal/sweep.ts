import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { artefactsFolder, filesIn, framesFolder, isDraft, namesIn, removeIfEmpty, removeWhole, temporaryFolder } from './data-files.ts';
import type { FileSize } from './data-files.ts';
import type { Swept } from './upkeep.ts';

/** What a sweep has to know of the runs. */
export type SweptRuns = {
  readonly stateOf: (runId: string) => 'unknown' | 'unfinished' | 'over';
  /** Ids of everything that the run's events name. */
  readonly namedBy: (runId: string) => ReadonlySet<string>;
  /** Removes the rows of these artefacts. */
  readonly forgetArtefacts: (runId: string, ids: readonly string[]) => void;
};

/** Bytes of each run's files, by kind and run. */
export type Measured = { readonly [Kind in typeof framesFolder | typeof artefactsFolder]: Map<string, number> };

export type Sweeping = {
  readonly folder: string;
  readonly runs: SweptRuns;
  /** A file that was changed after this time may be in use. */
  readonly usedSince: number;
  /** Names in the folder of temporary files that are in use. */
  readonly temporary: ReadonlySet<string>;
  /** Nothing may be removed at present. */
  readonly isHeld: () => boolean;
  /** Folders of runs that are over in which the last sweep found nothing to do, with what it found; kept from sweep to sweep. */
  readonly settled: Map<string, { readonly modifiedAt: number; readonly bytes: number }>;
};

/** Goes through all files of runs, one folder at a time; see `Upkeep.sweep`. */
export async function sweepFiles(sweeping: Sweeping): Promise<Swept & { readonly measured: Measured }> {
  const measured: Measured = { frames: new Map(), artefacts: new Map() };
  let [files, bytes] = [0, 0];
  for (const kind of [framesFolder, artefactsFolder] as const) {
    for (const runId of await namesIn(join(sweeping.folder, kind))) {
      const place = join(sweeping.folder, kind, runId);
      const modifiedAt = (await stat(place).catch(() => undefined))?.mtimeMs ?? 0; // Removed meanwhile: its files are not found either.
      const known = sweeping.settled.get(place);
      if (known?.modifiedAt === modifiedAt) {
        measured[kind].set(runId, known.bytes);
        continue;
      }
      const found = await filesIn(place);
      const garbage = sweeping.isHeld() ? [] : garbageOf(sweeping, runId, found);
      await discard(sweeping, kind, runId, garbage);
      if (garbage.length === found.length) await removeIfEmpty(place);
      const removed = sizeOf(garbage);
      files += garbage.length;
      bytes += removed;
      if (found.length > 0) measured[kind].set(runId, sizeOf(found) - removed);
      const isSettled = garbage.length === 0 && sweeping.runs.stateOf(runId) === 'over' && !sweeping.isHeld() && found.every((file) => file.modifiedAt < sweeping.usedSince);
      if (isSettled) sweeping.settled.set(place, { modifiedAt, bytes: sizeOf(found) });
      else sweeping.settled.delete(place);
    }
  }
  for (const name of await namesIn(join(sweeping.folder, temporaryFolder))) {
    if (sweeping.temporary.has(name)) continue;
    await removeWhole(join(sweeping.folder, temporaryFolder, name));
    files += 1;
  }
  return { files, bytes, measured };
}

function garbageOf({ runs, usedSince }: Sweeping, runId: string, files: readonly FileSize[]): FileSize[] {
  const state = runs.stateOf(runId);
  const old = files.filter(({ modifiedAt }) => modifiedAt < usedSince);
  if (state === 'unknown') return old;
  const drafts = old.filter(({ name }) => isDraft(name));
  if (state === 'unfinished' || old.length === 0) return drafts;
  const named = runs.namedBy(runId);
  return [...drafts, ...old.filter(({ name }) => !isDraft(name) && !named.has(name))];
}

async function discard({ folder, runs }: Sweeping, kind: keyof Measured, runId: string, garbage: readonly FileSize[]): Promise<void> {
  if (kind === artefactsFolder && garbage.length > 0) runs.forgetArtefacts(runId, garbage.map(({ name }) => name));
  for (const { name } of garbage) await rm(join(folder, kind, runId, name), { force: true, recursive: true });
}

function sizeOf(files: readonly FileSize[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
