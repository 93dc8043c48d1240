import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseFile } from './data-files.ts';
import { openChecked } from './database.ts';
import type { StoredToken } from './token-table.ts';
import { createTokenTable } from './token-table.ts';

/** What a journal that takes another's place must not fall behind. */
type Predecessor = { readonly epoch: number; readonly sequence: number; readonly tokens: readonly StoredToken[] | undefined };

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
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function readPredecessor(folder: string): Predecessor {
  const path = join(folder, databaseFile);
  if (!existsSync(path)) return { epoch: 0, sequence: 0, tokens: undefined };
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const epoch = Number(database.prepare("SELECT value FROM meta WHERE key = 'controller_epoch'").get()?.['value'] ?? 0);
      const sequence = Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.['seq'] ?? 0);
      return { epoch, sequence, tokens: createTokenTable(database, (body) => body()).all() };
    } finally {
      database.close();
    }
  } catch {
    // Damaged, or of another program: what it had reached is not known. No controller starts as often as seconds pass.
    return { epoch: Math.floor(Date.now() / 1000), sequence: manyEvents, tokens: undefined };
  }
}

function replaceTokens(database: DatabaseSync, tokens: readonly StoredToken[]): void {
  database.exec('DELETE FROM tokens');
  const table = createTokenTable(database, (body) => body());
  for (const token of tokens) {
    table.insert(token);
    if (token.revokedAt !== null) table.revoke(token.id, token.revokedAt);
  }
}
