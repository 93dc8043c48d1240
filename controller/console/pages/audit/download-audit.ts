import type { AuditEntry, AuditQuery } from './search.ts';

type Page = { readonly entries: readonly AuditEntry[]; readonly next: number | null };

/** Every entry as JSON, a line each, oldest first: what `vitrine audit verify FILE` reads. `onProgress` hears how many there are so far. */
export async function auditLines(ask: (query: AuditQuery) => Promise<Page>, onProgress: (count: number) => void): Promise<string[]> {
  const lines: string[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Page = await ask({ after: String(after), limit: '500' });
    for (const entry of page.entries) lines.push(`${JSON.stringify(entry)}\n`);
    onProgress(lines.length);
    after = page.next;
  }
  return lines;
}

/** Hands the whole audit to the browser as a file. */
export async function downloadAudit(ask: (query: AuditQuery) => Promise<Page>, onProgress: (count: number) => void): Promise<void> {
  const file = URL.createObjectURL(new Blob(await auditLines(ask, onProgress), { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = file;
  link.download = 'vitrine-audit.jsonl';
  link.click();
  URL.revokeObjectURL(file);
}
