import { pathTo } from '../../../api/console-paths.ts';
import type { InboxItem } from '../../api/answers.ts';
import { ApprovalCard } from '../../decide/approval-card.tsx';
import { show, shown } from '../../decide/dock.ts';
import { StuckCard } from '../../decide/stuck-card.tsx';
import { approvalById, kindAskedBy } from '../../decide/waiting.ts';
import { now } from '../../state/now.ts';
import { Button } from '../../ui/button.tsx';
import { clockText } from '../../ui/format.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { PausedActions } from './paused-actions.tsx';
import { consequenceOf, keyOf, statusOfItem } from './inbox-items.ts';
import css from './inbox.module.css';

type RowProps = { readonly item: InboxItem; /** Where it stands: it changes with whatever moves the row. */ readonly place: string };

/** One thing that waits. The question at hand is open here; the others are a line each. */
export function InboxRow({ item, place }: RowProps) {
  const key = keyOf(item);
  if (shown.value?.key !== key) return <li class={css.item} data-kind={item.kind}><Line item={item} place={place} /></li>;
  const approval = item.approvalId === null ? undefined : approvalById(item.approvalId);
  return (
    <li class={css.item} data-kind={item.kind} data-open>
      {item.kind === 'stuck' && <StuckCard item={item} isInPlace />}
      {approval !== undefined && <ApprovalCard approval={approval} isInPlace />}
    </li>
  );
}

function Line({ item, place }: RowProps) {
  const isForCard = item.kind === 'approval' || item.kind === 'stuck';
  const asks = kindAskedBy(item);
  const deed = item.kind === 'stuck' ? 'Look' : asks === 'question' ? 'Look and answer' : 'Look and decide';
  return (
    <div class={css.line}>
      <StateBadge status={statusOfItem(item, asks)} />
      <div class={css.what}>
        <p class={css.words}>{item.words}</p>
        <p class={css.run}><a href={item.desktopId === null ? pathTo('run', item.runId) : pathTo('desktop', item.desktopId)}>{item.task}</a></p>
      </div>
      <Times item={item} />
      <div class={css.actions}>
        {isForCard ? <Button size="small" onClick={() => show(keyOf(item))}>{deed}</Button> : <PausedActions item={item} place={place} />}
      </div>
    </div>
  );
}

function Times({ item }: { readonly item: InboxItem }) {
  const left = item.until === null ? null : item.until - now.value;
  return (
    <p class={css.times}>
      {left !== null && <strong class={css.left} data-soon={left < 60_000 || undefined}>{left > 0 ? clockText(left) : 'time is up'}</strong>}
      <span>{left === null ? '' : `${consequenceOf(item, kindAskedBy(item))}, `}waits <Elapsed from={item.since} /></span>
    </p>
  );
}
