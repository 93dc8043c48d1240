import type { Logger } from 'pino';
import type { Desktop, Desktops, DesktopSpec, DesktopView } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { estimateStarts, median, queueOrder, retryAfterSeconds } from './queue.ts';
import type { Waiting } from './queue.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import { isFinal } from '../run.ts';
import type { QueuePlace, Run } from '../run.ts';
import type { Principal } from '../runs.ts';
import { placeOf } from '../chart/run-view.ts';
import type { RunSnapshot } from '../chart/step-run.ts';

/** `maxDesktops` at a time, callers' included; `maxQueued` runs may wait for one, 100 if absent. */
export type AdmissionLimits = { readonly maxDesktops: number; readonly maxQueued?: number | undefined };

/** How many durations of runs that are over the estimates are made from. */
const maxMeasured = 50;
/** How long those who wait are left when the journal cannot be written. */
const againMs = 1000;
/** Of how many tokens it is known when each was last given a desktop. */
const maxServed = 1000;

/**
 * Who gets a desktop, and when: the order is queue.ts's, computed anew whenever it is asked for. Nothing here is stored;
 * a run that waits is in the journal as `queued`.
 */
export class Admission {
  readonly #driver: RunDriver;
  readonly #desktops: Desktops;
  readonly #limits: { readonly maxDesktops: number; readonly maxQueued: number };
  readonly #log: Logger;
  readonly #beganAt = new Map<string, number>();
  readonly #measuredMs: number[] = [];
  /** Tokens in the order in which each was last given a desktop. */
  readonly #served = new Set<string>();
  #isOpen = false;
  #isPending = false;
  #again: NodeJS.Timeout | undefined;

