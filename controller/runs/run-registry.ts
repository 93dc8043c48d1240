import { createHash, randomBytes } from 'node:crypto';
import type { Desktop } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import type { PolicyRule } from '../policy/rule.ts';
import type { Gates } from '../gate/gates.ts';
import { Admission } from './queue/admission.ts';
import type { AdmissionLimits } from './queue/admission.ts';
import { awaitRun } from './await-run.ts';
import { createCallerRuns } from './callers/caller-runs.ts';
import { answerQuestion, decideApproval, listApprovals } from './decisions.ts';
import { keepOn } from './kept-desktops.ts';
import { RunDriver } from './driving/run-driver.ts';
import type { RunDriverOptions } from './driving/run-driver-options.ts';
import type { RunCommand } from './chart/run-command.ts';
import { RunEvent } from './run-event.ts';
import { networkOf, policyOf } from './chart/changes/networking.ts';
import { endedContext } from './driving/quarantine.ts';
import { WaysOut } from './network/ways-out.ts';
import { readState } from './chart/written-snapshot.ts';
import { refuseNamesakes } from './run-offer.ts';
import { createSight } from './run-sight.ts';
import { createSecretRights } from './secret-rights.ts';
import { isFinal, Run } from './run.ts';
import type { RunRequest } from './run.ts';
import type { Principal, Runs } from './runs.ts';
import { createTemplates, rulesOf } from './templates/template.ts';
import { createUploads } from './files/uploads.ts';
import type { Templates } from './templates/template.ts';

/** What runs are made of, and how many of them there may be. */
export type RunRegistryOptions = RunDriverOptions & AdmissionLimits & {
  /** Runs are accepted, and wait until `letIn`: the desktops of an earlier start are not known yet. */
  readonly startsClosed?: boolean;
  /** The rules by which every run is judged; each run keeps those with which it began. */
  readonly rules?: readonly PolicyRule[];
  /** Kinds of desktops, whose rules bind the runs that name them. */
  readonly templates?: Templates;
  /** A caller's run ends when nobody used its desktop for so long; half an hour if absent. */
  readonly idleMs?: number;
  /** Ways out of desktops; without them no desktop has one. */
  readonly gates?: Gates;
};

/** The runs of this installation, with what the composition root needs besides. */
export type RunRegistry = Runs & {
  /** Takes up the unfinished runs after a restart; call it once, after the desktops were adopted. `lost`: why none of their desktops is theirs any more, and who wants to know once they were told, before any run is let in. */
  readonly takeUp: (lost?: { readonly reason: string; readonly onTold: () => void }) => void;
  /** Lets runs in that were accepted so far; from then on they begin at once where there is a place. */
  readonly letIn: () => void;
  /** Nothing new begins from now on; runs stay in the journal for the next start. An action in flight may end first, within `graceMs`; everything else is given up, and done again at the next start. */
  readonly close: (graceMs?: number) => Promise<void>;
};

const defaultIdleMs = 1_800_000;
/** How long an action in flight may take to end when the controller stops. */
const closeGraceMs = 10_000;

