import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { existsSync, readdirSync } from 'node:fs';
import { RunEvent } from '../../../controller/runs/run-event.ts';
import { Approval } from '../../../controller/approvals/approval.ts';
import { Run } from '../../../controller/runs/run.ts';

/** What a data folder holds of one run. */
export type StoredHistory = {
  readonly view: Run;
  readonly version: number;
  readonly events: readonly RunEvent[];
  readonly approvals: readonly Approval[];
  /** Effects whose outcome is not recorded. */
  readonly outbox: readonly string[];
  readonly deadlines: readonly string[];
  readonly artefacts: readonly { readonly id: string; readonly name: string }[];
  /** Names of the files in the run's folders. */
  readonly frameFiles: readonly string[];
  readonly artefactFiles: readonly string[];
};

/** Reads a controller's data folder from outside: what is in there is what would survive. */
export function readJournal<Result>(dataFolder: string, read: (journal: JournalReader) => Result): Result {
  const database = new DatabaseSync(join(dataFolder, 'journal.sqlite'), { readOnly: true });
  try {
    return read(new JournalReader(database, dataFolder));
  } finally {
    database.close();
  }
}

export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #folder: string;

  constructor(database: DatabaseSync, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  runIds(): string[] {
    return this.#all('SELECT run_id FROM runs ORDER BY position').map((row) => String(row['run_id']));
  }

  history(runId: string): StoredHistory {
    const [run] = this.#all('SELECT version, view FROM runs WHERE run_id = ?', runId);
    if (run === undefined) throw new Error(`the journal has no run ${runId}`);
    return {
      view: Run.parse(JSON.parse(String(run['view']))),
      version: Number(run['version']),
      events: this.#all('SELECT sequence, at, fact FROM events WHERE run_id = ? ORDER BY sequence', runId).map((row) => RunEvent.parse({ sequence: row['sequence'], runId, at: row['at'], fact: JSON.parse(String(row['fact'])) })),
      approvals: this.#all('SELECT approval FROM approvals WHERE run_id = ?', runId).map((row) => Approval.parse(JSON.parse(String(row['approval'])))),
      outbox: this.#all('SELECT effect_id FROM outbox WHERE run_id = ?', runId).map((row) => String(row['effect_id'])),
      deadlines: this.#all('SELECT deadline_id FROM deadlines WHERE run_id = ?', runId).map((row) => String(row['deadline_id'])),
      artefacts: this.#all('SELECT id, name FROM artefacts WHERE run_id = ?', runId).map((row) => ({ id: String(row['id']), name: String(row['name']) })),
      frameFiles: namesIn(join(this.#folder, 'frames', runId)),
      artefactFiles: namesIn(join(this.#folder, 'artefacts', runId)),
    };
  }

  /** How often runs were committed: each commit adds one to its run's version. */
  commits(): number {
    return Number(this.#all('SELECT coalesce(sum(version), 0) AS commits FROM runs')[0]?.['commits']);
  }

  /** How many events there are. */
  events(): number {
    return Number(this.#all('SELECT count(*) AS events FROM events')[0]?.['events']);
  }

  #all(sql: string, ...values: string[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
