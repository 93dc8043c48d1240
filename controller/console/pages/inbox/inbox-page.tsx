import { useEffect, useState } from 'preact/hooks';
import { pageIs, shown } from '../../decide/dock.ts';
import { NotifyButton } from '../../decide/notify-button.tsx';
import { connection, desktops, inbox, loadFailure, refreshAll } from '../../state/live.ts';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { DecidedList } from './decided-list.tsx';
import { InboxRow } from './inbox-row.tsx';
import { inOrder, keyOf } from './inbox-items.ts';
import css from './inbox.module.css';

type View = 'waiting' | 'decided';

/** All that waits for a person over all runs, and what was decided before. */
export function InboxPage() {
  const [view, setView] = useState<View>('waiting');
  const count = inbox.value.length;
  useEffect(() => {
    pageIs.value = view === 'waiting' ? 'all' : 'about';
    return () => {
      pageIs.value = null;
    };
  }, [view]);
  return (
    <div class={css.page}>
      <header class={css.head}>
        <h1>Inbox</h1>
        <NotifyButton />
      </header>
      <Tabs label="Inbox" chosen={view} onChoose={(name) => setView(name === 'decided' ? 'decided' : 'waiting')} tabs={[{ name: 'waiting', words: `Waiting (${count})` }, { name: 'decided', words: 'Decided' }]}>
        <div class={css.body}>{view === 'waiting' ? <WaitingList /> : <DecidedList />}</div>
      </Tabs>
    </div>
  );
}

function WaitingList() {
  if (desktops.value === undefined) return loadFailure.value === null ? <Skeleton height="12rem" label="Fetching what waits" /> : <Failure what="What waits could not be fetched" failure={loadFailure.value} onRetry={refreshAll} />;
  const items = inOrder(inbox.value);
  if (items.length === 0) {
    return <Empty title="Nothing waits for a person"><p>{connection.value.kind === 'live' ? 'Safety checks, rules that ask, hosts that are new, runs that are stuck or paused, and requests for control appear here as they come.' : 'This was so when the connection was lost.'}</p></Empty>;
  }
  return <ol class={css.items} aria-label="What waits, the one that ends first in front">{items.map((item, index) => <InboxRow key={keyOf(item)} item={item} place={`${index} ${shown.value?.key ?? ''}`} />)}</ol>;
}
