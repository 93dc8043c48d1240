import { signal } from '@preact/signals';
import { ApiFailure } from '../api/api-failure.ts';
import type { RunFact, RunNetwork } from '../api/answers.ts';
import { call } from '../api/client.ts';
import { onRunEvent } from '../state/live.ts';
import type { NetworkChange } from './network-change.ts';
import { recordedContacts } from './network-words.ts';
import type { Contact } from './network-words.ts';

/** Bytes change without an event: they are asked for this often while somebody looks. */
const everyMs = 5000;

/** A run's way out, kept up to date until it is closed. */
export type NetworkState = ReturnType<typeof followNetwork>;

export function followNetwork(runId: string, isOver: boolean) {
  const network = signal<RunNetwork | null>(null);
  /** By the record, for a run that is over and of which nothing else is remembered. */
  const recorded = signal<readonly Contact[]>([]);
  const failure = signal<ApiFailure | null>(null);
  const busy = signal(false);
  const closing = new AbortController();
  const params = { id: runId };
  const load = async () => {
    try {
      network.value = await call('GET /api/runs/{id}/network', { params }, { signal: closing.signal });
      if (isOver && network.value.hosts.length === 0) recorded.value = recordedContacts(await factsOf(runId, closing.signal));
      failure.value = null;
    } catch (reason) {
      if (!closing.signal.aborted) failure.value = ApiFailure.from(reason);
    }
  };
  const stop = onRunEvent((event) => {
    if (event.runId === runId && /^(network|approval|run\.ended|desktop)/.test(event.fact.type)) void load();
  });
  const timer = setInterval(() => {
    if (!document.hidden && !isOver) void load();
  }, everyMs);
  void load();
  return {
    network, recorded, failure, busy, load,
    /** Changes it. Rejects with ApiFailure when that is refused. */
    async change(body: NetworkChange): Promise<void> {
      busy.value = true;
      try {
        network.value = await call('POST /api/runs/{id}/network', { params, body });
      } catch (reason) {
        throw ApiFailure.from(reason);
      } finally {
        busy.value = false;
      }
    },
    close() {
      closing.abort();
      clearInterval(timer);
      stop();
    },
  };
}

async function factsOf(runId: string, signal: AbortSignal): Promise<readonly RunFact[]> {
  const facts: RunFact[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: { readonly events: readonly { readonly fact: RunFact }[]; readonly next: number | null } = await call('GET /api/runs/{id}/events', { params: { id: runId }, query: { after, limit: 1000 } }, { signal });
    facts.push(...page.events.map(({ fact }) => fact));
    after = page.next;
  }
  return facts;
}
