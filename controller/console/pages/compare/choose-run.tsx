import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { kindAskedBy } from '../../decide/waiting.ts';
import { statusOfRun } from '../../state/session-status.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { Moment } from '../../ui/time.tsx';
import { sameTaskFirst } from './same-task.ts';
import css from './compare-page.module.css';

const searchAfterMs = 200;

/** A run to choose: those of the same task as `like` stand first. */
export function ChooseRun({ title, like, onChoose }: { readonly title: string; readonly like?: string; readonly onChoose: (id: string) => void }) {
  const search = useSignal('');
  const found = useSignal<readonly Run[] | null>(null);
  const task = useSignal<string | null>(null);
  const failure = useSignal<ApiFailure | null>(null);
  useEffect(() => {
    const closing = new AbortController();
    const { signal } = closing;
    const load = async () => {
      if (like !== undefined && task.peek() === null) task.value = (await call('GET /api/runs/{id}', { params: { id: like } }, { signal })).task;
      const asked = search.value.trim();
      const [same, all] = await Promise.all([
        task.peek() === null || asked !== '' ? [] : call('GET /api/runs', { query: { search: (task.peek() ?? '').slice(0, 200), limit: 50 } }, { signal }).then(({ runs }) => runs),
        call('GET /api/runs', { query: { limit: 50, ...(asked === '' ? {} : { search: asked.slice(0, 200) }) } }, { signal }).then(({ runs }) => runs),
      ]);
      found.value = sameTaskFirst([...same, ...all], task.peek(), like);
      failure.value = null;
    };
    const timer = setTimeout(() => {
      load().catch((reason: unknown) => {
        if (!signal.aborted) failure.value = ApiFailure.from(reason);
      });
    }, found.peek() === null ? 0 : searchAfterMs);
    return () => {
      clearTimeout(timer);
      closing.abort();
    };
  }, [search.value, like]);
  return (
    <section class={css.choose} aria-label={title}>
      <h2>{title}</h2>
      <TextField label="Search the runs" type="search" placeholder="Words of the task" value={search.value} onValue={(value) => { search.value = value; }} />
      {failure.value !== null && <Failure what="The runs could not be listed" failure={failure.value} />}
      {found.value === null && failure.value === null && <Skeleton height="16rem" label="Loading the runs" />}
      {found.value?.length === 0 && <p class={css.quiet}>There is no {like === undefined ? 'run' : 'other run'} that says this.</p>}
      <ul class={css.runs}>
        {found.value?.map((run) => (
          <li key={run.id} class={css.run}>
            <div class={css.which}>
              <span class={css.runTask}>{run.task}</span>
              <span class={css.facts}><StateBadge status={statusOfRun(run, kindAskedBy(run))} />{run.task === task.value && <strong>The same task</strong>}<span>{run.model ?? 'Direct actions'}</span><span>{run.turns} turns</span><Moment at={run.createdAt} /></span>
            </div>
            <Button onClick={() => onChoose(run.id)} aria-label={`Choose ${run.task}, ${run.id}`}>Choose</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
