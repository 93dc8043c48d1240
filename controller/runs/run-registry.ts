import { randomBytes } from 'node:crypto';
import { Approval } from '../approvals/approval.ts';
import type { Desktop, Desktops } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { awaitRun } from './await-run.ts';
import { performInOrder, refuseOffScreen } from './direct-actions.ts';
import { RunDriver } from './run-driver.ts';
import type { RunDriverOptions } from './run-driver.ts';
import type { RunCommand } from './run-command.ts';
import { RunEvent } from './run-event.ts';
import { finalStates, Run, RunRequest } from './run.ts';
import type { Principal, Runs } from './runs.ts';
import { readState } from './written-snapshot.ts';

/** How many runs may have a desktop of their own at once; the others are queued, first come first served. */
export type RunRegistryOptions = RunDriverOptions & { readonly maxDesktops: number };

/** The runs of this installation, with what the composition root needs besides. */
export type RunRegistry = Runs & {
  /** Takes up the unfinished runs after a restart; call it once, after the desktops were adopted. */
  readonly takeUp: () => void;
  /** No new runs from now on; those that are there stay in the journal for the next start. An action in flight may end first. */
  readonly close: () => Promise<void>;
};

/** How long an action in flight may take to end when the controller stops. */
const closeGraceMs = 10_000;
const endOfTime = 7 * 24 * 3_600_000;

