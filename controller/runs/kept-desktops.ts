import type { Desktops } from '../desktops/desktop.ts';
import type { Journal } from '../journal/journal.ts';
import { keepForMsOf } from './effects/stand-in.ts';
import { Run } from './run.ts';
import { readRun } from './driving/quarantine.ts';

/** After a restart: a desktop that its finished run wanted to keep is kept for the time that is left. One whose run cannot be read is not. */
export function keepOn(journal: Journal, desktops: Desktops): void {
  for (const { id, project, runId } of desktops.list()) {
    const last = Run.safeParse(journal.findRuns({ project, desktopId: id, limit: 1 }).views[0]).data;
    if (runId !== null || last === undefined || last.endedAt === null) continue;
    const stored = journal.run(last.id);
    if (stored === undefined) continue;
    const read = readRun(journal, stored);
    if (!('state' in read)) continue;
    const keep = keepForMsOf(read.state.snapshot.context);
    const keepForMs = keep === null ? Number.POSITIVE_INFINITY : last.endedAt + keep - Date.now();
    desktops.hold(id, last.id);
    desktops.letGo(id, last.id, Math.max(0, keepForMs));
  }
}
