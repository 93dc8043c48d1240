import { EventEmitter } from 'node:events';
import { machineTime, watchClock } from '../../clock.ts';
import type { ClockWatch, TimeSources } from '../../clock.ts';
import { VitrineError } from '../../errors.ts';
import type { StoredDeadline, StoredRun } from '../../journal/journal.ts';
import { createShownPictures } from '../../models/shown-pictures.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { DesktopWatches } from './desktop-watches.ts';
import type { EffectTools, OperatorRequest } from '../effects/effect.ts';
import { performEffect } from '../effects/perform-effect.ts';
import { quarantined, readRun } from './quarantine.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { NewRun } from '../chart/run-context.ts';
import type { RunEffect } from '../chart/run-effect.ts';
import type { RunFact } from '../run-event.ts';
import { clockMs, lostOutput, rewriteMs, seenThrough, shuttingDown } from './run-driver-options.ts';
import type { RunDriverOptions } from './run-driver-options.ts';
import { createRun, stepRun } from '../chart/step-run.ts';
import type { RunSnapshot, Step, StoredState } from '../chart/step-run.ts';
import { finalStates, Run } from '../run.ts';
import { Transcripts } from './transcripts.ts';
import { readState } from '../chart/written-snapshot.ts';

/** An effect that is being performed. */
type Flight = { readonly kind: RunEffect['kind']; readonly controller: AbortController; readonly ended: Promise<void> };

/** A run that is not over. */
type LiveRun = StoredState & { readonly view: Run };

/**
 * Drives runs: one command at a time is applied to a run and committed, then its effects begin; their outcomes come
 * back as commands. `dispatch` is synchronous, so a run needs no mailbox besides the event loop's.
 */
