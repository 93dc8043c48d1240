import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { ApiFailure } from '../api/api-failure.ts';
import type { RunEvent } from '../api/answers.ts';
import { call } from '../api/client.ts';
import { onRunEvent } from './live.ts';

export type RunHistory = {
  /** Everything that happened in the run so far, oldest first, each once; grows as it happens. */
  readonly events: ReadonlySignal<readonly RunEvent[]>;
  /** Whether the past has been fetched as a whole. */
  readonly isComplete: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<ApiFailure | null>;
  close(): void;
};

const pageSize = 1000;

/**
 * The events of one run from its beginning, then as they come over the one stream that the console has. What comes
 * while the past is being fetched waits for its turn, so that nothing is left out and nothing is there twice.
 */
export function followRun(runId: string): RunHistory {
  const events = signal<readonly RunEvent[]>([]);
  const isComplete = signal(false);
  const failure = signal<ApiFailure | null>(null);
  const closing = new AbortController();
  const early: RunEvent[] = [];
  let gathered: RunEvent[] = [];
  let isDrawn = true;
  const add = (more: readonly RunEvent[]) => {
    const last = gathered.at(-1)?.sequence ?? 0;
    const fresh = more.filter(({ sequence }) => sequence > last);
    if (fresh.length === 0) return;
    gathered = [...gathered, ...fresh];
    if (!isDrawn) return;
    isDrawn = false;
    requestAnimationFrame(() => {
      isDrawn = true;
      events.value = gathered;
    });
  };
  const stop = onRunEvent((event) => {
    if (event.runId !== runId) return;
    if (isComplete.value) add([event]);
    else early.push(event);
  });
  const fetchPast = async () => {
    for (let after: number | null = 0; after !== null;) {
      const page: { readonly events: readonly RunEvent[]; readonly next: number | null } = await call('GET /api/runs/{id}/events', { params: { id: runId }, query: { after, limit: pageSize } }, { signal: closing.signal });
      add(page.events);
      after = page.next;
    }
    isComplete.value = true;
    add(early);
  };
  fetchPast().catch((reason: unknown) => {
    const why = ApiFailure.from(reason);
    if (why.code !== 'aborted') failure.value = why;
  });
  return {
    events, isComplete, failure,
    close() {
      stop();
      closing.abort();
    },
  };
}
