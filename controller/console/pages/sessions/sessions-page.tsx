import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
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
import { isInOrder, placed } from './session-slots.ts';
import type { Slot } from './session-slots.ts';
import { TogetherQuestion } from './together-question.tsx';
import { reachedBy } from './together.ts';
import type { Deed } from './together.ts';
import { Toolbar } from './toolbar.tsx';
import { WaitingShelf } from './waiting-shelf.tsx';
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
        {all !== undefined && <Shelf shown={shown.waiting} />}
        <Cards filter={addressOf(filter)} shown={[...shown.waiting, ...shown.present]} empty={all !== undefined && together.length === 0 ? <Nothing isFiltered={all.length > 0} onShowAll={() => onFilter(noFilter)} /> : null} />
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

function Shelf({ shown }: { readonly shown: readonly Session[] }) {
  return <WaitingShelf keys={useKeys(shown)} />;
}

/** Desktops and what is on them. Nobody moves because of another, until a person asks for the order, filters or looks away. */
function Cards({ filter, shown, empty }: { readonly filter: string; readonly shown: readonly Session[]; readonly empty: ComponentChildren }) {
  const before = useRef<readonly Slot[]>([]);
  const filteredBy = useRef(filter);
  if (filteredBy.current !== filter) before.current = [];
  filteredBy.current = filter;
  const [, putInOrder] = useReducer<number, void>((count) => {
    before.current = [];
    return count + 1;
  }, 0);
  const slots = placed(before.current, shown);
  useEffect(() => {
    before.current = slots;
  }, [slots]);
  useEffect(() => {
    const look = () => {
      if (document.hidden) putInOrder();
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  if (slots.length === 0) return <>{empty}</>;
  return (
    <section class={css.section} aria-labelledby="section-present">
      <header class={css.sectionHead}>
        <h2 id="section-present">Desktops <span class={css.number}>{shown.length}</span></h2>
        {!isInOrder(slots, shown) && <Button kind="quiet" size="small" onClick={() => putInOrder()}>Put in order</Button>}
      </header>
      <ul class={css.cards}>{slots.map(({ id, key, isOver }) => <SessionCard key={id} id={key} isOver={isOver} />)}</ul>
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
  return (
    <>
      <Skeleton height="7.25rem" label="Loading the sessions" />
      <ul class={css.cards} aria-hidden="true">{[1, 2, 3].map((one) => <li key={one} class={css.card}><Skeleton height="22rem" /></li>)}</ul>
    </>
  );
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
