import { useSignal } from '@preact/signals';
import { useRoute } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { SessionPage } from '../session/session-page.tsx';
import { RunSummary } from './run-summary.tsx';

/** A run: live while it goes on, its summary if it is over when the page is opened. */
export function RunPage() {
  const { params } = useRoute();
  const id = params['id'] ?? '';
  const run = useSignal<Run | null>(null);
  const failure = useSignal<ApiFailure | null>(null);
  const attempt = useSignal(0);
  useEffect(() => {
    const closing = new AbortController();
    run.value = null;
    failure.value = null;
    call('GET /api/runs/{id}', { params: { id } }, { signal: closing.signal }).then((found) => { run.value = found; }, (reason: unknown) => {
      if (!closing.signal.aborted) failure.value = ApiFailure.from(reason);
    });
    return () => closing.abort();
  }, [id, attempt.value]);
  if (failure.value !== null) return <Failure what="This run could not be fetched" failure={failure.value} onRetry={() => { attempt.value += 1; }} />;
  if (run.value === null || run.value.id !== id) return <Skeleton height="60dvh" label="Loading the run" />;
  return run.value.endedAt === null ? <SessionPage /> : <RunSummary key={id} run={run.value} />;
}
