import { randomBytes } from 'node:crypto';
import type { Desktop, Performed } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { createAdmissions } from './admissions.ts';
import { awaitRun } from '../await-run.ts';
import type { ControlTaken, DesktopControl, LeftProcesses, TakeControl } from './control.ts';
import type { OperatorRequest } from '../effects/effect.ts';
import { inboxOf } from '../inbox.ts';
import { createLiveInputs } from './live-input.ts';
import { masked } from './operator-action.ts';
import type { Lease, RunContext } from '../chart/run-context.ts';
import type { RunCommandOf } from '../chart/run-command.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import { RunFact } from '../run-event.ts';
import type { DirectActions, Principal, RunControl } from '../runs.ts';
import { placeOf } from '../chart/run-view.ts';
import type { Run } from '../run.ts';

/** What the desk needs of the registry. */
export type DeskParts = {
  readonly driver: RunDriver;
  /** Throws `not_found` for a desktop of another project. */
  readonly desktopSeen: (desktopId: string, by: Principal) => Desktop;
  /** The run of a caller on a desktop that has none. */
  readonly callerRun: (desktopId: string, by: Principal) => Run;
  readonly inTurn: <Result>(desktopId: string, work: () => Promise<Result>) => Promise<Result>;
};

const prepareMs = 60_000;

/** What registry and routes need of control besides what callers may ask. */
export type ControlDesk = RunControl & {
  /** Throws `conflict` naming the holder unless nobody is in control, or whoever asks by this lease. */
  assertMayUse(desktopId: string, lease: string | undefined, by: Principal): void;
  /** Performs actions of the person in control, in order, and stops at the first that is not performed. */
  operate(desktopId: string, lease: string, request: DirectActions, by: Principal, signal: AbortSignal): Promise<{ readonly run: Run; readonly performed: readonly Performed[] }>;
};

