import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { VitrineError } from '../errors.ts';
import { backUp } from './backup.ts';
import { artefactsFolder, databaseFile, framesFolder, removeWhole } from './data-files.ts';
import type { Room } from './room.ts';
import { stagingPlace } from './restore-folder.ts';
import { number, text } from './rows.ts';
import { stageBackup } from './stage-backup.ts';
import { sweepFiles } from './sweep.ts';
import { sweepUploads } from './sweep-uploads.ts';
import type { Measured, Sweeping, SweptRuns } from './sweep.ts';
import type { Upkeep } from './upkeep.ts';
import type { Write } from './writer.ts';

/** How long a file may lie between its writing and the commit that names it, in this process. */
const inUseMs = 10 * 60_000;

export type UpkeepOptions = { readonly folder: string; readonly database: DatabaseSync; readonly room: Room; readonly write: Write; readonly temporary: Set<string> };

/** More than the longest tick by which kernels advance the clock of files (10 ms at 100 Hz). */
const clockTickMs = 100;

/** The upkeep of an open journal's folder. */
export function openUpkeep({ folder, database, room, write, temporary }: UpkeepOptions): Upkeep {
  /** Before it, files are of an earlier life. The times of files come from a clock that may lie a tick of the kernel behind. */
  const openedAt = Date.now() - clockTickMs;
  const runs = sweptRuns(database, write);
  const finished = database.prepare(`SELECT run_id, desktop_id, (SELECT at FROM events WHERE events.run_id = runs.run_id ORDER BY sequence DESC LIMIT 1) AS ended_at
    FROM runs WHERE is_over = 1 ORDER BY ended_at, position`);
  const markRemoved = database.prepare("UPDATE runs SET view = json_set(view, '$.picturesRemovedAt', ?) WHERE run_id = ? AND is_over = 1");
  const uploaded = database.prepare('SELECT coalesce(sum(size), 0) AS bytes FROM uploads');
  const deletions = tablesOfRun(database).map((table) => database.prepare(`DELETE FROM ${table} WHERE run_id = ?`));
  const settled: Sweeping['settled'] = new Map();
  let working: Promise<unknown> = Promise.resolve();
  /** One thing at a time removes files. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = working.then(work);
    working = mine.catch(() => {}); // Whoever asked is told.
    return mine;
  };
  let measured: Measured | undefined;
  let holders = 0;
  const refuseUnfinished = (runId: string) => {
    if (runs.stateOf(runId) !== 'over') throw new VitrineError('conflict', `run ${runId} is not over: nothing of it is removed`);
  };
  const refuseHeld = () => {
    if (holders > 0) throw new VitrineError('conflict', 'a backup is being made: nothing is removed meanwhile');
  };

  const holdFiles = async () => {
    holders += 1;
    await working;
    let isHeld = true;
    return () => {
      if (isHeld) holders -= 1;
      isHeld = false;
    };
  };

  return {
    diskUse: () => ({
      folder,
      journalBytes: ['', '-wal', '-shm'].reduce((sum, ending) => sum + (statSync(join(folder, `${databaseFile}${ending}`), { throwIfNoEntry: false })?.size ?? 0), 0),
      framesBytes: measured === undefined ? null : total(measured.frames),
      artefactsBytes: measured === undefined ? null : total(measured.artefacts),
      uploadsBytes: number(uploaded.get() ?? {}, 'bytes'),
      ...room.free(),
    }),
    sweep: (now) => inTurn(async () => {
      const usedSince = Math.max(openedAt, now - inUseMs);
      const { measured: found, files, bytes } = await sweepFiles({ folder, runs, temporary, settled, usedSince, isHeld: () => holders > 0 });
      measured = found;
      const uploads = holders > 0 ? { files: 0, bytes: 0 } : await sweepUploads({ folder, database, write, now, usedSince });
      return { files: files + uploads.files, bytes: bytes + uploads.bytes };
    }),
    finishedRuns: () => finished.all().map((row) => {
      const runId = text(row, 'run_id');
      const desktopId = row['desktop_id'] === null ? null : text(row, 'desktop_id');
      return { runId, desktopId, endedAt: number(row, 'ended_at'), framesBytes: measured?.frames.get(runId) ?? 0, artefactsBytes: measured?.artefacts.get(runId) ?? 0 };
    }),
    removePictures: (runId, at) => inTurn(async () => {
      refuseHeld();
      refuseUnfinished(runId);
      write('begun', () => markRemoved.run(at, runId));
      await removeWhole(join(folder, framesFolder, runId));
      measured?.frames.delete(runId);
    }),
    removeRun: (runId) => inTurn(async () => {
      refuseHeld();
      refuseUnfinished(runId);
      write('begun', () => {
        for (const deletion of deletions) deletion.run(runId);
      });
      for (const kind of [framesFolder, artefactsFolder] as const) {
        await removeWhole(join(folder, kind, runId));
        measured?.[kind].delete(runId);
      }
    }),
    holdFiles,
    backUp: () => backUp({ folder, database, temporary, holdFiles }),
    async stage(content, signal) {
      const place = stagingPlace(folder);
      temporary.add(basename(place));
      try {
        return await stageBackup(content, place, signal);
      } catch (error) {
        temporary.delete(basename(place));
        await removeWhole(place);
        throw error;
      }
    },
    restoredFrom: () => {
      const at = database.prepare("SELECT value FROM meta WHERE key = 'restored_from'").get()?.['value'];
      return at === undefined ? undefined : Number(at);
    },
    forgetRestored: () => void write('begun', () => database.exec("DELETE FROM meta WHERE key = 'restored_from'")),
  };
}

function sweptRuns(database: DatabaseSync, write: Write): SweptRuns {
  const state = database.prepare('SELECT is_over FROM runs WHERE run_id = ?');
  const facts = database.prepare('SELECT fact FROM events WHERE run_id = ?');
  const forget = database.prepare('DELETE FROM artefacts WHERE run_id = ? AND id = ?');
  return {
    stateOf: (runId) => {
      const row = state.get(runId);
      return row === undefined ? 'unknown' : number(row, 'is_over') === 1 ? 'over' : 'unfinished';
    },
    namedBy: (runId) => {
      const named = new Set<string>();
      // A property called id or frameId names a file wherever it stands; quotes inside a text are escaped there.
      for (const row of facts.iterate(runId)) for (const [, id] of text(row, 'fact').matchAll(/"(?:id|frameId)":"([\w.-]{1,160})"/g)) if (id !== undefined) named.add(id);
      return named;
    },
    forgetArtefacts: (runId, ids) => void write('begun', () => {
      for (const id of ids) forget.run(runId, id);
    }),
  };
}

/** Every table with something of a run; the runs themselves last, for the others refer to them. */
function tablesOfRun(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND columns.name = 'run_id'").all();
  return [...rows.map((row) => text(row, 'name')).filter((name) => name !== 'runs'), 'runs'];
}

function total(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