export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #live = new Map<string, LiveRun>();
  readonly #transcripts: Transcripts;
  readonly #watches: DesktopWatches;
  /** Unfinished runs of an earlier start whose desktops are not known yet: what becomes of them is written, and nothing of it begins before `resume`. */
  readonly #untaken: Set<string>;
  /** What was decided for them meanwhile. */
  readonly #withheld = new Set<string>();
  readonly #inFlight = new Map<string, Flight>();
  readonly #changes = new EventEmitter<{ commanding: [string]; committed: [Step]; performed: [string, Parameters<EffectTools['handOver']>[1]] }>();
  /** Actions of people in control that are on their way, by id: in memory only, since they may hold what is typed. */
  readonly entrusted = new Map<string, OperatorRequest>();
  readonly #tools: EffectTools;
  readonly #deadlines: DeadlineTimer;
  readonly #time: TimeSources;
  readonly #clock: ClockWatch;
  readonly #clockTimer: NodeJS.Timeout;
  #isClosing = false;
  #isClosed = false;

  constructor(options: RunDriverOptions) {
    this.#options = options;
    this.#time = options.time ?? machineTime;
    this.#clock = watchClock(this.#time);
    this.#transcripts = new Transcripts(options);
    this.#untaken = new Set(options.journal.unfinishedRuns().map(({ runId }) => runId));
    this.#watches = new DesktopWatches(options.desktops, (runId, desktopId, { kind, reason }) => this.#sayIfKept(runId, { type: 'desktop.ended', at: this.now(), desktopId, kind, reason }));
    this.#changes.setMaxListeners(0);
    this.#tools = {
      ...options,
      shown: createShownPictures(),
      told: (runId) => this.#transcripts.told(runId),
      say: (runId, command) => void this.#sayIfKept(runId, command),
      handOver: (actionId, performed) => void this.#changes.emit('performed', actionId, performed),
      entrusted: (actionId) => this.entrusted.get(actionId),
      standIn: (run) => {
        if (options.journal.run(run.runId) === undefined) this.create(run);
        return this.#live.has(run.runId);
      },
      now: () => this.now(),
    };
    this.#clockTimer = setInterval(() => this.#watchClock(), clockMs).unref();
    this.#deadlines = new DeadlineTimer(options.journal, () => this.now(), (deadline) => this.#wake(deadline));
  }

  /** Accepts a run. Durable when this returns. */
  create(run: NewRun): Run {
    this.refuseClosing();
    const step = createRun(run);
    this.#apply(step);
    if (run.carries !== undefined && run.desktopId !== null) this.#watch(run.runId, run.desktopId);
    return step.view;
  }

  /** Throws `unavailable` once the controller shuts down: nothing new may begin. */
  refuseClosing(): void {
    if (this.#isClosing) throw shuttingDown();
  }

  /** Applies a command to a run. Durable when this returns; undefined if it changed nothing. Throws `unavailable` if it cannot be written. */
  dispatch(runId: string, command: RunCommand): Run | undefined {
    this.#watchClock();
    this.#changes.emit('commanding', runId);
    const state = this.#stateOf(runId);
    const step = state && stepRun(state, command);
    if (step === undefined) return undefined;
    this.#apply(step);
    return step.view;
  }

  /** The wall clock's time, after whatever was due has been moved if the clock was set. */
  now(): number {
    this.#watchClock();
    return this.#time.wall();
  }

  /** A run as it is now; undefined if there is none under that id. */
  view(runId: string): Run | undefined {
    const live = this.#live.get(runId);
    if (live !== undefined) return live.view;
    const stored = this.#options.journal.run(runId);
    return stored && Run.parse(stored.view);
  }

  /** The chart data of a run that is not over. */
  contextOf(runId: string): RunSnapshot['context'] | undefined {
    return this.#live.get(runId)?.snapshot.context;
  }

  /** The chart data of every run that is not over. */
  live(): readonly RunSnapshot[] {
    return [...this.#live.values()].map((state) => state.snapshot);
  }

  /** Calls back before anything is said to a run, and before the driver stops: what is still to be told of it is told first. Returns how to stop. */
  onCommand(listener: (runId: string) => void): () => void {
    this.#changes.on('commanding', listener);
    return () => void this.#changes.off('commanding', listener);
  }

  /** Calls back after every commit. Returns how to stop. */
  onCommit(listener: (step: Step) => void): () => void {
    this.#changes.on('committed', listener);
    return () => void this.#changes.off('committed', listener);
  }

  /** Calls back with every performed action and its picture. Returns how to stop. */
  onPerformed(listener: (actionId: string, performed: Parameters<EffectTools['handOver']>[1]) => void): () => void {
    this.#changes.on('performed', listener);
    return () => void this.#changes.off('performed', listener);
  }

  /**
   * After a restart: takes up every unfinished run where it stood. Effects that were in flight begin again; desktops that
   * are gone end their runs. After a restore all are: `lostBy` says why.
   */
  resume(lostBy?: string): void {
    for (const stored of this.#options.journal.unfinishedRuns()) this.#read(stored);
    this.#untaken.clear();
    for (const { context } of this.live()) {
      this.#sayIfKept(context.runId, { type: 'taken.up', at: this.now() });
      if (lostBy !== undefined && context.desktopId !== null) this.#sayIfKept(context.runId, { type: 'desktop.ended', at: this.now(), desktopId: context.desktopId, kind: 'lost', reason: lostBy });
      this.#takeUp(context);
    }
    this.#deadlines.arm();
  }

  /** A run that cannot be read ends, and its desktop with it; it stands in nobody else's way. */
  #read(stored: StoredRun): void {
    const { journal, desktops, log } = this.#options;
    const read = readRun(journal, stored);
    if ('state' in read) return void this.#live.set(stored.runId, { ...read.state, view: read.view });
    log.error({ runId: stored.runId, problem: read.problem }, 'a run cannot be taken up');
    const { commit, view } = quarantined(journal, stored, read.problem, this.now());
    journal.commit(commit);
    if (view.desktopId !== null) void desktops.release(view.desktopId, 'its run cannot be taken up').catch((error: unknown) => log.warn({ err: error, desktopId: view.desktopId }, 'a desktop was not released yet'));
  }

  #takeUp(context: RunSnapshot['context']): void {
    const { runId, desktopId, display, awaits, fencing, operating } = context;
    const isLeft = awaits?.kind === 'finish' && awaits.leaves !== undefined;
    const isGone = desktopId !== null && display !== null && this.#options.desktops.get(desktopId) === undefined;
    if (isGone && awaits?.kind !== 'finish') {
      this.#sayIfKept(runId, { type: 'desktop.ended', at: this.now(), desktopId, kind: 'lost', reason: 'its container was gone when the controller came back' });
    } else if (desktopId !== null && display !== null && !isGone) {
      if (!isLeft) this.#options.desktops.hold(desktopId, runId);
      this.#watch(runId, desktopId);
    }
    if (fencing !== null) this.#begin(runId, fencing);
    if (operating !== null) this.#begin(runId, operating);
    const now = this.#live.get(runId)?.snapshot.context;
    if (!now?.awaits || this.#inFlight.has(now.awaits.effectId)) return;
    if (now.awaits.kind === 'use' && !this.#withheld.has(now.awaits.effectId)) this.#sayIfKept(runId, { type: 'tool.ended', at: this.now(), effectId: now.awaits.effectId, output: lostOutput, isError: true, ms: 0 });
    else this.#begin(runId, now.awaits);
  }

  /**
   * Stops. Nothing begins any more; an action that is being performed may end within `graceMs`, so that its outcome is
   * recorded. Everything else is given up and stays in the outbox for the next start.
   */
  async close(graceMs: number): Promise<void> {
    for (const { context } of this.live()) this.#changes.emit('commanding', context.runId);
    this.#isClosing = true;
    this.#deadlines.close();
    clearInterval(this.#clockTimer);
    const deadline = performance.now() + graceMs;
    for (const [, flight] of this.#inFlight) if (!seenThrough.has(flight.kind)) flight.controller.abort();
    while (this.#inFlight.size > 0 && performance.now() < deadline) {
      await Promise.race([...[...this.#inFlight.values()].map((flight) => flight.ended), new Promise((resolve) => setTimeout(resolve, deadline - performance.now()).unref())]);
    }
    this.#isClosed = true;
    for (const flight of this.#inFlight.values()) flight.controller.abort();
  }

  #wake({ runId, deadlineId }: StoredDeadline): void {
    const at = this.now();
    const { desktopId } = this.#live.get(runId)?.view ?? { desktopId: null };
    const idleMs = desktopId === null ? undefined : this.#options.desktops.idleMs(desktopId);
    this.#sayIfKept(runId, { type: 'deadline', at, deadlineId, usedAt: idleMs === undefined ? undefined : Math.round(at - idleMs) }, 'once');
  }

  /** A wall clock that was set must not make everything due at once, or nothing for an hour: every live run is told. */
  #watchClock(): void {
    const driftMs = this.#clock.driftMs();
    if (driftMs === 0) return;
    this.#options.log.warn({ driftMs, runs: this.#live.size }, 'clock_jump');
    for (const { context } of this.live()) this.#sayIfKept(context.runId, { type: 'clock.jumped', at: this.#time.wall(), driftMs });
  }

  #stateOf(runId: string): StoredState | undefined {
    const live = this.#live.get(runId);
    if (live !== undefined) return live;
    const stored = this.#options.journal.run(runId);
    return stored && readState(this.#options.journal, stored);
  }

  #apply(step: Step): void {
    if (this.#isClosed) throw shuttingDown();
    this.#options.journal.commit(step.commit);
    const { runId } = step.commit;
    this.#keep(runId, step);
    for (const effectId of step.commit.effectsEnded) this.#abort(effectId);
    if (step.view.state === 'finishing') this.#abort(step.next.snapshot.context.awaits?.effectId);
    for (const fact of step.commit.facts as readonly { type: string; desktopId?: string }[]) {
      if (fact.type === 'desktop.ready' && fact.desktopId !== undefined) this.#watch(runId, fact.desktopId);
    }
    for (const effect of step.begun) this.#begin(runId, effect);
    this.#deadlines.arm();
    this.#changes.emit('committed', step);
  }

  /** What is kept of a run while it lives; nothing of one that is over. */
  #keep(runId: string, { view, next, commit }: Step): void {
    if (finalStates.includes(view.state)) {
      this.#live.delete(runId);
      this.#transcripts.drop(runId);
      this.#watches.unwatch(runId);
    } else {
      this.#live.set(runId, { ...next, view });
      this.#transcripts.record(runId, commit.facts as readonly RunFact[]);
    }
  }

  #abort(effectId: string | undefined): void {
    if (effectId !== undefined) this.#inFlight.get(effectId)?.controller.abort();
  }

  #begin(runId: string, effect: RunEffect): void {
    const context = this.#stateOf(runId)?.snapshot.context;
    if (context === undefined || this.#isClosing) return;
    if (this.#untaken.has(runId)) return void this.#withheld.add(effect.effectId);
    const controller = new AbortController();
    const ended = performEffect(effect, { context, tools: this.#tools }, controller.signal)
      .catch((error: unknown): RunCommand => {
        this.#options.log.error({ err: error, runId, effect: effect.kind }, 'an effect failed in a way it should not');
        return { type: 'cancel', at: this.now(), by: 'vitrine', reason: 'something went wrong inside Vitrine; its log says what' };
      })
      .then((command) => {
        this.#inFlight.delete(effect.effectId);
        this.entrusted.delete(effect.effectId);
        const isGivenUp = this.#isClosing && controller.signal.aborted;
        if (!isGivenUp) this.#sayIfKept(runId, command);
      });
    this.#inFlight.set(effect.effectId, { kind: effect.kind, controller, ended });
  }

  /** An outcome that cannot be written now (a full disk) is written later: it must not be lost. What comes again by itself is said once. */
  #sayIfKept(runId: string, command: RunCommand, how: 'once' | 'until it is kept' = 'until it is kept'): void {
    if (this.#isClosed) return;
    try {
      this.dispatch(runId, command);
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== 'unavailable') {
        this.#options.log.error({ err: error, runId, command: command.type }, 'a command could not be applied');
        return;
      }
      this.#options.log.error({ err: error, runId, command: command.type }, 'a command could not be written; trying again');
      if (how === 'until it is kept') setTimeout(() => this.#sayIfKept(runId, command), rewriteMs).unref();
    }
  }

  #watch(runId: string, desktopId: string): void {
    this.#watches.watch(runId, desktopId, () => this.#live.has(runId));
  }
}
