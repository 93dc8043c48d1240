import type { Logger } from 'pino';
import type { Desktops } from '../../desktops/desktop.ts';
import type { Journal } from '../../journal/journal.ts';
import { contactOf } from '../../gate/contact.ts';
import type { HostTotal } from '../../gate/contact.ts';
import type { GateDecision } from '../../gate/gate.ts';
import type { Gates } from '../../gate/gates.ts';
import { ruleOnHost } from '../../policy/hosts.ts';
import { judgeHost, networkOf, policyOf } from '../chart/changes/networking.ts';
import { KeptTraffic } from './kept-traffic.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import type { RunSnapshot } from '../chart/step-run.ts';
import { isFinal } from '../run.ts';

export type WaysOutOptions = { readonly gates: Gates; readonly desktops: Desktops; readonly driver: RunDriver; readonly journal: Pick<Journal, 'traffic' | 'keepTraffic'>; readonly log: Logger };

/** How long a request is held while a person is asked; browsers give up after 30 s. */
const holdMs = 25_000;
/** Kinds of contacts of one run that are recorded. */
const maxRecorded = 1000;
const maxHosts = 1000;
/** How often it is looked whether anything passed on connections that stay open. */
const lookMs = 2000;

type Context = RunSnapshot['context'];
type Way = { readonly desktopId: string; network: Context['network']; readonly recorded: Set<string>; readonly totals: Map<string, HostTotal>; quiet: number; /** Bytes in all, as last seen. */ bytes: { readonly up: number; readonly down: number } };

/** Opens, changes and closes the gates of desktops as their runs begin, change and end; everything else follows from the journal. */
export class WaysOut {
  readonly #options: WaysOutOptions;
  readonly #ways = new Map<string, Way>();
  readonly #kept: KeptTraffic;
  readonly #watch: NodeJS.Timeout;

  constructor(options: WaysOutOptions) {
    this.#options = options;
    this.#kept = new KeptTraffic(options.journal, options.log);
    this.#watch = setInterval(() => this.#keepWhatPassed(), lookMs).unref();
    options.driver.onCommit(({ next: { snapshot: { context } }, view }) => this.#look(context, isFinal(view) || view.state === 'finishing'));
  }

  /** Opens the gates of the runs that a restart has taken up. */
  takeUp(): void {
    for (const { context } of this.#options.driver.live()) this.#look(context, context.ending !== null);
  }

  /** What a run reached and did not, by host, and what its browser tried by itself; of runs that are over too. */
  totals(runId: string): { readonly hosts: readonly HostTotal[]; readonly quiet: number } {
    const way = this.#ways.get(runId);
    if (way !== undefined) return { hosts: [...way.totals.values()], quiet: way.quiet };
    this.#kept.keepNow();
    const { hosts, quiet } = this.#kept.of(runId);
    return { hosts, quiet };
  }

  /** Writes down what has passed. Nothing is written after it. */
  close(): void {
    clearInterval(this.#watch);
    this.#keepWhatPassed();
    this.#kept.close();
  }

  #look(context: Context, isOver: boolean): void {
    const { runId, desktopId } = context;
    const way = this.#ways.get(runId);
    if (isOver || desktopId === null || context.display === null) {
      if (way !== undefined) this.#close(runId, way);
      return;
    }
    if (way === undefined || way.desktopId !== desktopId) this.#open(context, desktopId);
    else if (way.network !== context.network) {
      way.network = context.network;
      this.#options.gates.change(desktopId, policyOf(context), networkOf(context).allowed);
    }
  }

  #open(context: Context, desktopId: string): void {
    const { runId } = context;
    const desktop = this.#options.desktops.get(desktopId);
    if (desktop === undefined) return;
    this.#keepWhatPassed();
    this.#kept.keepNow();
    const { hosts, quiet, up, down } = this.#kept.of(runId);
    const way: Way = { desktopId, network: context.network, recorded: new Set(), totals: new Map(hosts.map((total) => [`${total.host}:${total.port}`, total])), quiet, bytes: { up, down } };
    this.#ways.set(runId, way);
    this.#options.gates.open(desktopId, {
      policy: policyOf(context),
      allowed: networkOf(context).allowed,
      spent: way.bytes,
      ruleOn: (host, port) => ruleOnHost(context.rules ?? [], host, port),
      openForwarder: (signal) => desktop.openForwarder(signal),
      questions: { ask: (host, port) => this.#ask(runId, host, port) },
      onDecision: (decision) => this.#decided(runId, way, decision),
    });
  }

  #close(runId: string, way: Way): void {
    this.#keepWhatPassed();
    this.#ways.delete(runId);
    this.#options.gates.close(way.desktopId);
  }

  /** Keeps the bytes that passed since this was asked last, on connections that are still open too. */
  #keepWhatPassed(): void {
    for (const [runId, way] of this.#ways) {
      const now = this.#options.gates.traffic(way.desktopId);
      if (now === undefined || (now.up === way.bytes.up && now.down === way.bytes.down)) continue;
      way.bytes = now;
      this.#keep(runId, way);
    }
  }

  #keep(runId: string, way: Way): void {
    this.#kept.keepSoon(runId, () => ({ hosts: [...way.totals.values()], quiet: way.quiet, ...way.bytes }));
  }

  /** Asks a person about a host, and waits for the answer as long as the request can wait. */
  async #ask(runId: string, host: string, port: number): Promise<'allow' | 'deny' | 'waiting'> {
    const { driver, log } = this.#options;
    const answer = () => {
      const context = driver.contextOf(runId);
      if (context === undefined) return 'deny';
      const { verdict } = judgeHost(context, host, port);
      if (verdict === 'ask') return networkOf(context).denied.includes(`${host}:${port}`) ? 'deny' : undefined;
      return verdict === 'allow' ? 'allow' : 'deny';
    };
    const { promise, resolve } = Promise.withResolvers<'allow' | 'deny' | 'waiting'>();
    const look = () => {
      const known = answer();
      if (known !== undefined) resolve(known);
    };
    const timer = setTimeout(() => resolve('waiting'), holdMs);
    const stop = driver.onCommit(({ view }) => view.id === runId && look());
    try {
      driver.dispatch(runId, { type: 'network.contact', at: driver.now(), host, port });
      look();
      return await promise;
    } catch (error) {
      log.warn({ err: error, runId, host }, 'a person could not be asked about a host');
      return 'waiting';
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  #decided(runId: string, way: Way, decision: GateDecision): void {
    const { host, port, verdict, rule, reason, isQuiet, bytesUp, bytesDown } = decision;
    this.#keep(runId, way);
    if (isQuiet) {
      way.quiet += 1;
      return;
    }
    const name = `${host}:${port}`;
    const total = way.totals.get(name) ?? { host, port, allowed: 0, refused: 0, bytesUp: 0, bytesDown: 0, reason: null };
    if (way.totals.size < maxHosts || way.totals.has(name)) {
      way.totals.set(name, { ...total, [verdict]: total[verdict] + 1, bytesUp: total.bytesUp + bytesUp, bytesDown: total.bytesDown + bytesDown, reason: verdict === 'refused' ? reason : total.reason });
    }
    const kind = `${name} ${verdict} ${rule}`;
    if (way.recorded.has(kind) || way.recorded.size >= maxRecorded) return;
    way.recorded.add(kind);
    try {
      this.#options.driver.dispatch(runId, { type: 'network.decided', at: this.#options.driver.now(), contact: contactOf(decision) });
    } catch (error) {
      this.#options.log.warn({ err: error, runId, host }, 'a contact could not be recorded');
    }
  }
}
