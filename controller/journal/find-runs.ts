import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { RunQuery } from './journal.ts';
import { json, text } from './rows.ts';

/** What a search is for: words, each of which has to be in the task, in any order. */
function wordsOf(search: string | undefined): string[] {
  return (search ?? '').split(/\s+/).filter((word) => word !== '');
}

/** A page of runs, newest first. */
export function findRuns(database: DatabaseSync, query: RunQuery): { readonly views: readonly unknown[]; readonly next: string | null } {
  const { project, states = [], driver, desktopId, search, after } = query;
  const conditions: readonly (readonly [string, readonly SQLInputValue[]])[] = [
    ['project = ?', [project]],
    ...(states.length === 0 ? [] : [[`state IN (${states.map(() => '?').join(', ')})`, states] as const]),
    ...(driver === undefined ? [] : [['driver = ?', [driver]] as const]),
    ...(desktopId === undefined ? [] : [['desktop_id = ?', [desktopId]] as const]),
    ...wordsOf(search).map((word) => ['instr(lower(task), lower(?)) > 0', [word]] as const),
    ...(after === undefined ? [] : [['position < (SELECT position FROM runs WHERE run_id = ?)', [after]] as const]),
  ];
  const where = conditions.map(([condition]) => condition).join(' AND ');
  const values = conditions.flatMap(([, given]) => given);
  const rows = database.prepare(`SELECT run_id, view FROM runs WHERE ${where} ORDER BY position DESC LIMIT ?`).all(...values, query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return { views: page.map((row) => json(row, 'view')), next: rows.length > query.limit && last !== undefined ? text(last, 'run_id') : null };
}
