import { pathTo } from '../../../api/console-paths.ts';
import { now } from '../../state/now.ts';
import { Elapsed } from '../../ui/time.tsx';
import { durationWords } from '../../ui/format.ts';
import { sessionAt } from './session-signals.ts';
import css from './sessions.module.css';

/** Runs that have no desktop yet, by their place, with why they wait and when they are expected to begin. A row is a place: who comes up changes its words, and moves nothing. */
export function QueueList({ keys }: { readonly keys: readonly string[] }) {
  return <ol class={css.queue}>{keys.map((key, place) => <QueuedRun key={place} id={key} />)}</ol>;
}

function QueuedRun({ id }: { readonly id: string }) {
  const run = sessionAt(id)?.value.run ?? null;
  if (run === null) return null;
  const begins = run.queue?.estimatedStartAt ?? null;
  return (
    <li class={css.queued} data-session={id}>
      <span class={css.place}><span class="unseen">Place </span>{run.queue?.position ?? '–'}</span>
      <a class={css.queuedTask} href={pathTo('run', run.id)}>{run.task}</a>
      <span class={css.reason}>{run.queue?.reason ?? 'about to begin'}</span>
      <span class={css.model}>{run.model ?? 'a program'}</span>
      <span class={css.since}>{begins === null ? <>waiting <Elapsed from={run.createdAt} /></> : `in about ${durationWords(Math.max(0, begins - now.value))}`}</span>
    </li>
  );
}
