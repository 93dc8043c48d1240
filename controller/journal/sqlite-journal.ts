import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { VitrineError } from '../errors.ts';
import { writeArtefact } from './artefacts.ts';
import { openDatabase } from './database.ts';
import type { Commit, Journal, RunQuery, StoredArtefact, StoredEvent } from './journal.ts';
import { createPictures } from './pictures.ts';

type Row = Record<string, unknown>;

/** Opens the journal in a folder (made if absent) and raises the controller's epoch. */
export function openJournal(folder: string): Journal {
  const { database, close } = openDatabase(folder);
  const pictures = createPictures(join(folder, 'frames'));
  const artefactFolder = join(folder, 'artefacts');
  const statements = prepare(database);
  const controllerEpoch = raiseEpoch(database);

  return {
    controllerEpoch,
    commit: (change) => guarded(() => inTransaction(database, () => write(statements, change))),
    run: (runId) => {
      const row = statements.run.get(runId);
      return row && storedRun(row);
    },
    unfinishedRuns: () => statements.unfinished.all().map(storedRun),
    findRuns: (query) => findRuns(database, query),
    events: ({ project, runId, after, limit }) =>
      (runId === undefined ? statements.eventsOfAll.all(project, after, limit) : statements.eventsOfRun.all(runId, project, after, limit)).map(storedEvent),
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
    approvals: ({ project, runId, state, limit }) =>
      statements.approvals.all(project, runId ?? null, runId ?? null, state ?? null, state ?? null, limit).map((row) => json(row, 'approval')),
    keepPicture: (runId, picture) => guardedAsync(pictures.keep(runId, picture)),
    picture: (runId, frameId) => pictures.load(runId, frameId),
    keepArtefact: async (runId, name, content, maxBytes) => {
      const artefact = await guardedAsync(writeArtefact(artefactFolder, runId, name, content, maxBytes));
      guarded(() => statements.putArtefact.run(artefact.id, runId, artefact.name, artefact.size, artefact.sha256, artefact.path));
      return artefact;
    },
    artefact: (runId, artefactId) => {
      const row = statements.artefact.get(runId, artefactId);
      return row && storedArtefact(row);
    },
    mark: (runId, mark, at) => {
      guarded(() => statements.mark.run(runId, mark, at));
    },
    isMarked: (runId, mark) => statements.isMarked.get(runId, mark) !== undefined,
    checkWritable: () => {
      guarded(() => inTransaction(database, () => statements.touch.run(String(Date.now()))));
    },
    close,
  };
}

