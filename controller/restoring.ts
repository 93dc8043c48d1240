import { setTimeout } from 'node:timers/promises';
import type { Restored } from './api/backups.ts';
import type { Entrance } from './entrance.ts';
import { VitrineError } from './errors.ts';
import { appointStaged, restoredOf } from './journal/restore-folder.ts';
import type { StagedBackup } from './journal/stage-backup.ts';

/** Puts a backup in the place of everything. */
export type Restore = (content: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<Restored>;

/** One life of a controller: it has a journal open. */
export type Life = {
  readonly url: string;
  readonly token: string;
  /** Unpacks and checks a backup beside the journal in use. */
  stage(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<StagedBackup>;
  /** `for a while`: the entrance stays open for the next life. */
  close(desktops: 'keep' | 'release', leave: 'for ever' | 'for a while'): Promise<void>;
};

export type RestoringOptions = {
  readonly folder: string;
  readonly entrance: Entrance;
  /** Begins a life on what is in the folder. */
  readonly live: (restore: Restore) => Promise<Life>;
  /** Between two tries to begin a life after a restore; two seconds if absent. */
  readonly againMs?: number;
};

/** A controller that can put another journal under itself: it ends one life and begins the next. */
export interface Restoring {
  begin(): Promise<Life>;
  /** Ends the controller, after a restore that is under way. */
  end(desktops: 'keep' | 'release'): Promise<void>;
}

/**
 * A restore checks the backup while everything goes on; then it parks the runs, releases the desktops, appoints the
 * restored journal and lives on with it. From the appointment on that one counts, also for whoever starts after a crash.
 * A life that cannot begin then (a full disk, say) is tried again until it can; meanwhile everything is refused with the reason.
 */
export function createRestoring({ folder, entrance, live, againMs = 2000 }: RestoringOptions): Restoring {
  const ending = new AbortController();
  let life: Promise<Life> | undefined;
  let isBusy = false;

  /** What could not be appointed is told once the controller lives on with what it had. */
  const exchange = async (before: Life, staged: StagedBackup): Promise<{ readonly after: Promise<Life>; readonly failure: unknown }> => {
    entrance.shut('a backup is being restored: try again in a moment');
    await before.close('release', 'for a while');
    let failure: unknown;
    try {
      appointStaged(staged, folder);
    } catch (error) {
      failure = error;
    }
    const first = live(restore);
    return { after: first.catch(liveLater), failure: failure ?? (await first.then(() => undefined, (error: unknown) => error)) };
  };
  const liveLater = async (error: unknown): Promise<Life> => {
    entrance.shut(`the controller cannot go on after a restore: ${VitrineError.from(error).message}; it tries again`);
    await setTimeout(againMs, undefined, { signal: ending.signal });
    return live(restore).catch(liveLater);
  };
  const restore: Restore = async (content, signal) => {
    if (isBusy) throw new VitrineError('conflict', 'a backup is being restored already');
    isBusy = true;
    try {
      const before = await life;
      if (before === undefined || ending.signal.aborted) throw new VitrineError('unavailable', 'the controller is shutting down: try again in a moment');
      const staged = await before.stage(content, signal);
      const exchanged = exchange(before, staged);
      life = exchanged.then(({ after }) => after);
      const { failure } = await exchanged;
      if (failure !== undefined) throw failure;
      return restoredOf(staged);
    } finally {
      isBusy = false;
    }
  };

  return {
    begin: () => (life = live(restore)),
    async end(desktops) {
      ending.abort();
      const last = await life?.catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      });
      await last?.close(desktops, 'for ever');
    },
  };
}