/** The control of desktops: at most one person each, by a lease that their runs hold. */
export function createControlDesk({ driver, desktopSeen, callerRun, inTurn }: DeskParts): ControlDesk {
  const holderOf = (desktopId: string): { readonly context: RunContext; readonly run: Run } | undefined => {
    const runs = driver.live().filter(({ context }) => context.desktopId === desktopId || context.request.desktopId === desktopId);
    const found = runs.find(({ context }) => context.lease !== null) ?? runs[0];
    const run = found && driver.view(found.context.runId);
    return found === undefined || run === undefined ? undefined : { context: found.context, run };
  };
  const viewOf = (desktopId: string): DesktopControl => {
    const held = holderOf(desktopId);
    const lease = held?.context.lease ?? null;
    return { desktopId, control: held?.run.control ?? 'agent', holder: lease?.holder ?? null, until: lease?.until ?? null, runId: held?.run.id ?? null };
  };
  /** The run and lease of whoever is in control by this lease. */
  const holding = (desktopId: string, leaseId: string, by: Principal): { readonly run: Run; readonly lease: Lease } => {
    desktopSeen(desktopId, by);
    const held = holderOf(desktopId);
    const lease = held?.context.lease ?? null;
    if (held === undefined || lease === null) throw new VitrineError('conflict', `nobody is in control of desktop ${desktopId}: the lease has ended; take control again`);
    if (lease.id !== leaseId || lease.principal !== by.name) throw inControl(desktopId, lease);
    return { run: held.run, lease };
  };
  const assertMayUse = (desktopId: string, leaseId: string | undefined, by: Principal): void => {
    if (leaseId !== undefined) return void holding(desktopId, leaseId, by);
    const lease = holderOf(desktopId)?.context.lease ?? null;
    if (lease !== null) throw inControl(desktopId, lease);
  };

  const admissions = createAdmissions(driver);
  const live = createLiveInputs((leaseId, deeds) => {
    const held = driver.live().find(({ context }) => context.lease?.id === leaseId);
    if (held !== undefined) driver.dispatch(held.context.runId, { type: 'operator.live', at: driver.now(), leaseId, deeds });
  });
  driver.onCommand((runId) => {
    const lease = driver.contextOf(runId)?.lease ?? null;
    if (lease !== null) live.flush(lease.id);
  });

  const leftOn = async (desktop: Desktop, signal: AbortSignal): Promise<LeftProcesses> => {
    try {
      return { processes: await desktop.listLeftProcesses(signal), problem: null };
    } catch (error) {
      signal.throwIfAborted();
      return { processes: [], problem: VitrineError.from(error).message };
    }
  };
  /** The run whose desktop is to be controlled, once it can be. */
  const controllable = async (desktopId: string, by: Principal, signal: AbortSignal): Promise<Run> => {
    const held = holderOf(desktopId)?.run;
    if (held?.driver === 'model') return held;
    const within = AbortSignal.any([signal, AbortSignal.timeout(prepareMs)]);
    return awaitRun(driver, (held ?? callerRun(desktopId, by)).id, (run) => run.control !== 'agent' || run.state === 'awaitingCaller' || run.state === 'executingAction', within);
  };
  const take = async (desktopId: string, { as, reason, ttlMs }: TakeControl, isForced: boolean, by: Principal, signal: AbortSignal): Promise<ControlTaken> => {
    const desktop = desktopSeen(desktopId, by);
    const holder = as === undefined ? by.name : `${as} (${by.name})`;
    const present = holderOf(desktopId)?.context.lease ?? null;
    if (present !== null && present.holder === holder && present.principal === by.name) {
      const { run } = holding(desktopId, present.id, by);
      driver.dispatch(run.id, { type: 'control.renew', at: driver.now(), leaseId: present.id, ttlMs });
      await fencedBy(driver, run.id, present.id, signal);
      return { ...viewOf(desktopId), lease: present.id, released: { keys: [], buttons: [] }, stopped: [], ...await leftOn(desktop, signal) };
    }
    if (present !== null && !isForced) throw inControl(desktopId, present);
    const run = await controllable(desktopId, by, signal);
    const leaseId = randomBytes(16).toString('hex');
    const fences = listenForFence(driver, run.id);
    try {
      const taken = driver.dispatch(run.id, { type: 'control.take', at: driver.now(), leaseId, holder, principal: by.name, ttlMs, reason: reason ?? null, isForced });
      if (taken === undefined) throw notNow(desktopId, driver, run, holderOf(desktopId)?.context.lease ?? null);
      await fencedBy(driver, run.id, leaseId, signal);
      const { released, stopped, processes, problem } = fences.last() ?? { released: { keys: [], buttons: [] }, stopped: [], ...await leftOn(desktop, signal) };
      return { ...viewOf(desktopId), lease: leaseId, released, stopped, processes, problem };
    } finally {
      fences.stop();
    }
  };

  return {
    view: (desktopId, by) => {
      desktopSeen(desktopId, by);
      return viewOf(desktopId);
    },
    take,
    renew: (desktopId, { lease, ttlMs }, by) => {
      const { run } = holding(desktopId, lease, by);
      driver.dispatch(run.id, { type: 'control.renew', at: driver.now(), leaseId: lease, ttlMs });
      return viewOf(desktopId);
    },
    giveBack: (desktopId, { lease, note }, by) => {
      const { run } = holding(desktopId, lease, by);
      driver.dispatch(run.id, { type: 'control.giveBack', at: driver.now(), leaseId: lease, note: note ?? null });
      return viewOf(desktopId);
    },
    request: (desktopId, { as, reason }, by) => {
      desktopSeen(desktopId, by);
      const held = holderOf(desktopId);
      if (held === undefined || held.context.lease === null) throw new VitrineError('conflict', `nobody is in control of desktop ${desktopId}: take control`);
      driver.dispatch(held.run.id, { type: 'control.request', at: driver.now(), by: as === undefined ? by.name : `${as} (${by.name})`, principal: by.name, reason: reason ?? null });
      return viewOf(desktopId);
    },
    processes: async (desktopId, lease, by, signal) => {
      holding(desktopId, lease, by);
      return leftOn(desktopSeen(desktopId, by), signal);
    },
    endProcess: async (desktopId, { lease, pid, command }, by, signal) => {
      holding(desktopId, lease, by);
      const desktop = desktopSeen(desktopId, by);
      await desktop.endProcess(pid, command, signal);
      return leftOn(desktop, signal);
    },
    assertMayUse,
    admit: (desktopId, leaseId, by, signal) => {
      assertMayUse(desktopId, leaseId, by);
      return admissions.admit(desktopId, signal);
    },
    holds: (desktopId, leaseId, by) => {
      const lease = holderOf(desktopId)?.context.lease ?? null;
      return lease !== null && lease.id === leaseId && lease.principal === by.name && lease.until > driver.now();
    },
    noteInput: (leaseId, kind) => live.count(leaseId, kind),
    inbox: (by) => inboxOf(driver.live().filter(({ context }) => context.project === by.project).map(({ context, value }) => ({ context, place: placeOf(value) }))),
    operate: (desktopId, lease, request, by, signal) => inTurn(`${desktopId} operator`, async () => {
      const { run } = holding(desktopId, lease, by);
      await fencedBy(driver, run.id, lease, signal);
      const performed: Performed[] = [];
      for (const action of request.actions) {
        signal.throwIfAborted();
        const { run: { id } } = holding(desktopId, lease, by);
        const one = await operateOnce(driver, id, lease, { action, ...asked(request) }, signal);
        performed.push(one);
        if (one.outcome.status !== 'performed') break;
      }
      return { run: driver.view(run.id) ?? run, performed };
    }),
  };
}

