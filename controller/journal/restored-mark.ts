import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import { databaseFile } from './data-files.ts';
import { openChecked } from './database.ts';
import type { AuditTable } from './audit-table.ts';
import type { StoredToken } from './token-table.ts';
import { createTokenTable } from './token-table.ts';

/** What a journal that takes another's place must not fall behind. */
type Predecessor = { readonly epoch: number; readonly sequence: number; readonly tokens: readonly StoredToken[] | undefined; readonly audit: readonly AuditRow[] };

/** A row of the audit as the database holds it. */
type AuditRow = Record<string, SQLOutputValue>;

/** What is only carried over is nobody's doing. */
const unaudited: AuditTable = { append: () => {}, page: () => [] };

/** More events than any journal gets between a backup and its restore; for a predecessor that cannot be read. */
const manyEvents = 1_000_000_000;

/**
 * Makes a staged journal fit to take the place of the one in `folder`: the controller's epoch and the sequence of events
 * never go back, and who may ask is decided by the tokens of now, so that a revoked one stays revoked. It is marked with
 * the time of its backup until its runs were told (`Upkeep.restoredFrom`).
 */
export function inherit(staged: string, folder: string, backupAt: number): void {
  const before = readPredecessor(folder);
  const database = openChecked(join(staged, databaseFile));
  try {
    database.exec('BEGIN IMMEDIATE');
    const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
    const own = Number(database.prepare("SELECT value FROM meta WHERE key = 'controller_epoch'").get()?.['value'] ?? 0);
    put.run('controller_epoch', String(Math.max(own, before.epoch)));
    put.run('restored_from', String(backupAt));
    database.prepare("INSERT INTO sqlite_sequence (name, seq) SELECT 'events', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')").run();
    database.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'events'").run(before.sequence);
    if (before.tokens !== undefined) replaceTokens(database, before.tokens);
    goOnWithAudit(database, before.audit);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function readPredecessor(folder: string): Predecessor {
  const path = join(folder, databaseFile);
  if (!existsSync(path)) return { epoch: 0, sequence: 0, tokens: undefined, audit: [] };
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const epoch = Number(database.prepare("SELECT value FROM meta WHERE key = 'controller_epoch'").get()?.['value'] ?? 0);
      const sequence = Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.['seq'] ?? 0);
      return { epoch, sequence, tokens: createTokenTable(database, unaudited, (body) => body()).all(), audit: database.prepare('SELECT * FROM audit ORDER BY sequence').all() };
    } finally {
      database.close();
    }
  } catch {
    // Damaged, or of another program: what it had reached is not known. No controller starts as often as seconds pass.
    return { epoch: Math.floor(Date.now() / 1000), sequence: manyEvents, tokens: undefined, audit: [] };
  }
}

/** What was done since the backup stays in the audit, where the backup is of the same installation. */
function goOnWithAudit(database: DatabaseSync, before: readonly AuditRow[]): void {
  const last = database.prepare('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1').get();
  const at = last === undefined ? -1 : before.findIndex((row) => row['sequence'] === last['sequence'] && row['hash'] === last['hash']);
  if (last !== undefined && at === -1) return;
  const insert = database.prepare('INSERT INTO audit (sequence, at, project, who, "from", what, subject, details, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const row of before.slice(at + 1)) insert.run(...['sequence', 'at', 'project', 'who', 'from', 'what', 'subject', 'details', 'previous', 'hash'].map((name) => row[name] ?? null));
}

function replaceTokens(database: DatabaseSync, tokens: readonly StoredToken[]): void {
  database.exec('DELETE FROM tokens');
  const table = createTokenTable(database, unaudited, (body) => body());
  for (const token of tokens) {
    table.insert(token);
    if (token.revokedAt !== null) table.revoke(token.id, token.revokedAt, '');
  }
}
