import type { DatabaseSync } from 'node:sqlite';
import type { AuditTable } from './audit-table.ts';

/** A token as it is kept: never itself, only its hash. Times are milliseconds since the epoch. */
export type StoredToken = {
  readonly id: string;
  /** Unique, the revoked ones included: it stands in journals and audits. */
  readonly name: string;
  /** SHA-256 of the whole token, hex. */
  readonly hash: string;
  readonly project: string;
  readonly role: string;
  /** Scopes that were given by name, besides those of the role. */
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
};

/** The tokens in the journal's database; each change is in the audit. Durable when a method returns. */
export type TokenTable = {
  all(): readonly StoredToken[];
  /** Returns false if the name is taken. */
  insert(token: StoredToken): boolean;
  revoke(id: string, at: number, by: string): void;
};

/** The rows of `tokens`; what writes goes through `guarded`, which turns a failing disk into its error. */
export function createTokenTable(database: DatabaseSync, audit: AuditTable, guarded: <Result>(body: () => Result) => Result): TokenTable {
  const all = database.prepare('SELECT * FROM tokens ORDER BY created_at, id');
  const insert = database.prepare(`INSERT INTO tokens (id, name, hash, project, role, scopes, created_by, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`);
  const revoke = database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING name, project');
  return {
    all: () => all.all().map((row) => ({
      id: String(row['id']), name: String(row['name']), hash: String(row['hash']), project: String(row['project']), role: String(row['role']),
      scopes: JSON.parse(String(row['scopes'])) as string[], createdBy: String(row['created_by']), createdAt: Number(row['created_at']), expiresAt: Number(row['expires_at']),
      revokedAt: row['revoked_at'] === null ? null : Number(row['revoked_at']),
    })),
    insert: ({ id, name, hash, project, role, scopes, createdBy, createdAt, expiresAt }) =>
      guarded(() => {
        const { changes } = insert.run(id, name, hash, project, role, JSON.stringify(scopes), createdBy, createdAt, expiresAt);
        if (Number(changes) === 1) audit.append({ at: createdAt, project, who: createdBy, what: 'token.create', subject: id, details: { name, role, scopes, expiresAt } });
        return Number(changes) === 1;
      }),
    revoke: (id, at, by) => guarded(() => {
      const row = revoke.get(at, id);
      if (row !== undefined) audit.append({ at, project: String(row['project']), who: by, what: 'token.revoke', subject: id, details: { name: row['name'] } });
    }),
  };
}
