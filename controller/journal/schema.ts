import type { DatabaseSync } from 'node:sqlite';
import { VitrineError } from '../errors.ts';

/** The schema, as steps: step n brings a database from version n to n + 1. Steps are only ever added. */
const steps: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, project TEXT NOT NULL, driver TEXT NOT NULL, state TEXT NOT NULL,
    is_over INTEGER NOT NULL, desktop_id TEXT, task TEXT NOT NULL, created_at INTEGER NOT NULL,
    version INTEGER NOT NULL, snapshot TEXT NOT NULL, view TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_unfinished ON runs (is_over) WHERE is_over = 0;
  CREATE INDEX runs_project ON runs (project, position);
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL REFERENCES runs, project TEXT NOT NULL, at INTEGER NOT NULL, fact TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_run ON events (run_id, sequence);
  CREATE TABLE outbox (effect_id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs, kind TEXT NOT NULL, data TEXT NOT NULL) STRICT;
  CREATE INDEX outbox_run ON outbox (run_id);
  CREATE TABLE deadlines (run_id TEXT NOT NULL REFERENCES runs, deadline_id TEXT NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (run_id, deadline_id)) STRICT;
  CREATE INDEX deadlines_due ON deadlines (due_at);
  CREATE TABLE approvals (id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs, project TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL, approval TEXT NOT NULL) STRICT;
  CREATE INDEX approvals_state ON approvals (project, state, opened_at);
  CREATE TABLE artefacts (id TEXT PRIMARY KEY, run_id TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, path TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE marks (run_id TEXT NOT NULL REFERENCES runs, mark TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (run_id, mark)) STRICT;
  `,
  // A run's request is in its first event and nowhere else; an artefact lies where its ids say, whatever the data folder is called.
  `
  UPDATE runs SET snapshot = json_remove(snapshot, '$.context.request');
  ALTER TABLE artefacts DROP COLUMN path;
  CREATE INDEX artefacts_run ON artefacts (run_id);
  `,
  `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE, project TEXT NOT NULL, role TEXT NOT NULL, scopes TEXT NOT NULL,
    created_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER
  ) STRICT;
  `,
  // The last control epoch of every desktop; what runs of the first schema took from the clock is known from them.
  `
  CREATE TABLE desktop_epochs (desktop_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
  INSERT INTO desktop_epochs SELECT desktop_id, max(coalesce(json_extract(snapshot, '$.context.epoch'), 0)) FROM runs WHERE desktop_id IS NOT NULL GROUP BY desktop_id;
  `,
  `
  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, project TEXT NOT NULL, who TEXT NOT NULL, "from" TEXT, what TEXT NOT NULL, subject TEXT, details TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_project ON audit (project, sequence);
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  `,
  'CREATE INDEX runs_desktop ON runs (project, desktop_id, position)',
  `
  CREATE TABLE sessions (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, token_name TEXT NOT NULL, proof TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  `,
  'CREATE TABLE traffic (run_id TEXT PRIMARY KEY REFERENCES runs, traffic TEXT NOT NULL) STRICT',
  `
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY, project TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, run_id TEXT REFERENCES runs
  ) STRICT;
  CREATE INDEX uploads_run ON uploads (run_id);
  CREATE INDEX uploads_owner ON uploads (project, owner);
  `,
];

/** The schema that this program reads and writes. */
export const schemaVersion = steps.length;

/** Brings the database to this program's schema. Throws `unavailable` for a database of a newer program. */
export function migrate(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version'] ?? 0);
  if (version > steps.length) {
    throw new VitrineError('unavailable', `the journal was written by a newer Vitrine (schema ${version}; this one knows ${steps.length}): start that version, or another data folder`);
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
