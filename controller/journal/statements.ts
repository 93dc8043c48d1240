import type { DatabaseSync } from 'node:sqlite';

/** The journal's statements, prepared once. */
export function prepareStatements(database: DatabaseSync) {
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
    putArtefact: sql('INSERT INTO artefacts (id, run_id, name, size, sha256) VALUES (?, ?, ?, ?, ?)'),
    run: sql('SELECT run_id, project, version, snapshot, view FROM runs WHERE run_id = ?'),
    unfinished: sql('SELECT run_id, project, version, snapshot, view FROM runs WHERE is_over = 0 ORDER BY position'),
    eventsOfAll: sql('SELECT sequence, run_id, at, fact FROM events WHERE project = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
    newestOfAll: sql('SELECT sequence, run_id, at, fact FROM events WHERE project = ? AND sequence > ? ORDER BY sequence DESC LIMIT ?'),
    newestOfRun: sql('SELECT sequence, run_id, at, fact FROM events WHERE run_id = ? AND project = ? AND sequence > ? ORDER BY sequence DESC LIMIT ?'),
    eventsOfRun: sql('SELECT sequence, run_id, at, fact FROM events WHERE run_id = ? AND project = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
    effects: sql('SELECT effect_id, kind, data FROM outbox WHERE run_id = ? ORDER BY rowid'),
    due: sql('SELECT run_id, deadline_id, due_at FROM deadlines WHERE due_at <= ? ORDER BY due_at'),
    nextDue: sql('SELECT min(due_at) AS due_at FROM deadlines'),
    approval: sql('SELECT project, approval FROM approvals WHERE id = ?'),
    runsByState: sql('SELECT state, count(*) AS count, min(created_at) AS oldest_at FROM runs WHERE is_over = 0 GROUP BY state'),
    pendingByKind: sql(`SELECT json_extract(approval, '$.kind') AS kind, count(*) AS count FROM approvals
      WHERE project IN (SELECT DISTINCT project FROM runs WHERE is_over = 0) AND state = 'pending' GROUP BY kind`),
    raiseEpoch: sql(`INSERT INTO desktop_epochs (desktop_id, epoch) VALUES (?, ?) ON CONFLICT (desktop_id) DO UPDATE SET epoch = max(epoch, excluded.epoch)`),
    epoch: sql('SELECT epoch FROM desktop_epochs WHERE desktop_id = ?'),
    artefact: sql('SELECT id, name, size, sha256 FROM artefacts WHERE run_id = ? AND id = ?'),
    artefacts: sql('SELECT id, name, size, sha256 FROM artefacts WHERE run_id = ? ORDER BY rowid'),
    claimUpload: sql('UPDATE uploads SET run_id = ? WHERE id = ? AND run_id IS NULL'),
    putTraffic: sql('INSERT INTO traffic (run_id, traffic) SELECT run_id, ? FROM runs WHERE run_id = ? ON CONFLICT (run_id) DO UPDATE SET traffic = excluded.traffic'),
    traffic: sql('SELECT traffic FROM traffic WHERE run_id = ?'),
    mark: sql('INSERT INTO marks (run_id, mark, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    isMarked: sql('SELECT 1 FROM marks WHERE run_id = ? AND mark = ?'),
    controllerEpoch: sql(`SELECT value FROM meta WHERE key = 'controller_epoch'`),
    touch: sql(`INSERT INTO meta (key, value) VALUES ('written_at', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
