import { signal } from '@preact/signals';
import { ApiFailure } from '../../api/api-failure.ts';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';

export const outcomes = ['succeeded', 'failed', 'cancelled'] as const;
export type Outcome = (typeof outcomes)[number];

export type FinishedState = { readonly runs: readonly Run[] | undefined; readonly next: string | null; readonly failure: ApiFailure | null; readonly isLoading: boolean };

const pageSize = 25;

/** The runs that are over, newest first, page by page. */
export function createFinished() {
  const state = signal<FinishedState>({ runs: undefined, next: null, failure: null, isLoading: true });
  let asked = new AbortController();

  const load = async (outcome: Outcome | '', search: string, after: string | undefined): Promise<void> => {
    asked.abort();
    asked = new AbortController();
    const { signal: until } = asked;
    state.value = { ...state.value, isLoading: true, failure: null };
    try {
      const page = await call('GET /api/runs', { query: { state: outcome === '' ? outcomes.join(',') : outcome, search: search.trim() || undefined, limit: pageSize, after } }, { signal: until });
      const before = after === undefined ? [] : (state.value.runs ?? []);
      const known = new Set(before.map(({ id }) => id));
      if (!until.aborted) state.value = { runs: [...before, ...page.runs.filter(({ id }) => !known.has(id))], next: page.next, failure: null, isLoading: false };
    } catch (reason) {
      if (!until.aborted) state.value = { ...state.value, failure: ApiFailure.from(reason), isLoading: false };
    }
  };

  /** Puts runs that ended since in front, and leaves what was fetched before where it is. */
  const freshen = async (outcome: Outcome | '', search: string): Promise<void> => {
    if (state.value.isLoading || state.value.runs === undefined) return;
    const page = await call('GET /api/runs', { query: { state: outcome === '' ? outcomes.join(',') : outcome, search: search.trim() || undefined, limit: pageSize } }, { signal: asked.signal }).catch(() => null); // The next end of a run asks again.
    if (page === null || state.value.isLoading) return;
    const before = state.value.runs;
    const fresh = new Set(page.runs.map(({ id }) => id));
    const last = page.runs.at(-1)?.createdAt ?? 0;
    const older = before.filter(({ id, createdAt }) => !fresh.has(id) && createdAt <= last);
    state.value = { ...state.value, runs: [...page.runs, ...older], next: older.length === 0 ? page.next : state.value.next };
  };
  return { state, load, freshen };
}
