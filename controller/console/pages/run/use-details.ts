import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import type { Approval } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import type { Film } from '../../film/film.ts';

type Details = { readonly film: ReadonlySignal<Film | null>; readonly approvals: ReadonlySignal<readonly Approval[] | null>; readonly failure: ReadonlySignal<ApiFailure | null>; readonly retry: () => void };

const timeoutMs = 60_000;

/** A run's film and its approvals, oldest first; null until they are there. */
export function useDetails(runId: string): Details {
  const film = useSignal<Film | null>(null);
  const approvals = useSignal<readonly Approval[] | null>(null);
  const failure = useSignal<ApiFailure | null>(null);
  const attempt = useSignal(0);
  useEffect(() => {
    const closing = new AbortController();
    const { signal } = closing;
    Promise.all([call('GET /api/runs/{id}/film', { params: { id: runId } }, { signal, timeoutMs }), approvalsOf(runId, signal)]).then(([made, decided]) => {
      film.value = made;
      approvals.value = decided;
    }).catch((reason: unknown) => {
      if (!signal.aborted) failure.value = ApiFailure.from(reason);
    });
    return () => closing.abort();
  }, [runId, attempt.value]);
  return { film, approvals, failure, retry: () => { failure.value = null; attempt.value += 1; } };
}

async function approvalsOf(runId: string, signal: AbortSignal): Promise<Approval[]> {
  const all: Approval[] = [];
  for (let after: string | undefined; ;) {
    const page = await call('GET /api/approvals', { query: { run: runId, limit: 200, after } }, { signal });
    all.push(...page.approvals);
    if (page.next === null) return all.toReversed();
    after = page.next;
  }
}
