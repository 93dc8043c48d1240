import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure } from '../api/api-failure.ts';

/** Something that is fetched: its value (the one before stays until the next is there), why it could not be fetched, and how to ask again. */
export type Loaded<Value> = { readonly value: Value | undefined; readonly failure: ApiFailure | null; readonly isLoading: boolean; readonly again: () => void };

/** Fetches when it is first drawn, whenever `of` changes, and when asked to; what is not waited for any longer is given up. */
export function useLoaded<Value>(load: (signal: AbortSignal) => Promise<Value>, of: readonly unknown[] = []): Loaded<Value> {
  const [state, setState] = useState<Omit<Loaded<Value>, 'again'>>({ value: undefined, failure: null, isLoading: true });
  const [asked, setAsked] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const leaving = new AbortController();
    setState(({ value }) => ({ value, failure: null, isLoading: true }));
    latest.current(leaving.signal).then(
      (value) => { if (!leaving.signal.aborted) setState({ value, failure: null, isLoading: false }); },
      (reason: unknown) => { if (!leaving.signal.aborted) setState(({ value }) => ({ value, failure: ApiFailure.from(reason), isLoading: false })); },
    );
    return () => leaving.abort();
  }, [...of, asked]);
  const again = useCallback(() => setAsked((times) => times + 1), []);
  return { ...state, again };
}
