import { Approval } from '../approvals/approval.ts';
import type { Desktop, Desktops } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { RunDriver } from './driving/run-driver.ts';
import type { Run } from './run.ts';
import type { Principal } from './runs.ts';

/** What a principal may see. Whatever belongs to another project is `not_found`, as if it did not exist. */
export type RunSight = {
  readonly run: (runId: string, by: Principal) => Run;
  readonly desktop: (desktopId: string, by: Principal) => Desktop;
  readonly approval: (approvalId: string, by: Principal) => Approval;
  /** The unfinished run that has a desktop, or is to get it. */
  readonly holderOf: (desktopId: string) => Run | undefined;
};

/** Looks at runs, desktops and approvals on behalf of principals. */
export function createSight(journal: Journal, desktops: Desktops, driver: RunDriver): RunSight {
  return {
    run: (runId, by) => {
      const run = driver.view(runId);
      if (run === undefined || run.project !== by.project) throw new VitrineError('not_found', `there is no run ${JSON.stringify(runId)}`);
      return run;
    },
    desktop: (desktopId, by) => {
      const desktop = desktops.get(desktopId);
      if (desktop === undefined || desktop.view().project !== by.project) throw new VitrineError('not_found', `there is no desktop ${JSON.stringify(desktopId)}`);
      return desktop;
    },
    approval: (approvalId, by) => {
      const found = journal.approval(approvalId);
      if (found === undefined || found.project !== by.project) throw new VitrineError('not_found', `there is no approval ${JSON.stringify(approvalId)}`);
      return Approval.parse(found.approval);
    },
    holderOf: (desktopId) => {
      const holder = driver.live().find(({ context }) => context.desktopId === desktopId || context.request.desktopId === desktopId);
      return holder && driver.view(holder.context.runId);
    },
  };
}
