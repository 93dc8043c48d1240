import { useRoute } from 'preact-iso';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { consolePageAt } from '../../../api/console-paths.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { openSession } from './session-store.ts';
import type { SessionStore } from './session-store.ts';
import { SessionView } from './session-view.tsx';
import css from './session.module.css';

/** One session: a run, or a desktop with whatever is on it. */
export function SessionPage() {
  const { path, params } = useRoute();
  const id = params['id'] ?? '';
  const isDesktop = consolePageAt(path) === 'desktop';
  return <OpenedSession key={`${isDesktop} ${id}`} id={id} isDesktop={isDesktop} />;
}

function OpenedSession({ id, isDesktop }: { readonly id: string; readonly isDesktop: boolean }) {
  const [attempt, setAttempt] = useState(0);
  const store = useMemo(() => openSession(isDesktop ? { desktopId: id } : { runId: id }), [id, isDesktop, attempt]);
  useEffect(() => () => store.close(), [store]);
  return <Loaded store={store} onRetry={() => setAttempt(attempt + 1)} />;
}

function Loaded({ store, onRetry }: { readonly store: SessionStore; readonly onRetry: () => void }) {
  const run = store.run.value;
  const failure = store.failure.value;
  if (failure !== null && run === undefined) return <Failure what="This session could not be fetched" failure={failure} onRetry={onRetry} />;
  if (run === undefined) return <div class={css.page}><Skeleton height="2.5rem" label="Loading the session" /><Skeleton height="60vh" /></div>;
  return <SessionView store={store} run={run} />;
}