  constructor(driver: RunDriver, desktops: Desktops, limits: AdmissionLimits & { readonly log: Logger }) {
    this.#driver = driver;
    this.#desktops = desktops;
    this.#log = limits.log;
    this.#limits = { maxDesktops: limits.maxDesktops, maxQueued: limits.maxQueued ?? 100 };
    driver.onCommit(({ view }) => this.#committed(view));
    desktops.onGone(() => this.#admitSoon());
  }

  /** Lets runs in from now on: the desktops of an earlier start are known. */
  open(): void {
    if (!this.#isOpen) for (const { context } of this.#driver.live().filter(hasBegun).toSorted((one, other) => (one.context.startedAt ?? 0) - (other.context.startedAt ?? 0))) this.#serve(context.createdBy);
    this.#isOpen = true;
    this.admit();
  }

  /** Gives the free places to those whose turn it is. A run on a desktop that its caller named needs none. */
  admit(): void {
    if (!this.#isOpen) return;
    try {
      this.#admitAll();
    } catch (error) {
      this.#log.error({ err: error }, 'runs could not be let in; trying again');
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.admit(), againMs).unref();
    }
  }

  #admitAll(): void {
    const waiting = this.#driver.live().filter(isWaiting);
    for (const { context } of waiting) if (context.request.desktopId !== undefined) this.#driver.dispatch(context.runId, { type: 'admit', at: this.#driver.now() });
    for (const { runId, token } of this.#order().slice(0, Math.max(0, this.#free()))) {
      if (this.#driver.dispatch(runId, { type: 'admit', at: this.#driver.now() }) !== undefined) this.#serve(token);
    }
  }

  #serve(token: string): void {
    this.#served.delete(token);
    this.#served.add(token);
    const [longestAgo] = this.#served;
    if (this.#served.size > maxServed && longestAgo !== undefined) this.#served.delete(longestAgo);
  }

  /** Throws `too_many_requests`, with when to try again, if a new run would have to wait and the queue is full. */
  refuseOverflow(): void {
    const { maxQueued, maxDesktops } = this.#limits;
    const queued = this.#order().length;
    if (queued < maxQueued || (queued === 0 && this.#isOpen && this.#free() > 0)) return;
    throw this.#full(`${queued} runs wait for a desktop already, and at most ${maxQueued} may (VITRINE_MAX_QUEUED); all ${maxDesktops} desktops (VITRINE_MAX_DESKTOPS) are in use`);
  }

  /** Launches a desktop for a caller. Throws `too_many_requests`, with when to try again, while all places are taken or runs wait for them. */
  async launch(id: string, spec: DesktopSpec, by: Principal, signal: AbortSignal): Promise<Desktop> {
    const waiting = this.#order().length;
    if (waiting > 0 || this.#free() <= 0) throw this.#full(`all ${this.#limits.maxDesktops} desktops (VITRINE_MAX_DESKTOPS) are in use${waiting === 0 ? '' : `, and ${runsWord(waiting)} before you`}: release one, or try later`);
    return this.#desktops.launch(id, spec, { project: by.project, runId: undefined }, () => undefined, signal);
  }

  /** The runs that wait, with their places in the queue, as of now. */
  readonly places = (): ReadonlyMap<string, QueuePlace> => {
    const order = this.#order();
    const starts = this.#starts(order.length);
    return new Map(order.map(({ runId }, index) => [runId, { position: index + 1, reason: this.#reason(index), estimatedStartAt: starts[index] ?? null }]));
  };

  #reason(before: number): string {
    if (!this.#isOpen) return 'the controller has just started and looks for its desktops first';
    return `all ${this.#limits.maxDesktops} desktops are in use${before === 0 ? '' : `, and ${runsWord(before)} before this one`}`;
  }

  #full(message: string): VitrineError {
    const now = this.#driver.now();
    const seconds = retryAfterSeconds(this.#starts(this.#order().length + 1).at(-1) ?? null, now);
    return new VitrineError('too_many_requests', message, { details: { retryAfterSeconds: seconds } });
  }

  #order(): Waiting[] {
    const live = this.#driver.live();
    const running = new Map<string, number>();
    for (const { context } of live.filter(hasBegun)) running.set(context.createdBy, (running.get(context.createdBy) ?? 0) + 1);
    const waiting = live.filter((snapshot) => isWaiting(snapshot) && snapshot.context.request.desktopId === undefined);
    return queueOrder(waiting.map(({ context }) => ({ runId: context.runId, priority: context.request.priority ?? 'normal', token: context.createdBy })), running, [...this.#served]);
  }

  /** The places that are taken: by desktops that nobody may be asked to give up, and by runs whose desktop is not there yet. */
  #taken(): ReadonlySet<string> {
    const listed = this.#desktops.list().filter((view) => !isSpare(view)).map(({ id }) => id);
    const begun = this.#driver.live().flatMap(({ context }) => (context.startedAt === null || context.desktopId === null ? [] : [context.desktopId]));
    return new Set([...listed, ...begun]);
  }

  #free(): number {
    return this.#limits.maxDesktops - this.#taken().size;
  }

  #starts(count: number): (number | null)[] {
    const typicalMs = median(this.#measuredMs);
    const now = this.#driver.now();
    const running = this.#driver.live().flatMap(({ context }) => (context.startedAt === null || context.request.desktopId !== undefined ? [] : [context.runId]));
    const freeAt = running.map((runId) => now + Math.max(0, (typicalMs ?? Number.POSITIVE_INFINITY) - this.#ranMs(runId)));
    return estimateStarts(count, [...Array.from({ length: Math.max(0, this.#free()) }, () => now), ...freeAt.filter(Number.isFinite)], typicalMs, now);
  }

  #ranMs(runId: string): number {
    const began = this.#beganAt.get(runId);
    return began === undefined ? 0 : performance.now() - began;
  }

  #committed(view: Run): void {
    if (view.startedAt !== null && view.endedAt === null && !this.#beganAt.has(view.id)) this.#beganAt.set(view.id, performance.now());
    if (isFinal(view)) this.#measure(view);
    if (isFinal(view) || view.state === 'queued') this.#admitSoon();
  }

  #measure({ id, state, driver }: Run): void {
    const ranMs = this.#ranMs(id);
    const isKnown = this.#beganAt.delete(id);
    if (!isKnown || driver !== 'model' || state === 'cancelled') return;
    this.#measuredMs.push(ranMs);
    if (this.#measuredMs.length > maxMeasured) this.#measuredMs.shift();
  }

  #admitSoon(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    queueMicrotask(() => {
      this.#isPending = false;
      this.admit();
    });
  }
}

/** Whether a run waits to be let in. One that somebody paused does not: it keeps its place in the line of arrival. */
function isWaiting({ value, context }: RunSnapshot): boolean {
  const { state, control } = placeOf(value);
  return state === 'queued' && control === 'agent' && context.ending === null;
}

function hasBegun({ context }: RunSnapshot): boolean {
  return context.startedAt !== null && context.desktopId !== null;
}

/** Whether a desktop is merely kept for a while, and gives way to whoever needs its place. */
function isSpare({ state, runId, releasesAt }: DesktopView): boolean {
  return state === 'ready' && runId === null && releasesAt !== null;
}

function runsWord(count: number): string {
  return count === 1 ? 'one run goes' : `${count} runs go`;
}
