import type { ComponentChildren } from 'preact';
import css from './table.module.css';

export type Column<Row> = { readonly name: string; readonly title: ComponentChildren; readonly cell: (row: Row) => ComponentChildren; readonly atEnd?: boolean };

/** Rows in columns; it scrolls sideways by itself where it is too wide. */
export function Table<Row>({ label, columns, rows, keyOf }: { readonly label: string; readonly columns: readonly Column<Row>[]; readonly rows: readonly Row[]; readonly keyOf: (row: Row) => string | number }) {
  return (
    <div class={css.frame} role="region" aria-label={label} tabIndex={0}>
      <table class={css.table}>
        <thead><tr>{columns.map(({ name, title, atEnd }) => <th key={name} scope="col" class={atEnd ? css.end : undefined}>{title}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <tr key={keyOf(row)}>{columns.map(({ name, cell, atEnd }) => <td key={name} class={atEnd ? css.end : undefined}>{cell(row)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
