import type { AuditEntry } from '../audit-chain.ts';

/** What the API needs of the audit. */
export interface Audit {
  /** Oldest first. */
  page(query: { readonly project: string; readonly after: number; readonly limit: number }): readonly AuditEntry[];
  /** Writes down what is about to be done; durable when it returns. */
  record(deed: { readonly project: string; readonly who: string; readonly what: string; readonly subject: string | null }): void;
}
