import { useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { may } from '../../state/me.ts';
import { tell } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { AuditTable } from './audit-table.tsx';
import { downloadAudit } from './download-audit.ts';
import { searchOf } from './search.ts';
import type { Filters } from './search.ts';
import { useAudit } from './use-audit.ts';
import { Verification } from './verification.tsx';
import css from './audit.module.css';

/** Who changed what, when and from where. */
export function AuditPage() {
  const [filters, setFilters] = useState<Filters>({ who: '', what: '', subject: '' });
  const [exported, setExported] = useState<number | null>(null);
  const { entries, failure, isLoading, hasMore, more, again } = useAudit(searchOf(filters));
  if (!may('audit:read')) return <Empty title="The audit is read by admins"><p>This token does not have the right <code>audit:read</code>.</p></Empty>;
  const download = () => {
    setExported(0);
    downloadAudit((query) => call('GET /api/audit', { query }), setExported)
      .catch((reason: unknown) => tell('failed', `The audit could not be exported: ${ApiFailure.from(reason).message}`))
      .finally(() => setExported(null));
  };
  return (
    <Page title="Audit" actions={<Button busy={exported !== null} onClick={download}>Export all as JSON lines</Button>}>
      <Verification />
      <search class={css.filters}>
        <TextField label="Who" type="search" value={filters.who} onValue={(who) => setFilters({ ...filters, who })} placeholder="name of a token" />
        <TextField label="What" type="search" value={filters.what} onValue={(what) => setFilters({ ...filters, what })} placeholder="part of it: decide, DELETE, token" />
        <TextField label="On what" type="search" value={filters.subject} onValue={(subject) => setFilters({ ...filters, subject })} placeholder="id of a run, desktop or token" />
      </search>
      {failure !== null && <Failure what="The audit could not be fetched" failure={failure} onRetry={again} />}
      {entries === undefined && failure === null && <Skeleton height="20rem" label="Loading the audit" />}
      {entries?.length === 0 && <Empty title="Nothing fits"><p>No entry of the audit fits these filters.</p></Empty>}
      {entries !== undefined && entries.length > 0 && <AuditTable entries={entries} />}
      {hasMore && <p class={css.more}><Button busy={isLoading} onClick={more}>Show older ones</Button></p>}
    </Page>
  );
}