function prepare(database: DatabaseSync) {
  const sql = (source: string) => database.prepare(source);
  return {
    insertRun: sql(`INSERT INTO runs (run_id, position, project, driver, state, is_over, desktop_id, task, created_at, version, snapshot, view)
      VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM runs), ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`),
    updateRun: sql('UPDATE runs SET state = ?, is_over = ?, desktop_id = ?, version = version + 1, snapshot = ?, view = ? WHERE run_id = ? AND version = ?'),
    insertEvent: sql('INSERT INTO events (run_id, project, at, fact) VALUES (?, ?, ?, ?) RETURNING sequence'),
    insertEffect: sql('INSERT INTO outbox (effect_id, run_id, kind, data) VALUES (?, ?, ?, ?)'),
    deleteEffect: sql('DELETE FROM outbox WHERE effect_id = ?'),
    deleteDeadlines: sql('DELETE FROM deadlines WHERE run_id = ?'),
    insertDeadline: sql('INSERT INTO deadlines (run_id, deadline_id, due_at) VALUES (?, ?, ?)'),
    putApproval: sql(`INSERT INTO approvals (id, run_id, project, state, opened_at, approval) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, approval = excluded.approval`),
    putArtefact: sql('INSERT INTO artefacts (id, run_id, name, size, sha256, path) VALUES (?, ?, ?, ?, ?, ?)'),
    run: sql('SELECT run_id, project, version, snapshot, view FROM runs WHERE run_id = ?'),
    unfinished: sql('SELECT run_id, project, version, snapshot, view FROM runs WHERE is_over = 0 ORDER BY position'),
    eventsOfAll: sql('SELECT sequence, run_id, at, fact FROM events WHERE project = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
    eventsOfRun: sql('SELECT sequence, run_id, at, fact FROM events WHERE run_id = ? AND project = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
    effects: sql('SELECT effect_id, kind, data FROM outbox WHERE run_id = ? ORDER BY rowid'),
    due: sql('SELECT run_id, deadline_id, due_at FROM deadlines WHERE due_at <= ? ORDER BY due_at'),
    nextDue: sql('SELECT min(due_at) AS due_at FROM deadlines'),
    approval: sql('SELECT project, approval FROM approvals WHERE id = ?'),
    approvals: sql('SELECT approval FROM approvals WHERE project = ? AND (? IS NULL OR run_id = ?) AND (? IS NULL OR state = ?) ORDER BY opened_at DESC LIMIT ?'),
    artefact: sql('SELECT id, name, size, sha256, path FROM artefacts WHERE run_id = ? AND id = ?'),
    mark: sql('INSERT INTO marks (run_id, mark, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    isMarked: sql('SELECT 1 FROM marks WHERE run_id = ? AND mark = ?'),
    touch: sql(`INSERT INTO meta (key, value) VALUES ('written_at', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
  };
}

type Statements = ReturnType<typeof prepare>;

function write(statements: Statements, change: Commit): readonly StoredEvent[] {
  writeRun(statements, change);
  const events = change.facts.map((fact) => {
    const row = statements.insertEvent.get(change.runId, change.index.project, change.at, JSON.stringify(fact));
    return { sequence: Number(row?.['sequence']), runId: change.runId, at: change.at, fact };
  });
  for (const effect of change.effectsBegun) statements.insertEffect.run(effect.effectId, change.runId, effect.kind, JSON.stringify(effect.data));
  for (const effectId of change.effectsEnded) statements.deleteEffect.run(effectId);
  statements.deleteDeadlines.run(change.runId);
  for (const deadline of change.deadlines) statements.insertDeadline.run(change.runId, deadline.deadlineId, deadline.dueAt);
  for (const approval of change.approvals) {
    statements.putApproval.run(approval.id, change.runId, change.index.project, approval.state, approval.openedAt, JSON.stringify(approval.approval));
  }
  return events;
}

function writeRun(statements: Statements, { runId, expectedVersion, index, snapshot, view }: Commit): void {
  const [snapshotText, viewText] = [JSON.stringify(snapshot), JSON.stringify(view)];
  const isOver = index.isOver ? 1 : 0;
  if (expectedVersion === 0) {
    statements.insertRun.run(runId, index.project, index.driver, index.state, isOver, index.desktopId, index.task, index.createdAt, snapshotText, viewText);
    return;
  }
  const { changes } = statements.updateRun.run(index.state, isOver, index.desktopId, snapshotText, viewText, runId, expectedVersion);
  if (Number(changes) !== 1) throw new VitrineError('conflict', `run ${runId} was changed by another writer (expected version ${expectedVersion})`);
}

function findRuns(database: DatabaseSync, query: RunQuery): { readonly views: readonly unknown[]; readonly next: string | null } {
  const { project, states = [], driver, desktopId, search, after } = query;
  const conditions: readonly (readonly [string, readonly SQLInputValue[]])[] = [
    ['project = ?', [project]],
    ...(states.length === 0 ? [] : [[`state IN (${states.map(() => '?').join(', ')})`, states] as const]),
    ...(driver === undefined ? [] : [['driver = ?', [driver]] as const]),
    ...(desktopId === undefined ? [] : [['desktop_id = ?', [desktopId]] as const]),
    ...(search === undefined ? [] : [['instr(lower(task), lower(?)) > 0', [search]] as const]),
    ...(after === undefined ? [] : [['position < (SELECT position FROM runs WHERE run_id = ?)', [after]] as const]),
  ];
  const where = conditions.map(([condition]) => condition).join(' AND ');
  const values = conditions.flatMap(([, given]) => given);
  const rows = database.prepare(`SELECT run_id, view FROM runs WHERE ${where} ORDER BY position DESC LIMIT ?`).all(...values, query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return { views: page.map((row) => json(row, 'view')), next: rows.length > query.limit && last !== undefined ? text(last, 'run_id') : null };
}

function raiseEpoch(database: DatabaseSync): number {
  const row = database
    .prepare(`INSERT INTO meta (key, value) VALUES ('controller_epoch', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value`)
    .get();
  return Number(row?.['value']);
}

function inTransaction<Result>(database: DatabaseSync, body: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** A failing disk or database refuses the work with its reason; nothing of the change was kept. */
function guarded<Result>(body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw storageError(error);
  }
}

async function guardedAsync<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw storageError(error);
  });
}

function storageError(error: unknown): unknown {
  if (error instanceof VitrineError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new VitrineError('unavailable', `the journal cannot be written (${reason}): free disk space or check the data folder; nothing of the change was kept`, { cause: error });
}

function storedRun(row: Row) {
  return { runId: text(row, 'run_id'), project: text(row, 'project'), version: number(row, 'version'), snapshot: json(row, 'snapshot'), view: json(row, 'view') };
}

function storedEvent(row: Row): StoredEvent {
  return { sequence: number(row, 'sequence'), runId: text(row, 'run_id'), at: number(row, 'at'), fact: json(row, 'fact') };
}

function storedArtefact(row: Row): StoredArtefact {
  return { id: text(row, 'id'), name: text(row, 'name'), size: number(row, 'size'), sha256: text(row, 'sha256'), path: text(row, 'path') };
}

function text(row: Row, column: string): string {
  return String(row[column]);
}

function number(row: Row, column: string): number {
  return Number(row[column]);
}

function json(row: Row, column: string): unknown {
  return JSON.parse(text(row, column));
}
