import { useLocation } from 'preact-iso';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { consolePaths } from '../../../api/console-paths.ts';
import { ImageBanner } from '../../image/image-banner.tsx';
import { connection, loadFailure, refreshAll } from '../../state/live.ts';
import { may } from '../../state/me.ts';
import type { Session } from '../../state/session-status.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { FinishedList } from './finished-list.tsx';
import { QueueList } from './queue-list.tsx';
import { SessionCard } from './session-card.tsx';
import { addressOf, countsOf, filterOf, modelsOf, noFilter, shownBy } from './session-filter.ts';
import type { SessionFilter } from './session-filter.ts';
import { keysOf, sessions } from './session-signals.ts';
import { TogetherQuestion } from './together-question.tsx';
import { reachedBy } from './together.ts';
import type { Deed } from './together.ts';
import { Toolbar } from './toolbar.tsx';
import css from './sessions.module.css';

/** Every session at a glance: what waits for a person first, then what works, the queue, and what is over. */
export function SessionsPage() {
  const { query, route } = useLocation();
  const filter = useMemo(() => filterOf(query), [query]);
  const [deed, setDeed] = useState<Deed | null>(null);
  const all = sessions.value;
  const shown = shownBy(all ?? [], filter);
  const together = [...shown.waiting, ...shown.present, ...shown.queued];
  const onFilter = (next: SessionFilter) => route(addressOf(next), true);
  return (
    <Page wide title="Sessions" actions={<Actions together={together} onDeed={setDeed} />}>
      <Toolbar filter={filter} onFilter={onFilter} counts={countsOf(all ?? [], filter)} models={modelsOf(all ?? [])} />
      <ImageBanner />
      <div class={css.sections} data-stale={connection.value.kind === 'live' ? undefined : true}>
        {all === undefined && (loadFailure.value === null ? <Loading /> : <Failure what="The sessions could not be fetched" failure={loadFailure.value} onRetry={refreshAll} />)}
        {all !== undefined && together.length === 0 && <Nothing isFiltered={all.length > 0} onShowAll={() => onFilter(noFilter)} />}
        <Cards title="Waiting for a person" kind="waiting" shown={shown.waiting} />
        <Cards title="Desktops" kind="present" shown={shown.present} />
        <Queue shown={shown.queued} />
      </div>
      <FinishedList search={filter.text} />
      {deed !== null && <TogetherQuestion deed={deed} runs={reachedBy(deed, together)} onClose={() => setDeed(null)} />}
    </Page>
  );
}

function Actions({ together, onDeed }: { readonly together: readonly Session[]; readonly onDeed: (deed: Deed) => void }) {
  return (
    <>
      {may('runs:control') && <Button disabled={reachedBy('pause', together).length === 0} onClick={() => onDeed('pause')}>Pause all shown…</Button>}
      {may('runs:control') && <Button disabled={reachedBy('stop', together).length === 0} onClick={() => onDeed('stop')}>Stop all shown…</Button>}
      {may('runs:create') && <ButtonLink kind="primary" href={consolePaths.start}>Start a run</ButtonLink>}
    </>
  );
}

function Cards({ title, kind, shown }: { readonly title: string; readonly kind: 'waiting' | 'present'; readonly shown: readonly Session[] }) {
  const keys = useKeys(shown);
  if (keys.length === 0) return null;
  return (
    <section class={css.section} data-kind={kind} aria-labelledby={`section-${kind}`}>
      <header class={css.sectionHead}><h2 id={`section-${kind}`}>{title} <span class={css.number}>{keys.length}</span></h2></header>
      <ul class={css.cards}>{keys.map((key) => <SessionCard key={key} id={key} />)}</ul>
    </section>
  );
}

function Queue({ shown }: { readonly shown: readonly Session[] }) {
  const keys = useKeys(shown);
  if (keys.length === 0) return null;
  return (
    <section class={css.section} aria-labelledby="section-queue">
      <header class={css.sectionHead}><h2 id="section-queue">Queue <span class={css.number}>{keys.length}</span></h2></header>
      <QueueList keys={keys} />
    </section>
  );
}

function useKeys(shown: readonly Session[]): readonly string[] {
  const before = useRef<readonly string[]>([]);
  const keys = keysOf(before.current, shown);
  useEffect(() => {
    before.current = keys;
  }, [keys]);
  return keys;
}

function Loading() {
  return <ul class={css.cards} role="status" aria-label="Loading the sessions">{[1, 2, 3].map((one) => <li key={one} class={css.card}><Skeleton height="20rem" /></li>)}</ul>;
}

function Nothing({ isFiltered, onShowAll }: { readonly isFiltered: boolean; readonly onShowAll: () => void }) {
  if (isFiltered) return <Empty title="No session matches"><p>There are others that the filter does not show.</p><Button onClick={onShowAll}>Show all</Button></Empty>;
  return (
    <Empty title="No session is open">
      <p>A session is a desktop with the run on it. It begins with a task{may('runs:create') ? ': give one here, by the API, or with' : ', given by the API or with'} <code>npx vitrine run</code>.</p>
      {may('runs:create') && <ButtonLink kind="primary" href={consolePaths.start}>Start a run</ButtonLink>}
    </Empty>
  );
}
