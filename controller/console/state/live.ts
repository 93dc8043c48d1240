import { computed, signal } from '@preact/signals';
import { ApiFailure } from '../api/api-failure.ts';
import type { DesktopView, InboxItem, Run, RunEvent } from '../api/answers.ts';
import { askerHeader, call } from '../api/client.ts';
import { clock } from '../api/clock.ts';
import type { StreamState } from '../api/events.ts';
import { followShared } from '../api/shared-events.ts';
import type { SharedEvents } from '../api/shared-events.ts';
import { me } from './me.ts';
import { createRefresher } from './refresher.ts';
import { merged, withoutEnded } from './merge.ts';

/** How the stream of events stands. While it is not `live`, what is shown may be old. */
export const connection = signal<StreamState>({ kind: 'connecting' });
/** Every desktop, and every run that is not over, kept up to date by events; `undefined` until they are known. */
export const desktops = signal<readonly DesktopView[] | undefined>(undefined);
export const runs = signal<readonly Run[] | undefined>(undefined);
/** Everything that waits for a person, the oldest first. */
export const inbox = signal<readonly InboxItem[]>([]);
/** Why what is shown could not be fetched; null when it could. */
export const loadFailure = signal<ApiFailure | null>(null);
/** Grows whenever a run was seen to end: what lists runs that are over looks again. */
export const endings = signal(0);
/** Runs that were seen to end, as they ended; the last of them. */
export const ended = signal<ReadonlyMap<string, Run>>(new Map());
/** How much waits for a person. */
export const waitingCount = computed(() => inbox.value.length);

const unfinished = 'queued,preparing,deciding,awaitingModel,awaitingSafetyAck,executingAction,observing,awaitingOperator,awaitingCaller,finishing';
/** Facts after which other runs, or the desktops, may look different too. */
const farReaching = new Set<RunEvent['fact']['type']>(['run.created', 'run.ended', 'run.started_over', 'desktop.ready', 'desktop.ended', 'desktop.stage']);
const desktopsEveryMs = 15_000;
const maxEnded = 100;

const eventListeners = new Set<(event: RunEvent) => void>();
let stream: SharedEvents | undefined;
let stopping = new AbortController();
let inboxAsked = 0;
let inboxShown = 0;
let poll: ReturnType<typeof setInterval> | undefined;

