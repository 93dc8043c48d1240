import type { z } from 'zod';
import type { CaptureInput } from '../../../sandbox-image/wire/index.ts';
import type { Desktops } from '../../desktops/desktop.ts';
import type { NetworkPolicy } from '../../gate/network-policy.ts';
import { VitrineError } from '../../errors.ts';
import type { Admission } from '../queue/admission.ts';
import { awaitRun } from '../await-run.ts';
import { createControlDesk } from '../control/control-desk.ts';
import { performInOrder, refuseOffScreen } from './direct-actions.ts';
import type { DirectTools } from './direct-actions.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import type { RunSight } from '../run-sight.ts';
import type { SecretRights } from '../secret-rights.ts';
import { isFinal, RunRequest } from '../run.ts';
import type { Run } from '../run.ts';
import type { Principal, Runs } from '../runs.ts';

/** What callers' runs are made with. */
export type CallerRunsOptions = {
  readonly driver: RunDriver;
  readonly desktops: Desktops;
  readonly sight: RunSight;
  readonly admission: Admission;
  readonly start: (run: Pick<Run, 'driver' | 'model'> & { request: RunRequest }, by: Principal) => Run;
  readonly rights: SecretRights;
  readonly idleMs: number;
  /** Whether a template has rules: then they bind a desktop of it from its launch on. */
  readonly hasRules: (template: string) => boolean;
  /** Throws while nothing new may begin. */
  readonly refuseNew: () => void;
};

const releaseMs = 60_000;
const none: NetworkPolicy = { mode: 'none' };
/** The least that shows which window has the focus. */
const glance: CaptureInput = { format: 'jpeg', region: { x: 0, y: 0, width: 16, height: 16 }, pointer: false };
const endOfTime = 7 * 24 * 3_600_000;

/** Desktops of callers, and what they do on them: all of it in a run that lasts until the desktop's release. */
export function createCallerRuns({ driver, desktops, sight, admission, start, rights, refuseNew, idleMs, hasRules }: CallerRunsOptions): Pick<Runs, 'control' | 'launchDesktop' | 'performDirectly' | 'releaseDesktop'> {
  const turnsOfDesktop = new Map<string, Promise<unknown>>();

  const callerRun = (desktopId: string, by: Principal, given: Pick<z.input<typeof RunRequest>, 'network' | 'template'> = {}): Run => {
    const holder = sight.holderOf(desktopId);
    if (holder?.driver === 'caller') return holder;
    if (holder !== undefined) throw new VitrineError('conflict', `desktop ${desktopId} belongs to run ${holder.id} (${holder.state}): cancel it, or use another desktop`);
    const budgets = { maxSteps: 100_000, maxDurationMs: endOfTime, maxTokens: 1_000_000_000 };
    return start({ driver: 'caller', model: null, request: RunRequest.parse({ task: `Direct actions of ${by.name}`, desktopId, budgets, callerTimeoutMs: idleMs, ...given }) }, by);
  };
  /** One request at a time per desktop, in the order of arrival. */
  const inTurn = async <Result>(desktopId: string, work: () => Promise<Result>): Promise<Result> => {
    const mine = (turnsOfDesktop.get(desktopId) ?? Promise.resolve()).then(work, work);
    const settled = mine.then(() => undefined, () => undefined);
    turnsOfDesktop.set(desktopId, settled);
    void settled.then(() => {
      if (turnsOfDesktop.get(desktopId) === settled) turnsOfDesktop.delete(desktopId);
    });
    return mine;
  };

  const control = createControlDesk({ driver, desktopSeen: sight.desktop, callerRun, inTurn });

  const toolsFor = (desktopId: string, by: Principal): DirectTools => ({
    driver,
    approvalOf: (approvalId) => sight.approval(approvalId, by),
    look: async (signal) => (await sight.desktop(desktopId, by).capture({ capture: glance }, signal)).frame.window,
  });

  const release: Runs['releaseDesktop'] = async (desktopId, by, lease, signal) => {
    if (!desktops.list().some(({ id, project }) => id === desktopId && project === by.project)) throw new VitrineError('not_found', `there is no desktop ${JSON.stringify(desktopId)}`);
    if (lease === undefined) control.assertMayUse(desktopId, undefined, by);
    else control.giveBack(desktopId, { lease }, by);
    const holder = sight.holderOf(desktopId);
    if (holder?.driver === 'caller') {
      const ending = driver.dispatch(holder.id, { type: 'caller.release', at: driver.now(), by: by.name });
      if (ending !== undefined) await awaitRun(driver, ending.id, isFinal, signal);
    }
    await desktops.release(desktopId, `released by ${by.name}`);
  };

  return {
    control,
    launchDesktop: async (id, spec, by, signal) => {
      refuseNew();
      const { network, ...plain } = spec;
      const desktop = await admission.launch(id, plain, by, signal);
      if ((network ?? none).mode === 'none' && !hasRules(plain.template)) return desktop;
      try {
        await awaitRun(driver, callerRun(id, by, { network, template: plain.template }).id, (run) => run.state === 'awaitingCaller', signal);
        return desktop;
      } catch (error) {
        await release(id, by, undefined, AbortSignal.timeout(releaseMs)).catch(() => undefined); // Its own lifetime ends it then.
        throw error;
      }
    },
    performDirectly: (desktopId, request, by, signal) => {
      refuseNew();
      refuseOffScreen(request, sight.desktop(desktopId, by));
      rights.checkActions(request.actions, by);
      if (request.lease !== undefined) return control.operate(desktopId, request.lease, request, by, signal);
      control.assertMayUse(desktopId, undefined, by);
      return inTurn(desktopId, async () => {
        refuseNew();
        sight.desktop(desktopId, by);
        control.assertMayUse(desktopId, undefined, by);
        return performInOrder(toolsFor(desktopId, by), callerRun(desktopId, by), request, signal);
      });
    },
    releaseDesktop: release,
  };
}
