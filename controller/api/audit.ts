import type { AuditEntry } from '../audit-chain.ts';
import type { AuditSearch } from '../journal/audit-table.ts';

/** What the API needs of the audit. */
export interface Audit {
  /** Oldest first, unless the newest are asked for. */
  page(query: AuditSearch): readonly AuditEntry[];
  /** Writes down what is about to be done; durable when it returns. */
  record(deed: { readonly project: string; readonly who: string; readonly what: string; readonly subject: string | null }): void;
}