/** Calls back with every event of every run as it comes, each once. Returns how to stop. */
export function onRunEvent(listener: (event: RunEvent) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

/** The run with this id, if it is not over; reading it subscribes to changes. */
export function liveRun(id: string): Run | undefined {
  return runs.value?.find((run) => run.id === id);
}

/** The desktop with this id; reading it subscribes to changes. */
export function liveDesktop(id: string): DesktopView | undefined {
  return desktops.value?.find((desktop) => desktop.id === id);
}

const refresher = createRefresher({
  all: async () => {
    const [list, found] = await Promise.all([call('GET /api/desktops', {}, { signal: stopping.signal }), unfinishedRuns(), fetchInbox()]);
    desktops.value = merged(desktops.value ?? [], list.desktops);
    const before = runs.value ?? [];
    runs.value = merged(before, found);
    const left = new Set(found.map(({ id }) => id));
    if (before.some(({ id }) => !left.has(id))) endings.value += 1;
    loadFailure.value = null;
  },
  inbox: fetchInbox,
  run: async (id) => {
    const run = await call('GET /api/runs/{id}', { params: { id } }, { signal: stopping.signal }).catch((reason: unknown) => {
      if (ApiFailure.from(reason).code === 'not_found') return null;
      throw reason;
    });
    const others = runs.value ?? [];
    if (run === null || run.endedAt !== null) runs.value = others.filter((one) => one.id !== id);
    else runs.value = merged(others, others.some((one) => one.id === id) ? others.map((one) => (one.id === id ? run : one)) : [run, ...others]);
    if (run === null || run.endedAt === null) return;
    ended.value = new Map([...ended.value, [run.id, run] as const].slice(-maxEnded));
    endings.value += 1;
  },
  onFailure: (reason) => {
    const failure = ApiFailure.from(reason);
    if (failure.code !== 'aborted') loadFailure.value = failure;
  },
});

/** Fetches everything anew, such as after a failure or an action of one's own. */
export function refreshAll(): void {
  refresher.all();
}

/** Fetches one run anew, such as after an action of one's own: faster than waiting for its event. */
export function refreshRun(id: string): void {
  refresher.run(id);
}

/** Takes the run that an action of one's own was answered with. */
export function takeRun(run: Run): void {
  runs.value = withoutEnded(merged(runs.value ?? [], (runs.value ?? []).map((one) => (one.id === run.id ? run : one))));
}

/** Begins to follow: where the journal stands now, what there is, then every event after that. */
export function startLive(): void {
  stopLive();
  stopping = new AbortController();
  const { signal: until } = stopping;
  const begin = async () => {
    stream?.close();
    stream = followShared<RunEvent>({
      name: `vitrine.events.${me.value?.project}.${me.value?.name}`,
      url: '/api/events',
      headers: askerHeader(),
      begin: async () => (await call('GET /api/events', { query: { newest: true, limit: 1 } }, { signal: until })).events.at(-1)?.sequence ?? 0,
      after: (sequence) => eventsAfter(sequence, until),
      onEvent: take,
      onState: (state) => {
        // What no event tells, such as a desktop without a run, may have changed meanwhile.
        if (state.kind === 'live' && connection.value.kind === 'reconnecting') refresher.all();
        connection.value = state;
      },
    });
    await stream.begun;
    refresher.all();
  };
  const attempt = () => {
    begin().catch((reason: unknown) => {
      if (until.aborted) return;
      loadFailure.value = ApiFailure.from(reason);
      connection.value = { kind: 'reconnecting', since: clock(), retryAt: clock() + 3000, attempts: 1 };
      setTimeout(attempt, 3000);
    });
  };
  attempt();
  poll = setInterval(() => {
    if (!document.hidden) refresher.all();
  }, desktopsEveryMs);
  const wake = () => {
    stream?.wake();
    if (!document.hidden) stream?.catchUp().catch(() => undefined); // The next look asks again.
  };
  globalThis.addEventListener('online', wake, { signal: until });
  for (const back of ['visibilitychange', 'resume']) document.addEventListener(back, wake, { signal: until });
}

/** Stops following; what is known stays as it is. */
export function holdLive(): void {
  stopping.abort();
  stream?.close();
  stream = undefined;
  clearInterval(poll);
}

/** Stops following and forgets everything: whoever signs in next may see other things. */
export function stopLive(): void {
  holdLive();
  desktops.value = undefined;
  runs.value = undefined;
  inbox.value = [];
  ended.value = new Map();
  loadFailure.value = null;
  connection.value = { kind: 'connecting' };
}

function take(event: RunEvent): void {
  for (const listener of eventListeners) listener(event);
  const { fact, runId } = event;
  refresher.run(runId);
  if (farReaching.has(fact.type) || (fact.type === 'state.changed' && (fact.from === 'queued' || fact.to === 'queued'))) refresher.all();
  if (/^(approval|control|state|note)\./.test(fact.type)) refresher.inbox();
}

/** An answer to a question that was asked before the one that is shown is not shown any more. */
async function fetchInbox(): Promise<void> {
  inboxAsked += 1;
  const number = inboxAsked;
  const { items } = await call('GET /api/inbox', {}, { signal: stopping.signal });
  if (number < inboxShown) return;
  inboxShown = number;
  inbox.value = items;
}

async function eventsAfter(first: number, signal: AbortSignal): Promise<{ readonly sequence: number; readonly event: RunEvent }[]> {
  const found: { readonly sequence: number; readonly event: RunEvent }[] = [];
  for (let after: number | null = first; after !== null;) {
    const page: { readonly events: readonly RunEvent[]; readonly next: number | null } = await call('GET /api/events', { query: { after, limit: 1000 } }, { signal });
    found.push(...page.events.map((event) => ({ sequence: event.sequence, event })));
    after = page.next;
  }
  return found;
}

async function unfinishedRuns(): Promise<Run[]> {
  const found: Run[] = [];
  for (let after: string | undefined; ;) {
    const page = await call('GET /api/runs', { query: { state: unfinished, limit: 200, after } }, { signal: stopping.signal });
    found.push(...page.runs);
    if (page.next === null) return found;
    after = page.next;
  }
}
