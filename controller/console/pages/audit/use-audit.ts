import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import type { AuditEntry, AuditQuery } from './search.ts';

const pageSize = 100;
/** So long after the last key a filter counts as typed. */
const typedMs = 250;

type State = { readonly entries: readonly AuditEntry[] | undefined; readonly next: number | null; readonly failure: ApiFailure | null; readonly isLoading: boolean };

/** The audit's entries that fit, newest first; `more` appends the next page. */
export function useAudit(search: Pick<AuditQuery, 'who' | 'what' | 'subject'>) {
  const [state, setState] = useState<State>({ entries: undefined, next: null, failure: null, isLoading: true });
  const [asked, setAsked] = useState(0);
  const asking = useRef(new AbortController());
  const fetchPage = async (before: number | undefined, shown: readonly AuditEntry[]) => {
    asking.current.abort();
    const { signal } = (asking.current = new AbortController());
    setState((old) => ({ ...old, isLoading: true, failure: null }));
    try {
      const page = await call('GET /api/audit', { query: { ...search, newest: true, limit: pageSize, before } }, { signal });
      if (!signal.aborted) setState({ entries: [...shown, ...page.entries], next: page.next, failure: null, isLoading: false });
    } catch (reason) {
      if (!signal.aborted) setState((old) => ({ ...old, failure: ApiFailure.from(reason), isLoading: false }));
    }
  };
  const isFirst = useRef(true);
  useEffect(() => {
    const timer = setTimeout(() => void fetchPage(undefined, []), isFirst.current ? 0 : typedMs);
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      asking.current.abort();
    };
  }, [search.who, search.what, search.subject, asked]);
  return {
    ...state,
    hasMore: state.next !== null,
    more: () => void fetchPage(state.next ?? undefined, state.entries ?? []),
    again: () => setAsked((times) => times + 1),
  };
}
