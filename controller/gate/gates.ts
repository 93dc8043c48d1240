import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { canonicalAddress } from './address.ts';
import { openGate } from './gate.ts';
import type { Gate, GateOptions } from './gate.ts';
import type { HostRule } from './host-rule.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { PrivateTarget, ResolveNames } from './resolve-target.ts';

/** What a desktop's gate needs to know of its run. */
export type GateOwner = Pick<GateOptions, 'policy' | 'spent' | 'ruleOn' | 'questions' | 'onDecision'> & {
  /** Rules that people have added to the policy. */
  readonly allowed: readonly HostRule[];
  /** Starts the desktop's forwarder; the stream leads to it. */
  readonly openForwarder: (signal: AbortSignal) => Promise<Duplex>;
};

/** The ways out of all desktops. */
export interface Gates {
  /** Opens the way out of a desktop, in place of one that it had. With the policy `none` nothing is started at all. */
  open(desktopId: string, owner: GateOwner): void;
  /** Changes what a desktop may reach. One that was opened with `none` gets its forwarder now; one that was not opened, nothing. */
  change(desktopId: string, policy: NetworkPolicy, allowed: readonly HostRule[]): void;
  /** Bytes through a desktop's gate so far; undefined where it has none. */
  traffic(desktopId: string): { readonly up: number; readonly down: number } | undefined;
  close(desktopId: string): void;
  closeAll(): void;
}

export type GatesOptions = {
  readonly log: Logger;
  readonly privateTargets: readonly PrivateTarget[];
  readonly resolveNames?: ResolveNames;
  readonly dial?: GateOptions['dial'];
  /** More addresses that are never dialled, besides this machine's. */
  readonly ownAddresses?: () => ReadonlySet<string>;
};

type Entry = { readonly owner: GateOwner; gate: Gate | undefined; readonly closing: AbortController };

const openMs = 10_000;
const firstRetryMs = 200;
const lastRetryMs = 10_000;

/** Gates by desktop. A forwarder that ends is started again as long as the gate is open. */
export function createGates({ log, privateTargets, resolveNames = resolvePublicly, dial, ownAddresses = addressesOfThisMachine }: GatesOptions): Gates {
  const entries = new Map<string, Entry>();

  const close = (desktopId: string) => {
    const entry = entries.get(desktopId);
    entries.delete(desktopId);
    entry?.closing.abort();
    entry?.gate?.close();
  };
  const change = (desktopId: string, policy: NetworkPolicy, allowed: readonly HostRule[]) => {
    const entry = entries.get(desktopId);
    if (entry === undefined || (entry.gate === undefined && policy.mode === 'none')) return;
    if (entry.gate === undefined) {
      const { spent, ruleOn, questions, onDecision, openForwarder } = entry.owner;
      entry.gate = openGate({ policy, spent, ruleOn, questions, onDecision, privateTargets, resolveNames, ownAddresses, ...(dial === undefined ? {} : { dial }) });
      void keepForwarding(desktopId, entry.gate, openForwarder, entry.closing.signal, log);
    }
    entry.gate.change(policy, allowed);
  };

  return {
    open(desktopId, owner) {
      close(desktopId);
      entries.set(desktopId, { owner, gate: undefined, closing: new AbortController() });
      change(desktopId, owner.policy, owner.allowed);
    },
    change,
    traffic: (desktopId) => {
      const gate = entries.get(desktopId)?.gate;
      return gate && { up: gate.traffic.up, down: gate.traffic.down };
    },
    close,
    closeAll: () => {
      for (const desktopId of entries.keys()) close(desktopId);
    },
  };
}

/** Never rejects. */
async function keepForwarding(desktopId: string, gate: Gate, openForwarder: GateOwner['openForwarder'], signal: AbortSignal, log: Logger): Promise<void> {
  let waitMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      const stream = await openForwarder(AbortSignal.any([signal, AbortSignal.timeout(openMs)]));
      const opened = performance.now();
      const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
      if (signal.aborted) stream.destroy();
      else gate.attach(stream);
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      await closed;
      if (performance.now() - opened > lastRetryMs) waitMs = firstRetryMs;
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, desktopId }, 'the forwarder of a desktop could not be started; trying again');
    }
    await delay(waitMs, undefined, { signal }).catch(() => {}); // Aborted: the loop ends.
    waitMs = Math.min(2 * waitMs, lastRetryMs);
  }
}

/** All addresses of a host, both families, as this machine's name servers know them. Never the hosts file: that is the machine's own business. */
const resolvePublicly: ResolveNames = async (host, signal) => {
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  signal.throwIfAborted();
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0) throw new Error(`no address of ${host}`);
  return found;
};

/** Every address of every interface of this machine, in canonical form. */
export function addressesOfThisMachine(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => canonicalAddress(address.replace(/%.*$/, '')))));
}
