import { useEffect, useState } from 'preact/hooks';
import { wordsOfApproval } from '../../../api/plain-words.ts';
import { pathTo } from '../../../api/console-paths.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import type { Approval } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { badgeOf } from '../../decide/approval-badge.ts';
import { ApprovalCard } from '../../decide/approval-card.tsx';
import { titleOf } from '../../decide/asked-words.ts';
import { onRunEvent } from '../../state/live.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import css from './inbox.module.css';

type Filter = { readonly state: string; readonly kind: string; readonly run: string };
type Found = { readonly approvals: readonly Approval[]; readonly next: string | null };

const pageSize = 50;
const states = ['approved', 'denied', 'expired', 'withdrawn'] as const;
const kinds = ['safety_check', 'policy', 'stale_target', 'network', 'question'] as const;
const kindWords: Readonly<Record<Approval['kind'], string>> = { safety_check: 'Safety checks', policy: 'Rules', stale_target: 'Screen changed', network: 'Hosts', question: 'Questions' };

/** What people decided, who, when and why; the newest first. */
export function DecidedList() {
  const [filter, setFilter] = useState<Filter>({ state: '', kind: '', run: '' });
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [opened, setOpened] = useState<Approval | null>(null);
  const load = async (after: string | undefined, signal: AbortSignal | undefined) => {
    try {
      const query = { state: states.find((one) => one === filter.state), kind: kinds.find((one) => one === filter.kind), run: filter.run.trim() || undefined, limit: pageSize, after };
      const page = await call('GET /api/approvals', { query }, signal === undefined ? {} : { signal });
      const over = page.approvals.filter(({ state }) => state !== 'pending');
      setFound((before) => ({ approvals: after === undefined || before === null ? over : [...before.approvals, ...over], next: page.next }));
      setFailure(null);
    } catch (reason) {
      if (signal?.aborted !== true) setFailure(ApiFailure.from(reason));
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    void load(undefined, stop.signal);
    const unfollow = onRunEvent(({ fact }) => {
      if (fact.type === 'approval.ended') void load(undefined, stop.signal);
    });
    return () => {
      stop.abort();
      unfollow();
    };
  }, [filter.state, filter.kind, filter.run]);
  return (
    <>
      <div class={css.filters}>
        <SelectField label="Outcome" value={filter.state} onValue={(state) => setFilter({ ...filter, state })} options={[{ value: '', words: 'Every outcome' }, ...states.map((value) => ({ value, words: badgeOf({ state: value, kind: 'policy' }).words }))]} />
        <SelectField label="Kind" value={filter.kind} onValue={(kind) => setFilter({ ...filter, kind })} options={[{ value: '', words: 'Every kind' }, ...kinds.map((value) => ({ value, words: kindWords[value] }))]} />
        <TextField label="Run" placeholder="run-…" autocomplete="off" value={filter.run} onValue={(run) => setFilter({ ...filter, run })} />
      </div>
      {failure !== null && <Failure what="The decisions could not be fetched" failure={failure} onRetry={() => void load(undefined, undefined)} />}
      {found === null && failure === null && <Skeleton height="12rem" label="Fetching the decisions" />}
      {found !== null && found.approvals.length === 0 && <Empty title="No decision"><p>{filter.state === '' && filter.kind === '' && filter.run === '' ? 'Nothing was decided yet.' : 'None that fits.'}</p></Empty>}
      {found !== null && found.approvals.length > 0 && <Decisions approvals={found.approvals} onOpen={setOpened} />}
      {found?.next !== null && found?.next !== undefined && <Button onClick={() => void load(found.next ?? undefined, undefined)}>Earlier ones</Button>}
      {opened !== null && <Dialog title="A decision" wide onClose={() => setOpened(null)}><ApprovalCard approval={opened} /></Dialog>}
    </>
  );
}

function Decisions({ approvals, onOpen }: { readonly approvals: readonly Approval[]; readonly onOpen: (approval: Approval) => void }) {
  return (
    <Table
      label="Decisions"
      rows={approvals}
      keyOf={({ id }) => id}
      columns={[
        { name: 'outcome', title: 'Outcome', cell: (approval) => <StateBadge status={badgeOf(approval)} /> },
        { name: 'when', title: 'When', cell: ({ decidedAt, openedAt }) => <Moment at={decidedAt ?? openedAt} /> },
        { name: 'who', title: 'Who', cell: ({ decidedBy, state }) => decidedBy ?? (state === 'expired' ? 'time' : 'Vitrine') },
        { name: 'what', title: 'What', cell: (approval) => <div class={css.decided}><strong>{titleOf(approval)}</strong><span>{wordsOfApproval(approval)}</span><a href={pathTo('run', approval.runId)}>{approval.runId}</a></div> },
        { name: 'why', title: 'Why', cell: ({ reason, answer, edits }) => <div class={css.decided}>{answer !== null && <span>{answer}</span>}{reason !== null && <span>{reason}</span>}{edits.length > 0 && <span class={css.run}>{edits.length === 1 ? 'a text was edited' : `${edits.length} texts were edited`}</span>}</div> },
        { name: 'look', title: <span class="unseen">Look</span>, atEnd: true, cell: (approval) => <Button kind="quiet" size="small" aria-label={`Look at ${approval.id}`} onClick={() => onOpen(approval)}>Look</Button> },
      ]}
    />
  );
}
