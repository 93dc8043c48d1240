import type { StoredArtefact, StoredEvent, StoredRun } from './journal.ts';

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

export function text(row: Row, column: string): string {
  return String(row[column]);
}

export function number(row: Row, column: string): number {
  return Number(row[column]);
}

export function json(row: Row, column: string): unknown {
  return JSON.parse(text(row, column));
}

/** What a column holds; undefined if it is not JSON. */
function readable(row: Row, column: string): unknown {
  try {
    return json(row, column);
  } catch {
    return undefined; // Damaged: whoever wanted it says so.
  }
}

export function storedRun(row: Row): StoredRun {
  return { runId: text(row, 'run_id'), project: text(row, 'project'), version: number(row, 'version'), snapshot: readable(row, 'snapshot'), view: readable(row, 'view') };
}

export function storedEvent(row: Row): StoredEvent {
  return { sequence: number(row, 'sequence'), runId: text(row, 'run_id'), at: number(row, 'at'), fact: json(row, 'fact') };
}

export function storedArtefact(row: Row, path: string): StoredArtefact {
  return { id: text(row, 'id'), name: text(row, 'name'), size: number(row, 'size'), sha256: text(row, 'sha256'), path };
}
