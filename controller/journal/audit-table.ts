import type { DatabaseSync } from 'node:sqlite';
import { actor } from '../actor.ts';
import { chainStart, hashOfEntry } from '../audit-chain.ts';
import type { AuditEntry } from '../audit-chain.ts';
import { json, number, text } from './rows.ts';

/** What somebody did, to be written down with what it changes. */
export type Deed = Pick<AuditEntry, 'at' | 'project' | 'who' | 'what' | 'subject' | 'details'>;

/** The audit: append-only (triggers refuse anything else), one chain of hashes a project. */
export type AuditTable = {
  /** To be called inside the transaction of the change. */
  append(deed: Deed): void;
  /** Oldest first. */
  page(query: { readonly project: string; readonly after: number; readonly limit: number }): readonly AuditEntry[];
};

/** The rows of `audit`. */
export function createAuditTable(database: DatabaseSync): AuditTable {
  const head = database.prepare('SELECT hash FROM audit WHERE project = ? ORDER BY sequence DESC LIMIT 1');
  const next = database.prepare('SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM audit');
  const insert = database.prepare('INSERT INTO audit (sequence, at, project, who, "from", what, subject, details, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const page = database.prepare('SELECT * FROM audit WHERE project = ? AND sequence > ? ORDER BY sequence LIMIT ?');
  return {
    append({ at, project, who, what, subject, details }) {
      const acting = actor.getStore();
      const from = acting?.name === who ? acting.address : null;
      const previous = String(head.get(project)?.['hash'] ?? chainStart);
      // As it will be read again: what JSON leaves out is no part of the hash.
      const written = JSON.parse(JSON.stringify(details)) as Record<string, unknown>;
      const entry = { sequence: Number(next.get()?.['sequence']), at, project, who, from, what, subject, details: written, previous };
      insert.run(entry.sequence, at, project, who, from, what, subject, JSON.stringify(written), previous, hashOfEntry(entry));
    },
    page: ({ project, after, limit }) => page.all(project, after, limit).map((row) => ({
      sequence: number(row, 'sequence'), at: number(row, 'at'), project: text(row, 'project'), who: text(row, 'who'), from: row['from'] === null ? null : text(row, 'from'),
      what: text(row, 'what'), subject: row['subject'] === null ? null : text(row, 'subject'), details: json(row, 'details') as Record<string, unknown>, previous: text(row, 'previous'), hash: text(row, 'hash'),
    })),
  };
}
