import { Empty } from '../../ui/states.tsx';

/** Inbox. */
export function InboxPage() {
  return <Empty title="Inbox" />;
}