/** Runs over a journal, desktops and models. */
export function createRuns(options: RunRegistryOptions): RunRegistry {
  const { journal, desktops, models, templates = createTemplates() } = options;
  const driver = new RunDriver(options);
  const rights = createSecretRights(options.secrets);
  const waysOut = options.gates && new WaysOut({ gates: options.gates, desktops, driver, journal, log: options.log });
  const admission = new Admission(driver, desktops, options);
  if (options.startsClosed !== true) admission.open();
  desktops.onExpiring(({ desktopId, reason, isLast }) => {
    const run = [...driver.live()].find(({ context }) => context.desktopId === desktopId);
    if (run !== undefined) driver.dispatch(run.context.runId, { type: 'desktop.expires', at: driver.now(), desktopId, reason, isLast });
  });
  const sight = createSight(journal, desktops, driver);
  /** A run as it is now; its place in the queue is computed by whoever reads it. */
  const seen = (runId: string, by: Principal): Run => placed(sight.run(runId, by), admission.places);
  /** Throws while nothing new may begin: the disk is full, or the controller stops. */
  const refuseNew = () => {
    driver.refuseClosing();
    journal.checkRoom();
  };
  const uploads = createUploads({ journal, log: options.log, now: () => driver.now(), refuseNew });
  driver.onCommit(uploads.committed);
  /** Says something to a run that must be able to hear it. */
  const tell = (runId: string, command: RunCommand, by: Principal): Run => {
    const before = seen(runId, by);
    const after = driver.dispatch(runId, command);
    if (after === undefined) throw new VitrineError('conflict', `run ${runId} is ${before.state} (control: ${before.control}); it cannot be told to ${command.type}`);
    return placed(after, admission.places);
  };
  /** The run that this key was sent for before. Throws `conflict` when that was another request. */
  const givenBefore = (key: string, request: RunRequest, by: Principal): Run | undefined => {
    const runId = runIdOfKey(key, by);
    const stored = journal.run(runId);
    if (stored === undefined) return undefined;
    const { context } = readState(journal, stored).snapshot;
    if (JSON.stringify(context.request) === JSON.stringify(request)) return seen(runId, by);
    throw new VitrineError('conflict', 'this Idempotency-Key was sent before with another request: a key stands for one request', { details: { runId } });
  };
  const start = (run: Pick<Run, 'driver' | 'model'> & { request: RunRequest }, by: Principal, runId = newRunId()): Run => {
    const { request, ...rest } = run;
    const lastEpoch = request.desktopId === undefined ? undefined : journal.controlEpoch(request.desktopId);
    const created = driver.create({ runId, project: by.project, createdBy: by.name, createdAt: driver.now(), request, desktopId: request.desktopId ?? null, lastEpoch, rules: [...(options.rules ?? []), ...rulesOf(templates, request.template), ...request.policy], ...rest });
    admission.admit();
    return placed(driver.view(created.id) ?? created, admission.places);
  };
  const networkView = (runId: string) => {
    const context = driver.contextOf(runId) ?? endedContext(journal, runId);
    const known = context === undefined ? undefined : networkOf(context);
    return { policy: context === undefined ? { mode: 'none' as const } : policyOf(context), allowed: known?.allowed ?? [], questions: known?.questions ?? [], ...(waysOut?.totals(runId) ?? { hosts: [], quiet: 0 }) };
  };
  return {
    takeUp: (lost) => {
      driver.resume(lost?.reason);
      lost?.onTold();
      waysOut?.takeUp();
      keepOn(journal, desktops);
      admission.open();
    },
    letIn: () => admission.open(),
    close: async (graceMs = closeGraceMs) => {
      await driver.close(graceMs);
      waysOut?.close();
    },
    create: (request, by, idempotencyKey) => {
      const given = idempotencyKey === undefined ? undefined : givenBefore(idempotencyKey, request, by);
      if (given !== undefined) return given;
      refuseNew();
      const { name } = models.get(request.model);
      rights.checkNames(request.secrets, by);
      uploads.check(request.files, by);
      refuseNamesakes(request);
      if (request.desktopId !== undefined && request.onDesktopLost === 'start_over') throw new VitrineError('invalid_request', 'onDesktopLost: start_over needs a desktop of the run\'s own: leave desktopId out');
      if (request.desktopId !== undefined) refuseHeld(sight.desktop(request.desktopId, by), sight.holderOf(request.desktopId), request);
      else admission.refuseOverflow();
      return start({ driver: 'model', model: name, request }, by, idempotencyKey === undefined ? newRunId() : runIdOfKey(idempotencyKey, by));
    },
    get: seen,
    list: (filter, by) => {
      const { views, next } = journal.findRuns({ ...filter, project: by.project });
      const places = onceOnly(admission.places);
      return { items: views.map((view) => placed(Run.parse(view), places)), next };
    },
    cancel: (runId, reason, by) => {
      const before = seen(runId, by);
      return driver.dispatch(runId, { type: 'cancel', at: driver.now(), by: by.name, reason }) ?? before;
    },
    pause: (runId, by) => tell(runId, { type: 'pause', at: driver.now(), by: by.name, reason: null }, by),
    resume: (runId, by) => tell(runId, { type: 'resume', at: driver.now(), by: by.name }, by),
    message: (runId, text, by) => tell(runId, { type: 'message', at: driver.now(), from: 'person', by: by.name, text }, by),
    answerCaller: (runId, answers, by, rules, echo) => {
      const before = seen(runId, by);
      const after = driver.dispatch(runId, { type: 'caller.answer', at: driver.now(), answers, by: by.name, ...(rules === undefined ? {} : { rules }), ...(echo === undefined ? {} : { echo }) });
      if (after !== undefined) return after;
      const waiting = before.asked.map(({ callId }) => callId).join(', ');
      throw new VitrineError('conflict', waiting === '' ? `run ${runId} asks nothing of its caller: it is ${before.state}` : `run ${runId} waits for answers to ${waiting}, all of them at once`, { details: { waiting: before.asked.map(({ callId }) => callId) } });
    },
    changeNetwork: (runId, { policy, allow = [] }, by) => {
      tell(runId, { type: 'network.change', at: driver.now(), policy: policy ?? null, allow, by: by.name }, by);
      return networkView(runId);
    },
    network: (runId, by) => networkView(seen(runId, by).id),
    decide: (approvalId, decision, by) => decideApproval({ driver, journal, sight }, approvalId, decision, by),
    answerQuestion: (approvalId, reply, by) => answerQuestion({ driver, sight }, approvalId, reply, by),
    approval: (approvalId, by) => sight.approval(approvalId, by),
    approvals: (filter, by) => listApprovals(journal, filter, by),
    events: (filter, by) => {
      if (filter.runId !== undefined) seen(filter.runId, by);
      return journal.events({ ...filter, project: by.project }).map((event) => RunEvent.parse(event));
    },
    onEvents: (listener) => driver.onCommit(() => listener()),
    picture: async (runId, frameId, by) => {
      const { picturesRemovedAt } = seen(runId, by);
      if (picturesRemovedAt !== undefined) throw new VitrineError('gone', `the pictures of run ${runId} were removed to make room, on ${new Date(picturesRemovedAt).toISOString()}`);
      return journal.picture(runId, frameId);
    },
    artefact: async (runId, artefactId, by) => {
      seen(runId, by);
      const artefact = journal.artefact(runId, artefactId);
      if (artefact === undefined) throw new VitrineError('not_found', `run ${runId} kept no artefact ${JSON.stringify(artefactId)}`);
      return artefact;
    },
    uploads,
    withSecrets: rights.withSecrets,
    ...createCallerRuns({ driver, desktops, sight, admission, start, rights, refuseNew, idleMs: options.idleMs ?? defaultIdleMs, hasRules: (template) => rulesOf(templates, template).length > 0 }),
    mark: (runId, mark, by) => journal.mark(seen(runId, by).id, mark, driver.now()),
    isMarked: (runId, mark, by) => journal.isMarked(seen(runId, by).id, mark),
    ended: async (runId, by, signal) => awaitRun(driver, seen(runId, by).id, isFinal, signal),
  };
}

type Places = Admission['places'];

/** A run with its place in the queue, if it waits there. */
function placed(run: Run, places: Places): Run {
  return run.state === 'queued' ? { ...run, queue: places().get(run.id) ?? null } : run;
}

/** Computes the queue once for a whole list, and not at all where nobody waits. */
function onceOnly(places: Places): Places {
  let known: ReturnType<Places> | undefined;
  return () => (known ??= places());
}

/** A key stands for one run of its token: the run's id follows from it, so that both are durable at once. */
function runIdOfKey(key: string, { name, project }: Principal): string {
  return `run-${createHash('sha256').update(JSON.stringify([project, name, key])).digest('hex').slice(0, 20)}`;
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
