import { computed, effect, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { clock } from '../../api/clock.ts';
import { liveRun, onRunEvent, refreshAll, refreshRun } from '../../state/live.ts';
import { now } from '../../state/now.ts';
import { tell } from '../../state/toasts.ts';
import { isRenewalDue, leaseTtlMs, leftOf, readLease, writeLease } from './held-lease.ts';
import type { HeldLease } from './held-lease.ts';

type Taken = AnswerOf<'POST /api/desktops/{id}/control/take'>;
export type LeftProcess = Taken['processes'][number];

/** A person's control of one desktop, from this page. */
export type ControlStore = {
  /** The lease that this page holds; null when it holds none. */
  readonly held: ReadonlySignal<HeldLease | null>;
  /** How much of it is left, in milliseconds. */
  readonly left: ReadonlySignal<number>;
  /** What the agent left running, as it was listed last. */
  readonly processes: ReadonlySignal<readonly LeftProcess[]>;
  readonly problem: ReadonlySignal<string | null>;
  /** What is to be told to the model on giving back, as it is being written. */
  readonly note: Signal<string>;
  /** The header that says who asks; empty without a lease. */
  headers(): Record<string, string>;
  /** Each of these rejects with ApiFailure. */
  take(reason: string): Promise<void>;
  seize(reason: string): Promise<void>;
  renew(): Promise<void>;
  giveBack(): Promise<void>;
  request(reason: string): Promise<void>;
  listProcesses(): Promise<void>;
  endProcess(process: LeftProcess): Promise<void>;
  close(): void;
};

/** A lease passes to another run when its own is ended meanwhile: for so long nobody knows it. */
const passingMs = 6000;
const storageKey = (desktopId: string) => `vitrine.lease.${desktopId}`;

/** Opens the control of a desktop: a lease that this page held before it was loaded again is taken up. */
export function openControl(desktopId: string): ControlStore {
  const held = signal<HeldLease | null>(readLease(sessionStorage.getItem(storageKey(desktopId)), desktopId, clock()) ?? null);
  const processes = signal<readonly LeftProcess[]>([]);
  const problem = signal<string | null>(null);
  const note = signal('');
  let lastUseAt = clock();
  let isRenewing = false;
  let refusedSince: number | null = null;
  const params = { id: desktopId };
  const closing = new AbortController();

  const keep = (next: HeldLease | null) => {
    held.value = next;
    if (next === null) sessionStorage.removeItem(storageKey(desktopId));
    else sessionStorage.setItem(storageKey(desktopId), writeLease(next));
  };
  const lose = (why: string) => {
    if (held.peek() === null) return;
    keep(null);
    tell('failed', why);
  };
  const taken = (answer: Taken) => {
    refusedSince = null;
    keep({ desktopId, lease: answer.lease, holder: answer.holder ?? '', ttlMs: leaseTtlMs, renewedAt: clock() });
    processes.value = answer.processes;
    problem.value = answer.problem;
    lastUseAt = clock();
    if (answer.runId === null) refreshAll();
    else refreshRun(answer.runId);
  };
  const leaseOf = () => {
    const lease = held.peek();
    if (lease === null) throw new ApiFailure('conflict', 'you are not in control of this desktop (any more): take control first');
    return lease;
  };
  const store: ControlStore = {
    held, processes, problem, note,
    left: computed(() => (held.value === null ? 0 : leftOf(held.value, now.value))),
    headers(): Record<string, string> {
      const lease = held.peek();
      return lease === null ? {} : { 'x-vitrine-lease': lease.lease };
    },
    take: async (reason) => taken(await call('POST /api/desktops/{id}/control/take', { params, body: { ttlMs: leaseTtlMs, ...said({ reason }) } })),
    seize: async (reason) => taken(await call('POST /api/desktops/{id}/control/seize', { params, body: { ttlMs: leaseTtlMs, ...said({ reason }) } })),
    async renew() {
      const before = leaseOf();
      const askedAt = clock();
      await call('POST /api/desktops/{id}/control/renew', { params, body: { lease: before.lease, ttlMs: leaseTtlMs } });
      if (held.peek()?.lease === before.lease) keep({ ...before, renewedAt: askedAt });
    },
    async giveBack() {
      const { lease } = leaseOf();
      const { runId } = await call('POST /api/desktops/{id}/control/give-back', { params, body: { lease, ...said({ note: note.peek() }) } });
      keep(null);
      note.value = '';
      if (runId === null) refreshAll();
      else refreshRun(runId);
    },
    async request(reason) {
      await call('POST /api/desktops/{id}/control/request', { params, body: said({ reason }) });
    },
    async listProcesses() {
      const answer = await call('GET /api/desktops/{id}/control/processes', { params }, { headers: store.headers() });
      processes.value = answer.processes;
      problem.value = answer.problem;
    },
    async endProcess({ pid, command }) {
      const answer = await call('POST /api/desktops/{id}/control/end-process', { params, body: { lease: leaseOf().lease, pid, command } });
      processes.value = answer.processes;
      problem.value = answer.problem;
    },
    close() {
      closing.abort();
      stopRenewing();
      stopListening();
    },
  };

  const noteUse = () => {
    lastUseAt = clock();
  };
  for (const type of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'input']) window.addEventListener(type, noteUse, { capture: true, passive: true, signal: closing.signal });

  const stopRenewing = effect(() => {
    const at = now.value;
    const lease = held.value;
    if (lease === null || isRenewing) return;
    if (leftOf(lease, at) === 0) return lose('Your time in control is over: the run is paused, and waits in the inbox.');
    if (!isRenewalDue(lease, lastUseAt, at)) return;
    isRenewing = true;
    store.renew().then(() => {
      refusedSince = null;
    }, (reason: unknown) => {
      const { code, message } = ApiFailure.from(reason);
      if (!['conflict', 'not_found', 'gone', 'forbidden'].includes(code)) return;
      refusedSince ??= clock();
      if (code !== 'conflict' || clock() - refusedSince > passingMs) lose(`You are no longer in control: ${message}`);
    }).finally(() => {
      isRenewing = false;
    });
  });

  /** Control that passed to somebody else is told by an event before the next renewal fails. */
  const stopListening = onRunEvent(({ fact, runId }) => {
    const lease = held.peek();
    if (lease === null || fact.type !== 'control.changed' || fact.by === lease.holder || liveRun(runId)?.desktopId !== desktopId) return;
    if (fact.control === 'operator' || fact.reason?.includes(lease.holder) === true) lose(fact.control === 'operator' ? `${fact.by} is in control now.` : `You are no longer in control: ${fact.reason}`);
  });
  return store;
}

/** What was said, without what was left empty. */
function said<Name extends string>(texts: Readonly<Record<Name, string>>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries<string>(texts).map(([name, text]) => [name, text.trim()] as const).filter(([, text]) => text !== '')) as Partial<Record<Name, string>>;
}
