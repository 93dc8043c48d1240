import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { DesktopView } from '../../../controller/desktops/desktop.ts';
import type { RunEvent } from '../../../controller/runs/run-event.ts';
import type { Run } from '../../../controller/runs/run.ts';
import type { ControllerProcess } from '../../support/controller-process.ts';
import type { Witnessed } from '../../support/witnessed.ts';
import type { Question } from './planned-vendor.ts';
import type { LedgerLine } from './witnessed-desktop.ts';

const execute = promisify(execFile);

/** What a row looked at when its fault was over. */
export type Evidence = {
  /** The runs of the row; those that worked on the shared desktop are witnessed. */
  readonly runs: readonly { readonly view: Run; readonly events: readonly RunEvent[]; readonly questions: readonly Question[]; readonly isWitnessed: boolean }[];
  /** What the witness saw since the row began; undefined where its desktop did not outlive the row. */
  readonly witnessed: readonly Witnessed[] | undefined;
  readonly ledger: readonly LedgerLine[] | undefined;
  readonly containers: readonly string[];
  readonly desktops: readonly string[];
  readonly unfinishedWithoutDeadline: readonly string[];
  readonly mostMemoryMb: number;
  readonly log: readonly string[];
};

/** The desktops of an installation that the engine has containers of, stopped ones included. */
export async function containersOf(installId: string, engine?: string): Promise<string[]> {
  const host = engine === undefined ? [] : ['-H', engine];
  const { stdout } = await execute('docker', [...host, 'ps', '--all', '--filter', `label=dev.vitrine.install=${installId}`, '--format', '{{.Label "dev.vitrine.desktop"}}'], { timeout: 30_000 });
  return stdout.split('\n').filter((line) => line !== '').toSorted();
}

/** The container that runs a desktop. */
export async function containerOf(desktopId: string, engine?: string): Promise<string> {
  const host = engine === undefined ? [] : ['-H', engine];
  const { stdout } = await execute('docker', [...host, 'ps', '--all', '--quiet', '--filter', `label=dev.vitrine.desktop=${desktopId}`], { timeout: 30_000 });
  const id = stdout.trim();
  if (id === '') throw new Error(`no container of desktop ${desktopId}`);
  return id;
}

/** Rows of the controller's own database, read beside it. */
export function rowsOf(dataFolder: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(dataFolder, 'journal.sqlite'), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** Unfinished runs that nothing would ever wake. */
export function withoutDeadline(dataFolder: string): string[] {
  return rowsOf(dataFolder, 'SELECT run_id, state FROM runs WHERE is_over = 0 AND run_id NOT IN (SELECT run_id FROM deadlines)').map(({ run_id: id, state }) => `${String(id)} (${String(state)})`);
}

/** The desktops that the controller knows; with `state`, those in it. */
export async function desktopsOf(controller: ControllerProcess, state?: DesktopView['state']): Promise<string[]> {
  const { desktops } = await controller.get<{ desktops: DesktopView[] }>('/api/desktops');
  return desktops.filter((desktop) => state === undefined || desktop.state === state).map(({ id }) => id).toSorted();
}

/** The most memory that a process has ever had resident, in MiB; 0 for one that is gone. */
export function mostMemoryMb(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
