import type { DatabaseSync } from 'node:sqlite';
import type { AuditTable } from './audit-table.ts';
import { number, text } from './rows.ts';

/** A browser that is signed in, as it is kept: never its cookie, only its hash. Times are milliseconds since the epoch. */
export type StoredSession = {
  readonly id: string;
  /** SHA-256 of the cookie's value, hex. */
  readonly hash: string;
  /** The token that signed in, and what shows that it is still the same one. */
  readonly tokenName: string;
  readonly proof: string;
  readonly createdAt: number;
  readonly expiresAt: number;
};

/** The sessions in the journal's database; who signs in or out is in the audit. Durable when a method returns. */
export type SessionTable = {
  /** Oldest first. */
  all(): readonly StoredSession[];
  insert(session: StoredSession, project: string): void;
  remove(id: string, deed: { readonly at: number; readonly project: string; readonly who: string; readonly reason: string }): void;
  /** Forgets those that ended by themselves. */
  removeExpired(now: number): void;
};

/** The rows of `sessions`; what writes goes through `guarded`, which turns a failing disk into its error. */
export function createSessionTable(database: DatabaseSync, audit: AuditTable, guarded: <Result>(body: () => Result) => Result): SessionTable {
  const all = database.prepare('SELECT * FROM sessions ORDER BY created_at, id');
  const insert = database.prepare('INSERT INTO sessions (id, hash, token_name, proof, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM sessions WHERE id = ? RETURNING id');
  const removeExpired = database.prepare('DELETE FROM sessions WHERE expires_at <= ?');
  return {
    all: () => all.all().map((row) => ({
      id: text(row, 'id'), hash: text(row, 'hash'), tokenName: text(row, 'token_name'), proof: text(row, 'proof'), createdAt: number(row, 'created_at'), expiresAt: number(row, 'expires_at'),
    })),
    insert: ({ id, hash, tokenName, proof, createdAt, expiresAt }, project) => guarded(() => {
      insert.run(id, hash, tokenName, proof, createdAt, expiresAt);
      audit.append({ at: createdAt, project, who: tokenName, what: 'session.create', subject: id, details: { expiresAt } });
    }),
    remove: (id, { at, project, who, reason }) => guarded(() => {
      if (remove.get(id) !== undefined) audit.append({ at, project, who, what: 'session.end', subject: id, details: { reason } });
    }),
    removeExpired: (now) => void guarded(() => removeExpired.run(now)),
  };
}