/** Runs over a journal, desktops and models. */
export function createRuns(options: RunRegistryOptions): RunRegistry {
  const { journal, desktops, models } = options;
  const driver = new RunDriver(options);
  const turnsOfDesktop = new Map<string, Promise<unknown>>();

  const seen = (runId: string, by: Principal): Run => {
    const run = driver.view(runId);
    if (run === undefined || run.project !== by.project) throw new VitrineError('not_found', `there is no run ${JSON.stringify(runId)}`);
    return run;
  };
  const desktopSeen = (desktopId: string, by: Principal): Desktop => {
    const desktop = desktops.get(desktopId);
    if (desktop === undefined || desktop.view().project !== by.project) throw new VitrineError('not_found', `there is no desktop ${JSON.stringify(desktopId)}`);
    return desktop;
  };
  const holderOf = (desktopId: string): Run | undefined => {
    const holder = driver.live().find(({ context }) => context.desktopId === desktopId || context.request.desktopId === desktopId);
    return holder && driver.view(holder.context.runId);
  };
  /** Says something to a run that must be able to hear it. */
  const tell = (runId: string, command: RunCommand, by: Principal): Run => {
    const before = seen(runId, by);
    const after = driver.dispatch(runId, command);
    if (after === undefined) throw new VitrineError('conflict', `run ${runId} is ${before.state} (control: ${before.control}); it cannot be told to ${command.type}`);
    return after;
  };
  const admitWaiting = () => {
    const live = driver.live();
    const own = live.filter(({ context }) => context.request.desktopId === undefined);
    let free = options.maxDesktops - own.filter(({ context }) => context.startedAt !== null).length;
    for (const { context } of live) {
      if (context.startedAt !== null || context.ending !== null) continue;
      if (context.request.desktopId === undefined && free-- <= 0) continue;
      driver.dispatch(context.runId, { type: 'admit', at: Date.now() });
    }
  };
  driver.onCommit(({ view }) => {
    if (finalStates.includes(view.state)) queueMicrotask(admitWaiting);
  });
  const start = (run: Pick<Run, 'driver' | 'model'> & { request: RunRequest }, by: Principal): Run => {
    const { request, ...rest } = run;
    const created = driver.create({ runId: newRunId(), project: by.project, createdBy: by.name, createdAt: Date.now(), request, desktopId: request.desktopId ?? null, ...rest });
    admitWaiting();
    return driver.view(created.id) ?? created;
  };
  const callerRun = (desktopId: string, by: Principal): Run => {
    const holder = holderOf(desktopId);
    if (holder?.driver === 'caller') return holder;
    if (holder !== undefined) throw new VitrineError('conflict', `desktop ${desktopId} belongs to run ${holder.id} (${holder.state}): cancel it, or use another desktop`);
    const budgets = { maxSteps: 100_000, maxDurationMs: endOfTime, maxTokens: 1_000_000_000 };
    return start({ driver: 'caller', model: null, request: RunRequest.parse({ task: `Direct actions of ${by.name}`, desktopId, budgets }) }, by);
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

  return {
    takeUp: () => {
      driver.resume();
      keepOn(journal, desktops);
      admitWaiting();
    },
    close: () => driver.close(closeGraceMs),
    create: (request, by) => {
      journal.checkRoom();
      const { name } = models.get(request.model);
      if (request.desktopId !== undefined) refuseHeld(desktopSeen(request.desktopId, by), holderOf(request.desktopId), request);
      return start({ driver: 'model', model: name, request }, by);
    },
    get: seen,
    list: (filter, by) => {
      const { views, next } = journal.findRuns({ ...filter, project: by.project });
      return { items: views.map((view) => Run.parse(view)), next };
    },
    cancel: (runId, reason, by) => {
      const before = seen(runId, by);
      return driver.dispatch(runId, { type: 'cancel', at: Date.now(), by: by.name, reason }) ?? before;
    },
    pause: (runId, by) => tell(runId, { type: 'pause', at: Date.now(), by: by.name, reason: null }, by),
    resume: (runId, by) => tell(runId, { type: 'resume', at: Date.now(), by: by.name }, by),
    message: (runId, text, by) => tell(runId, { type: 'message', at: Date.now(), from: 'person', by: by.name, text }, by),
    answerCaller: (runId, answers, by) => {
      const before = seen(runId, by);
      const after = driver.dispatch(runId, { type: 'caller.answer', at: Date.now(), answers, by: by.name });
      if (after !== undefined) return after;
      const waiting = before.asked.map(({ callId }) => callId).join(', ');
      throw new VitrineError('conflict', waiting === '' ? `run ${runId} asks nothing of its caller: it is ${before.state}` : `run ${runId} waits for answers to ${waiting}, all of them at once`, { details: { waiting: before.asked.map(({ callId }) => callId) } });
    },
    decide: (approvalId, { decision, reason, digest }, by) => {
      const approval = approvalSeen(journal, approvalId, by);
      refuseDecided(approval);
      if (digest !== undefined && digest !== approval.digest) throw new VitrineError('conflict', `approval ${approvalId} asks something else than you saw: look at it again`, { details: { digest: approval.digest } });
      driver.dispatch(approval.runId, { type: 'approval.decide', at: Date.now(), approvalId, decision, by: by.name, reason: reason ?? null });
      const after = approvalSeen(journal, approvalId, by);
      if (after.state === 'pending') throw new VitrineError('conflict', `approval ${approvalId} is not waiting any more: its run moved on`);
      return after;
    },
    approval: (approvalId, by) => approvalSeen(journal, approvalId, by),
    approvals: (filter, by) => journal.approvals({ ...filter, project: by.project }).map((approval) => Approval.parse(approval)),
    events: (filter, by) => {
      if (filter.runId !== undefined) seen(filter.runId, by);
      return journal.events({ ...filter, project: by.project }).map((event) => RunEvent.parse(event));
    },
    onEvents: (listener) => driver.onCommit(() => listener()),
    picture: async (runId, frameId, by) => {
      seen(runId, by);
      return journal.picture(runId, frameId);
    },
    artefact: async (runId, artefactId, by) => {
      seen(runId, by);
      const artefact = journal.artefact(runId, artefactId);
      if (artefact === undefined) throw new VitrineError('not_found', `run ${runId} kept no artefact ${JSON.stringify(artefactId)}`);
      return artefact;
    },
    performDirectly: (desktopId, request, by, signal) => {
      journal.checkRoom();
      refuseOffScreen(request, desktopSeen(desktopId, by));
      return inTurn(desktopId, async () => {
        desktopSeen(desktopId, by);
        return performInOrder(driver, callerRun(desktopId, by), request, signal);
      });
    },
    releaseDesktop: async (desktopId, by, signal) => {
      if (!desktops.list().some(({ id, project }) => id === desktopId && project === by.project)) throw new VitrineError('not_found', `there is no desktop ${JSON.stringify(desktopId)}`);
      const holder = holderOf(desktopId);
      if (holder?.driver === 'caller') {
        const ending = driver.dispatch(holder.id, { type: 'caller.release', at: Date.now(), by: by.name });
        if (ending !== undefined) await awaitRun(driver, ending.id, (run) => finalStates.includes(run.state), signal);
      }
      await desktops.release(desktopId, `released by ${by.name}`);
    },
    mark: (runId, mark, by) => journal.mark(seen(runId, by).id, mark, Date.now()),
    isMarked: (runId, mark, by) => journal.isMarked(seen(runId, by).id, mark),
    ended: async (runId, by, signal) => awaitRun(driver, seen(runId, by).id, (run) => finalStates.includes(run.state), signal),
  };
}

/** After a restart: a desktop that its finished run wanted to keep is kept for the time that is left. */
function keepOn(journal: Journal, desktops: Desktops): void {
  for (const { id, project, runId } of desktops.list()) {
    const [last] = journal.findRuns({ project, desktopId: id, limit: 1 }).views.map((view) => Run.parse(view));
    if (runId !== null || last === undefined || last.endedAt === null) continue;
    const stored = journal.run(last.id);
    if (stored === undefined) continue;
    const { context } = readState(journal, stored).snapshot;
    const keepForMs = context.request.desktopId === undefined ? last.endedAt + context.request.keepForMs - Date.now() : Number.POSITIVE_INFINITY;
    desktops.hold(id, last.id);
    desktops.letGo(id, last.id, Math.max(0, keepForMs));
  }
}

function newRunId(): string {
  return `run-${randomBytes(10).toString('hex')}`;
}

function refuseHeld(desktop: Desktop, holder: Run | undefined, request: RunRequest): void {
  if (holder !== undefined) throw new VitrineError('conflict', `desktop ${desktop.id} belongs to run ${holder.id} (${holder.state}): cancel it, or use another desktop`, { details: { runId: holder.id } });
  const { display } = request;
  if (display === undefined || (display.width === desktop.display.width && display.height === desktop.display.height)) return;
  throw new VitrineError('conflict', `desktop ${desktop.id} is ${desktop.display.width}x${desktop.display.height}, not ${display.width}x${display.height}: leave display out, or launch another desktop`, { details: { display: desktop.display } });
}

function approvalSeen(journal: Journal, approvalId: string, by: Principal): Approval {
  const found = journal.approval(approvalId);
  if (found === undefined || found.project !== by.project) throw new VitrineError('not_found', `there is no approval ${JSON.stringify(approvalId)}`);
  return Approval.parse(found.approval);
}

/** A decision is made once; a second one is told of the first. */
function refuseDecided(approval: Approval): void {
  if (approval.state === 'pending') return;
  const who = approval.decidedBy === null ? '' : ` by ${approval.decidedBy}`;
  throw new VitrineError('conflict', `approval ${approval.id} was ${approval.state} already${who}`, {
    details: { state: approval.state, decidedBy: approval.decidedBy, decidedAt: approval.decidedAt, reason: approval.reason },
  });
}
