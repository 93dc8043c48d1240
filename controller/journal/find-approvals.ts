import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { ApprovalQuery } from './journal.ts';
import { json, text } from './rows.ts';

/** Approvals of a project, newest first, page by page. */
export function findApprovals(database: DatabaseSync, { project, runId, state, kind, limit, after }: ApprovalQuery): { readonly approvals: readonly unknown[]; readonly next: string | null } {
  const conditions: readonly (readonly [string, readonly SQLInputValue[]])[] = [
    ['project = ?', [project]],
    ...(runId === undefined ? [] : [['run_id = ?', [runId]] as const]),
    ...(state === undefined ? [] : [['state = ?', [state]] as const]),
    ...(kind === undefined ? [] : [["json_extract(approval, '$.kind') = ?", [kind]] as const]),
    ...(after === undefined ? [] : [['(opened_at, rowid) < (SELECT opened_at, rowid FROM approvals WHERE id = ?)', [after]] as const]),
  ];
  const where = conditions.map(([condition]) => condition).join(' AND ');
  const values = conditions.flatMap(([, given]) => given);
  const rows = database.prepare(`SELECT id, approval FROM approvals WHERE ${where} ORDER BY opened_at DESC, rowid DESC LIMIT ?`).all(...values, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { approvals: page.map((row) => json(row, 'approval')), next: rows.length > limit && last !== undefined ? text(last, 'id') : null };
}
