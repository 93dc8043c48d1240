import { randomBytes } from 'node:crypto';
import type { Desktops, DesktopSpec } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import type { NetworkPolicy } from '../gate/network-policy.ts';
import type { Logger } from '../log.ts';
import { finalStates } from '../runs/run.ts';
import type { Run } from '../runs/run.ts';
import type { Principal, Runs } from '../runs/runs.ts';

/** What is needed of the desktops of this installation. */
export type DesktopSupply = Pick<Desktops, 'get' | 'list'>;

/** What a request says about its desktop. */
export type WantedDesktop = {
  /** The desktop that it names; undefined for a new one. */
  readonly id: string | undefined;
  readonly display: DesktopSpec['display'];
  /** What a new one may reach; nothing if absent. */
  readonly network: NetworkPolicy | undefined;
  /** Marks a request that may be sent again: it gets the desktop of its first sending if that came so far. */
  readonly digest: string;
  readonly isRetry: boolean;
};

/** A desktop for one request; `done` says, once, that the request is answered. */
export type TakenDesktop = { readonly id: string; readonly isNew: boolean; readonly done: () => void };

export type SuppliedDesktopsOptions = {
  readonly desktops: DesktopSupply;
  readonly runs: Runs;
  readonly log: Logger;
  readonly recordLaunch?: ((desktopId: string, by: Principal) => void) | undefined;
  /** How long a desktop is kept that nobody uses. */
  readonly idleMs: number;
  readonly sweepMs: number;
};

/** By its beginning a desktop is known as supplied here, after a restart too. */
const prefix = 'pass-';
const releaseMs = 60_000;

type Use = { at: number; sign: string };

/**
 * Desktops for callers with a loop of their own. One that was launched here is released when for `idleMs` no request named
 * it and no action was performed on it; others are left to who launched them.
 */
export class SuppliedDesktops {
  readonly #options: SuppliedDesktopsOptions;
  readonly #uses = new Map<string, Use>();
  /** Requests under way by desktop. */
  readonly #busy = new Map<string, number>();
  readonly #releasing = new Set<string>();
  /** The desktop of each request that may be sent again, from the beginning of its launch. */
  readonly #byDigest = new Map<string, { readonly id: string; readonly launched: Promise<unknown> }>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: SuppliedDesktopsOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), options.sweepMs).unref();
  }

  /** The desktop that a request names, or a new one. Throws `not_found` for one of another project, `gone` for one that has ended, and whatever a launch throws. */
  async take(wanted: WantedDesktop, by: Principal, signal: AbortSignal): Promise<TakenDesktop> {
    const first = wanted.isRetry ? this.#byDigest.get(wanted.digest) : undefined;
    await first?.launched;
    const known = wanted.id ?? (first !== undefined && this.#options.desktops.get(first.id) !== undefined ? first.id : undefined);
    if (known !== undefined) {
      this.#refuseUnusable(known, by);
      return this.#taken(known, false);
    }
    const id = `${prefix}${randomBytes(10).toString('hex')}`;
    this.#options.recordLaunch?.(id, by);
    const launched = this.#options.runs.launchDesktop(id, { display: wanted.display, template: 'default', ...(wanted.network === undefined ? {} : { network: wanted.network }) }, by, signal);
    this.#byDigest.set(wanted.digest, { id, launched: launched.catch(() => undefined) });
    await launched;
    return this.#taken(id, true);
  }

  /** Releases a desktop that came to nothing; never rejects. */
  async giveBack(id: string, by: Principal): Promise<void> {
    if (this.#releasing.has(id)) return;
    this.#releasing.add(id);
    try {
      await this.#options.runs.releaseDesktop(id, by, undefined, AbortSignal.timeout(releaseMs));
    } catch (error) {
      this.#options.log.warn({ err: error, desktopId: id }, 'a desktop that nobody uses was not released yet');
    } finally {
      this.#releasing.delete(id);
    }
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  #taken(id: string, isNew: boolean): TakenDesktop {
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
    let isDone = false;
    const done = () => {
      if (isDone) return;
      isDone = true;
      const left = (this.#busy.get(id) ?? 1) - 1;
      if (left > 0) this.#busy.set(id, left);
      else this.#busy.delete(id);
      this.#uses.set(id, { at: Date.now(), sign: this.#uses.get(id)?.sign ?? '' });
    };
    return { id, isNew, done };
  }

  #refuseUnusable(id: string, by: Principal): void {
    const { desktops } = this.#options;
    const view = desktops.list().find((each) => each.id === id && each.project === by.project);
    if (view === undefined) throw new VitrineError('not_found', `There is no desktop '${id.slice(0, 100)}': leave the desktop out and a new one is launched.`);
    if (view.state === 'launching') throw new VitrineError('conflict', `Desktop '${id}' is still launching.`);
    if (desktops.get(id) === undefined || view.state !== 'ready') throw new VitrineError('gone', `Desktop '${id}' is ${view.state}${view.reason === null ? '' : `: ${view.reason}`}. Leave the desktop out and a new one is launched.`);
  }

  #sweep(): void {
    const views = this.#options.desktops.list().filter(({ id }) => id.startsWith(prefix));
    const there = new Set(views.map(({ id }) => id));
    for (const id of this.#uses.keys()) if (!there.has(id)) this.#uses.delete(id);
    for (const [digest, { id }] of this.#byDigest) if (!there.has(id)) this.#byDigest.delete(digest);
    for (const { id, state, project } of views) {
      if (state === 'launching' || state === 'releasing' || !this.#isIdle(id, { name: 'gateway', project })) continue;
      this.#options.log.info({ desktopId: id }, 'released: nobody used it any more');
      void this.giveBack(id, { name: 'gateway', project });
    }
  }

  #isIdle(id: string, by: Principal): boolean {
    const [run] = this.#options.runs.list({ desktopId: id, limit: 1 }, by).items;
    const sign = run === undefined ? '' : `${run.id} ${run.steps}`;
    const last = this.#uses.get(id);
    const isUsed = last === undefined || last.sign !== sign || this.#busy.has(id) || (run !== undefined && isAtWork(run));
    if (isUsed) this.#uses.set(id, { at: Date.now(), sign });
    return !isUsed && Date.now() - last.at >= this.#options.idleMs;
  }
}

/** Whether somebody besides a caller who may have gone has the desktop: a model, an action under way, a person. */
function isAtWork(run: Run): boolean {
  return !finalStates.includes(run.state) && (run.driver === 'model' || run.state !== 'awaitingCaller' || run.control !== 'agent');
}
