import type { Journal } from './journal.ts';
import type { StagedBackup } from './stage-backup.ts';

/** Bytes in a data folder by kind, and around it. What lies in folders is measured by the last sweep; null before the first. */
export type DiskUse = {
  readonly folder: string;
  readonly journalBytes: number;
  readonly framesBytes: number | null;
  readonly artefactsBytes: number | null;
  /** Files that wait for their runs. */
  readonly uploadsBytes: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
};

/** A run that is over, with what its files take as of the last sweep. */
export type FinishedRun = { readonly runId: string; readonly desktopId: string | null; readonly endedAt: number; readonly framesBytes: number; readonly artefactsBytes: number };

/** What a sweep removed. */
export type Swept = { readonly files: number; readonly bytes: number };

/** What keeps a journal's folder in order. Everything removed is removed from the database first, so that nothing is named that is not there. */
export interface Upkeep {
  diskUse(): DiskUse;
  /**
   * Measures all files of runs, and removes those that nothing names: drafts, pictures and artefacts of runs that are
   * over which no event names, folders of runs that are not there, uploads that no run took in time, what a backup left behind. What was begun in the last
   * minutes by this process, and pictures of runs that are not over, are in use.
   */
  sweep(now: number): Promise<Swept>;
  /** Runs that are over, the one that ended first first. */
  finishedRuns(): readonly FinishedRun[];
  /** Removes the pictures of a run that is over; its view says when. */
  removePictures(runId: string, at: number): Promise<void>;
  /** Removes a run that is over with everything of it. */
  removeRun(runId: string): Promise<void>;
  /** Keeps every file where it is until the function is called that it resolves with: nothing is removed meanwhile. */
  holdFiles(): Promise<() => void>;
  /** A backup of everything, as a tar file, while runs go on (backup.ts). */
  backUp(): AsyncIterable<Uint8Array>;
  /** Unpacks and checks a backup beside the journal in use (stage-backup.ts). */
  stage(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<StagedBackup>;
  /** When the backup was made that this journal was restored from, until `forgetRestored`: its unfinished runs have lost their desktops. */
  restoredFrom(): number | undefined;
  forgetRestored(): void;
}

/** A journal together with the upkeep of its folder. */
export type OpenJournal = Journal & { readonly upkeep: Upkeep };