function asked({ decidedOn, staleTarget, settle, capture }: DirectActions): Omit<OperatorRequest, 'action'> {
  return { decidedOn, staleTarget: staleTarget ?? (decidedOn === undefined ? 'off' : 'refuse'), settle, capture };
}

async function operateOnce(driver: RunDriver, runId: string, leaseId: string, request: OperatorRequest, signal: AbortSignal): Promise<Performed> {
  const actionId = `${runId}.o${randomBytes(8).toString('hex')}`;
  const { promise, resolve, reject } = Promise.withResolvers<Performed>();
  let performed: Performed | undefined;
  const stops = [
    driver.onPerformed((id, one) => {
      if (id === actionId) performed = one;
    }),
    driver.onCommit(({ commit }) => {
      for (const fact of commit.facts.map((one) => RunFact.parse(one))) {
        if (fact.type !== 'operator.acted' || fact.actionId !== actionId) continue;
        if (performed !== undefined) resolve(performed);
        else reject(new VitrineError('desktop_broken', fact.outcome.error?.message ?? 'the desktop could not be asked'));
      }
    }),
  ];
  const onAbort = () => reject(new VitrineError('unavailable', 'the request was given up; whether its last action was performed stands in the events of its run'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const command = { type: 'operator.act', at: driver.now(), leaseId, actionId, action: masked(request.action) } as const;
    driver.entrusted.set(actionId, request);
    if (!begins(driver, runId, command)) throw new VitrineError('conflict', `run ${runId} takes no action of yours now: control is being passed, or an earlier action of yours has not ended`);
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const stop of stops) stop();
  }
}

/** Says it to the run; what was not begun is not entrusted any longer. */
function begins(driver: RunDriver, runId: string, command: RunCommandOf<'operator.act'>): boolean {
  let isBegun = false;
  try {
    isBegun = driver.dispatch(runId, command) !== undefined;
  } finally {
    if (!isBegun) driver.entrusted.delete(command.actionId);
  }
  return isBegun;
}

/** Waits until the desktop knows of the lease. Throws `conflict` if the lease has ended instead. */
async function fencedBy(driver: RunDriver, runId: string, leaseId: string, signal: AbortSignal): Promise<void> {
  const leaseOf = () => driver.live().find(({ context }) => context.runId === runId)?.context.lease ?? null;
  await awaitRun(driver, runId, (run) => run.lease === null || run.lease.isFenced, signal);
  if (leaseOf()?.id !== leaseId) throw new VitrineError('conflict', `the lease of run ${runId} has ended already: take control again`);
}

type FenceFact = Extract<RunFact, { type: 'control.fenced' }>;

function listenForFence(driver: RunDriver, runId: string): { readonly last: () => FenceFact | undefined; readonly stop: () => void } {
  let last: FenceFact | undefined;
  const stop = driver.onCommit(({ commit }) => {
    if (commit.runId !== runId) return;
    for (const fact of commit.facts) if (fact.type === 'control.fenced') last = fact as FenceFact;
  });
  return { last: () => last, stop };
}

function inControl(desktopId: string, { holder, until, reason }: Lease): VitrineError {
  const why = reason === null ? '' : ` (${reason})`;
  return new VitrineError('conflict', `${holder} is in control of desktop ${desktopId} until ${new Date(until).toISOString()}${why}: ask for control, or wait`, { details: { holder, until, reason } });
}

function notNow(desktopId: string, driver: RunDriver, run: Run, lease: Lease | null): VitrineError {
  if (lease !== null) return inControl(desktopId, lease);
  const { state } = driver.view(run.id) ?? run;
  return new VitrineError('conflict', `control of desktop ${desktopId} cannot be taken while its run ${run.id} is ${state}`);
}
