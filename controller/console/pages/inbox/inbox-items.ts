import type { Approval, InboxItem } from '../../api/answers.ts';
import { stuckKey } from '../../decide/queue.ts';
import { statusOfAsked } from '../../state/session-status.ts';
import type { Status } from '../../state/session-status.ts';

/** What waits, the one that ends first in front; what does not end by itself last, the oldest first. */
export function inOrder(items: readonly InboxItem[]): readonly InboxItem[] {
  const end = ({ until }: InboxItem) => until ?? Number.MAX_SAFE_INTEGER;
  return items.toSorted((one, other) => end(one) - end(other) || one.since - other.since);
}

/** One thing that waits, the same as long as it does. Approvals and stuck runs go by the key that the dock gives them. */
export function keyOf(item: InboxItem): string {
  return item.approvalId ?? (item.kind === 'stuck' ? stuckKey(item) : `${item.kind} ${stuckKey(item)}`);
}

/** Its kind in words, colour and shape. `asks`, if known, is the kind of the approval that it is about. */
export function statusOfItem({ kind }: Pick<InboxItem, 'kind'>, asks?: Approval['kind']): Status {
  switch (kind) {
    case 'approval': return statusOfAsked(asks);
    case 'stuck': return { tone: 'waiting', words: 'Stuck: word needed' };
    case 'paused': return { tone: 'idle', words: 'Paused' };
    case 'lease_expired': return { tone: 'waiting', words: 'Lease ended' };
    case 'control_requested': return { tone: 'person', words: 'Asks for control' };
  }
}

/** What happens when nobody does anything until its end. */
export function consequenceOf({ kind }: Pick<InboxItem, 'kind'>, asks?: Approval['kind']): string {
  switch (kind) {
    case 'approval': return asks === 'question' ? 'to answer' : 'until it is denied';
    case 'stuck':
    case 'paused':
    case 'lease_expired': return 'until the run ends';
    case 'control_requested': return 'until the lease ends';
  }
}
