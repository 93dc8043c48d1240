import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { VitrineError } from '../errors.ts';
import { artefactPath, writeArtefact } from './artefacts.ts';
import { artefactsFolder, framesFolder } from './data-files.ts';
import type { Failpoint } from '../failpoint.ts';
import { openDatabase } from './database.ts';
import { createAuditTable } from './audit-table.ts';
import { findApprovals } from './find-approvals.ts';
import { findRuns } from './find-runs.ts';
import { openUpkeep } from './open-upkeep.ts';
import { createPictures } from './pictures.ts';
import { openRoom } from './room.ts';
import type { Room, RoomOptions } from './room.ts';
import { json, number, storedArtefact, storedEvent, storedRun, text } from './rows.ts';
import { prepareStatements } from './statements.ts';
import type { Statements } from './statements.ts';
import { storageFailure } from './storage-failure.ts';
import type { OpenJournal } from './upkeep.ts';
import { createWriter } from './writer.ts';
import type { Write } from './writer.ts';
import { writeCommit } from './write-commit.ts';
import { createSessionTable } from './session-table.ts';
import { createTokenTable } from './token-table.ts';
import { createUploadTable } from './upload-table.ts';

/**
 * Opens the journal in a folder (made if absent) and raises the controller's epoch. Without options it claims no room
 * on the disk. `failpoint` is told of the steps in which files are written. Throws `unavailable` when the folder is another controller's, damaged, or of a newer program.
 */
export function openJournal(folder: string, claims: RoomOptions = { reserveBytes: 0, minFreeBytes: 0 }, failpoint?: Failpoint): OpenJournal {
  const { database, close } = openDatabase(folder);
  try {
    const room = openRoom(folder, claims);
    return journalOver(folder, database, room, failpoint, () => {
      room.close();
      close();
    });
  } catch (error) {
    close();
    throw error;
  }
}

function journalOver(folder: string, database: DatabaseSync, room: Room, failpoint: Failpoint | undefined, close: () => void): OpenJournal {
  const pictures = createPictures(join(folder, framesFolder), failpoint);
  const artefacts = join(folder, artefactsFolder);
  const statements = prepareStatements(database);
  const audit = createAuditTable(database);
  const unfenced = createWriter(database, room, folder);
  const controllerEpoch = raiseEpoch(database, unfenced);
  /** Writes while no newer controller has the folder: one that slept through its lock's end must not write over the other. */
  const write: Write = (urgency, body) => unfenced(urgency, () => {
    refuseFenced(statements, controllerEpoch);
    return body();
  });
  const temporary = new Set<string>();
  const uploads = createUploadTable(folder, database, room, write, failpoint);

  /** Moves bytes to the disk. While it is short its last room is for the database. */
  const moved = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (room.isShort) room.check();
    return work().catch((error: unknown) => {
      throw storageFailure(error, folder);
    });
  };

  return {
    controllerEpoch,
    upkeep: openUpkeep({ folder, database, room, write, temporary }),
    commit: (change) => write(change.expectedVersion === 0 ? 'new' : 'begun', () => writeCommit(statements, audit, change)),
    run: (runId) => {
      const row = statements.run.get(runId);
      return row && storedRun(row);
    },
    unfinishedRuns: () => statements.unfinished.all().map(storedRun),
    findRuns: (query) => findRuns(database, query),
    events: ({ project, runId, after, limit, newest = false }) => {
      if (newest) return (runId === undefined ? statements.newestOfAll.all(project, after, limit) : statements.newestOfRun.all(runId, project, after, limit)).map(storedEvent).toReversed();
      return (runId === undefined ? statements.eventsOfAll.all(project, after, limit) : statements.eventsOfRun.all(runId, project, after, limit)).map(storedEvent);
    },
    effects: (runId) => statements.effects.all(runId).map((row) => ({ effectId: text(row, 'effect_id'), runId, kind: text(row, 'kind'), data: json(row, 'data') })),
    dueDeadlines: (now) => statements.due.all(now).map((row) => ({ runId: text(row, 'run_id'), deadlineId: text(row, 'deadline_id'), dueAt: number(row, 'due_at') })),
    nextDeadline: () => {
      const due = statements.nextDue.get()?.['due_at'];
      return typeof due === 'number' ? due : undefined;
    },
    approval: (id) => {
      const row = statements.approval.get(id);
      return row && { project: text(row, 'project'), approval: json(row, 'approval') };
    },
    findApprovals: (query) => findApprovals(database, query),
    census: () => ({
      runs: statements.runsByState.all().map((row) => ({ state: text(row, 'state'), count: number(row, 'count'), oldestAt: number(row, 'oldest_at') })),
      approvals: statements.pendingByKind.all().map((row) => ({ kind: text(row, 'kind'), count: number(row, 'count') })),
    }),
    controlEpoch: (desktopId) => Number(statements.epoch.get(desktopId)?.['epoch'] ?? 0),
    keepPicture: (runId, picture) => moved(() => pictures.keep(runId, picture)),
    picture: (runId, frameId) => pictures.load(runId, frameId),
    keepArtefact: (runId, name, content, maxBytes) => moved(async () => {
      const artefact = await writeArtefact(artefacts, runId, name, content, maxBytes, failpoint);
      write('begun', () => statements.putArtefact.run(artefact.id, runId, artefact.name, artefact.size, artefact.sha256));
      return artefact;
    }),
    artefact: (runId, artefactId) => {
      const row = statements.artefact.get(runId, artefactId);
      return row && storedArtefact(row, artefactPath(artefacts, runId, artefactId));
    },
    artefacts: (runId) => statements.artefacts.all(runId).map((row) => storedArtefact(row, artefactPath(artefacts, runId, String(row['id'])))),
    keepTraffic: (runId, traffic) => void write('begun', () => statements.putTraffic.run(JSON.stringify(traffic), runId)),
    traffic: (runId) => {
      const row = statements.traffic.get(runId);
      return row && json(row, 'traffic');
    },
    keepUpload: (upload, content, maxBytes) => moved(() => uploads.keep(upload, content, maxBytes)),
    upload: (id) => uploads.find(id),
    waitingUploads: (project, owner, at) => uploads.waiting(project, owner, at),
    removeUpload: (id) => uploads.remove(id),
    releaseUploads: (runId) => uploads.release(runId),
    mark: (runId, mark, at) => void write('begun', () => statements.mark.run(runId, mark, at)),
    isMarked: (runId, mark) => statements.isMarked.get(runId, mark) !== undefined,
    tokens: createTokenTable(database, audit, (body) => write('begun', body)),
    sessions: createSessionTable(database, audit, (body) => write('begun', body)),
    recordDeed: (deed) => void write('begun', () => audit.append(deed)),
    audit: (query) => audit.page(query),
    checkRoom: (bytes) => room.check(bytes),
    checkWritable: () => void write('new', () => statements.touch.run(String(Date.now()))),
    close,
  };
}

function refuseFenced(statements: Statements, own: number): void {
  const present = Number(statements.controllerEpoch.get()?.['value']);
  if (present > own) throw new VitrineError('unavailable', `a newer controller (start ${present}) has taken this data folder over; this one (start ${own}) may not write to it any more: end it`);
}

function raiseEpoch(database: DatabaseSync, write: Write): number {
  const raise = database.prepare(`INSERT INTO meta (key, value) VALUES ('controller_epoch', '1')
    ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value`);
  return write('begun', () => Number(raise.get()?.['value']));
}
