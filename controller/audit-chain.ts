import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What somebody changed: who, what, when, from where. */
export const AuditEntry = z.strictObject({
  /** Counts the entries of all projects; within a project it only grows. */
  sequence: z.int().positive(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  project: z.string(),
  /** The token's name, `vitrine`, or `gate` for its verdicts about hosts. */
  who: z.string(),
  /** The address that the request came from; null where no request did it. */
  from: z.string().nullable(),
  /** What was done, such as `approval.decide` or `POST /api/desktops`. */
  what: z.string(),
  /** The run, desktop or token it was done to. */
  subject: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  /** Hash of the project's entry before; 64 zeros for the first. */
  previous: z.string(),
  /** SHA-256 (hex) of `previous` and of everything above. */
  hash: z.string(),
}).meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** The `previous` of the first entry. */
export const chainStart = '0'.repeat(64);

/** The hash of an entry: of the one before and of everything it says, as a JSON array in this order. */
export function hashOfEntry({ previous, sequence, at, project, who, from, what, subject, details }: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(JSON.stringify([previous, sequence, at, project, who, from, what, subject, details])).digest('hex');
}

/** The first entry of a project's chain, given oldest first and from its start, that does not fit; undefined if all do. `last` is the head known before, to go on from. */
export function firstMisfit(entries: Iterable<AuditEntry>, last: string = chainStart): AuditEntry | undefined {
  let previous = last;
  for (const entry of entries) {
    if (entry.previous !== previous || entry.hash !== hashOfEntry(entry)) return entry;
    previous = entry.hash;
  }
  return undefined;
}
