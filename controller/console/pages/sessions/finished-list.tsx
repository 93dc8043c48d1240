import { useEffect, useState } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import { endings } from '../../state/live.ts';
import { statusOfRun } from '../../state/session-status.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Table } from '../../ui/table.tsx';
import { clockText } from '../../ui/format.ts';
import { Money, Moment } from '../../ui/time.tsx';
import { createFinished, outcomes } from './finished.ts';
import type { Outcome } from './finished.ts';
import css from './sessions.module.css';

const outcomeWords: Readonly<Record<Outcome, string>> = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Stopped' };

/** How long after the last key it is searched. */
const afterTypingMs = 200;

/** Runs that are over, newest first: their end, and the way to their replay. */
export function FinishedList({ search }: { readonly search: string }) {
  const [finished] = useState(createFinished);
  const [outcome, setOutcome] = useState<Outcome | ''>('');
  const ended = endings.value;
  useEffect(() => {
    const timer = setTimeout(() => void finished.load(outcome, search, undefined), finished.state.peek().runs === undefined ? 0 : afterTypingMs);
    return () => clearTimeout(timer);
  }, [outcome, search]);
  useEffect(() => void finished.freshen(outcome, search), [ended]);
  const { runs, next, failure, isLoading } = finished.state.value;
  return (
    <section class={css.section} aria-labelledby="finished">
      <header class={css.sectionHead}>
        <h2 id="finished">Finished</h2>
        <SelectField label="Outcome" hidesLabel value={outcome} onValue={(value) => setOutcome(outcomes.find((one) => one === value) ?? '')} options={[{ value: '', words: 'All outcomes' }, ...outcomes.map((value) => ({ value, words: outcomeWords[value] }))]} />
      </header>
      {failure !== null && <Failure what="The finished runs could not be fetched" failure={failure} onRetry={() => void finished.load(outcome, search, undefined)} />}
      {runs === undefined && failure === null && <Skeleton height="9rem" label="Loading the finished runs" />}
      {runs?.length === 0 && <p class={css.none}>{search === '' && outcome === '' ? 'No run has ended yet.' : 'No finished run matches.'}</p>}
      {runs !== undefined && runs.length > 0 && (
        <Table
          label="Finished runs" rows={runs} keyOf={({ id }) => id}
          columns={[
            { name: 'state', title: 'State', cell: (run) => <StateBadge status={statusOfRun(run)} /> },
            { name: 'task', title: 'Task', cell: (run) => <><a class={css.finishedTask} href={pathTo('replay', run.id)}>{run.task}</a>{run.failure !== null && <p class={css.why}>{run.failure.message}</p>}</> },
            { name: 'model', title: 'Model', cell: ({ model }) => model ?? 'a program' },
            { name: 'steps', title: 'Steps', atEnd: true, cell: ({ steps }) => steps },
            { name: 'time', title: 'Time', atEnd: true, cell: ({ createdAt, endedAt }) => clockText((endedAt ?? createdAt) - createdAt) },
            { name: 'cost', title: 'Cost', atEnd: true, cell: ({ costUsd }) => <Money usd={costUsd} /> },
            { name: 'ended', title: 'Ended', atEnd: true, cell: ({ endedAt }) => (endedAt === null ? '' : <Moment at={endedAt} />) },
          ]}
        />
      )}
      {next !== null && <Button busy={isLoading} onClick={() => void finished.load(outcome, search, next)}>Show older ones</Button>}
    </section>
  );
}
