import type { DatabaseSync } from 'node:sqlite';
import { actor } from '../actor.ts';
import { chainStart, hashOfEntry } from '../audit-chain.ts';
import type { AuditEntry } from '../audit-chain.ts';
import { json, number, text } from './rows.ts';

/** What somebody did, to be written down with what it changes. */
export type Deed = Pick<AuditEntry, 'at' | 'project' | 'who' | 'what' | 'subject' | 'details'>;

/** Which entries of a project's audit are wanted: those between two sequence numbers (both excluded) that every given filter fits. */
export type AuditSearch = {
  readonly project: string;
  readonly after: number;
  readonly before?: number | undefined;
  readonly limit: number;
  /** The newest first. */
  readonly newest?: boolean | undefined;
  readonly who?: string | undefined;
  /** A part of what was done, in any case of letters. */
  readonly what?: string | undefined;
  readonly subject?: string | undefined;
};

/** The audit: append-only (triggers refuse anything else), one chain of hashes a project. */
export type AuditTable = {
  /** To be called inside the transaction of the change. */
  append(deed: Deed): void;
  /** Oldest first, unless the newest are asked for. */
  page(query: AuditSearch): readonly AuditEntry[];
};

/** The rows of `audit`. */
export function createAuditTable(database: DatabaseSync): AuditTable {
  const head = database.prepare('SELECT hash FROM audit WHERE project = ? ORDER BY sequence DESC LIMIT 1');
  const next = database.prepare('SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM audit');
  const insert = database.prepare('INSERT INTO audit (sequence, at, project, who, "from", what, subject, details, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const wanted = 'project = ? AND sequence > ? AND sequence < ? AND (? IS NULL OR who = ?) AND (? IS NULL OR instr(lower(what), lower(?)) > 0) AND (? IS NULL OR subject = ?)';
  const oldestFirst = database.prepare(`SELECT * FROM audit WHERE ${wanted} ORDER BY sequence LIMIT ?`);
  const newestFirst = database.prepare(`SELECT * FROM audit WHERE ${wanted} ORDER BY sequence DESC LIMIT ?`);
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
    page: ({ project, after, before = Number.MAX_SAFE_INTEGER, limit, newest = false, who = null, what = null, subject = null }) => (newest ? newestFirst : oldestFirst).all(project, after, before, who, who, what, what, subject, subject, limit).map((row) => ({
      sequence: number(row, 'sequence'), at: number(row, 'at'), project: text(row, 'project'), who: text(row, 'who'), from: row['from'] === null ? null : text(row, 'from'),
      what: text(row, 'what'), subject: row['subject'] === null ? null : text(row, 'subject'), details: json(row, 'details') as Record<string, unknown>, previous: text(row, 'previous'), hash: text(row, 'hash'),
    })),
  };
}
