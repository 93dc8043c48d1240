import { pathTo } from '../../../api/console-paths.ts';
import { Table } from '../../ui/table.tsx';
import type { Column } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { pageOf, pairsOf } from './search.ts';
import type { AuditEntry } from './search.ts';
import css from './audit.module.css';

const columns: readonly Column<AuditEntry>[] = [
  { name: 'at', title: 'When', cell: ({ at }) => <Moment at={at} /> },
  { name: 'who', title: 'Who', cell: ({ who }) => <strong>{who}</strong> },
  { name: 'what', title: 'What', cell: (entry) => <><code>{entry.what}</code><Details entry={entry} /></> },
  { name: 'subject', title: 'On what', cell: (entry) => <Subject entry={entry} /> },
  { name: 'from', title: 'From', cell: ({ from }) => from ?? <span class={css.quiet}>itself</span> },
  { name: 'sequence', title: 'No.', atEnd: true, cell: ({ sequence, hash }) => <span title={`hash ${hash}`}>{sequence}</span> },
];

/** Entries of the audit, as they are given. */
export function AuditTable({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return <Table label="Audit" rows={entries} keyOf={({ sequence }) => sequence} columns={columns} />;
}

function Subject({ entry }: { readonly entry: AuditEntry }) {
  const page = pageOf(entry);
  if (page === undefined) return <code>{entry.subject ?? '–'}</code>;
  return <a href={pathTo(page.page, page.id)}><code>{page.id}</code></a>;
}

function Details({ entry }: { readonly entry: AuditEntry }) {
  const pairs = pairsOf(entry);
  if (pairs.length === 0) return null;
  return <dl class={css.details}>{pairs.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}
