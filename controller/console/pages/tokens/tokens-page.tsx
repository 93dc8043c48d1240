import { useState } from 'preact/hooks';
import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { may } from '../../state/me.ts';
import { now } from '../../state/now.ts';
import { tell } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Question } from '../../ui/dialog.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import type { Column } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { MakeToken } from './make-token.tsx';
import css from './tokens.module.css';

type Token = AnswerOf<'GET /api/tokens'>['tokens'][number];

/** Who may ask what: the tokens of the installation, made and revoked here. */
export function TokensPage() {
  const { value: tokens, failure, again } = useLoaded(async (signal) => (await call('GET /api/tokens', {}, { signal })).tokens.toSorted((one, other) => other.createdAt - one.createdAt));
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  if (!may('tokens:manage')) return <Empty title="Tokens are managed by admins"><p>This token does not have the right <code>tokens:manage</code>.</p></Empty>;
  return (
    <Page title="Tokens" actions={<Button kind="primary" onClick={() => setMaking(true)}>Make a token…</Button>}>
      {failure !== null && <Failure what="The tokens could not be fetched" failure={failure} onRetry={again} />}
      {tokens === undefined && failure === null && <Skeleton height="12rem" label="Loading the tokens" />}
      {tokens?.length === 0 && <Empty title="No token has been made yet"><p>You are signed in with the first token, which lies in the data folder. Make one for every person and every program, so that the audit can tell them apart.</p></Empty>}
      {tokens !== undefined && tokens.length > 0 && <Table label="Tokens" rows={tokens} keyOf={({ id }) => id} columns={columns(setRevoking)} />}
      {isMaking && <MakeToken onMade={again} onClose={() => setMaking(false)} />}
      {revoking !== null && <Revoke token={revoking} onDone={again} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function columns(onRevoke: (token: Token) => void): readonly Column<Token>[] {
  return [
    { name: 'name', title: 'Name', cell: ({ name, id }) => <><strong>{name}</strong> <code class={css.id}>{id}</code></> },
    { name: 'role', title: 'Role', cell: ({ role, scopes }) => <>{role}{scopes.length > 0 && <span class={css.more}> and {scopes.join(', ')}</span>}</> },
    { name: 'project', title: 'Project', cell: ({ project }) => project },
    { name: 'made', title: 'Made', cell: ({ createdAt, createdBy }) => <><Moment at={createdAt} /> <span class={css.more}>by {createdBy}</span></> },
    { name: 'state', title: 'State', cell: (token) => <TokenState token={token} /> },
    { name: 'revoke', title: <span class="unseen">What can be done</span>, atEnd: true, cell: (token) => isAlive(token) && <Button kind="quiet" size="small" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>Revoke…</Button> },
  ];
}

function isAlive({ revokedAt, expiresAt }: Token): boolean {
  return revokedAt === null && expiresAt > now.value;
}

function TokenState({ token }: { readonly token: Token }) {
  if (token.revokedAt !== null) return <span class={css.over}>✕ revoked <Moment at={token.revokedAt} /></span>;
  if (!isAlive(token)) return <span class={css.over}>✕ ended <Moment at={token.expiresAt} /></span>;
  return <span class={css.valid}>✓ valid until {new Date(token.expiresAt).toLocaleDateString('en-CA')}</span>;
}

function Revoke({ token, onDone, onClose }: { readonly token: Token; readonly onDone: () => void; readonly onClose: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await call('DELETE /api/tokens/{id}', { params: { id: token.id } });
      tell('done', `${token.name} is revoked`);
    } catch (reason) {
      tell('failed', `${token.name} was not revoked: ${ApiFailure.from(reason).message}`);
    }
    onDone();
    onClose();
  };
  return (
    <Question title={`Revoke ${token.name}?`} yes="Revoke" danger busy={isBusy} onYes={() => void revoke()} onNo={onClose}>
      <p>Whoever uses it is refused at once. Its browser sessions, event streams and live views end within two seconds. Runs that it started go on.</p>
      <p>This cannot be taken back, and the name is never given again.</p>
    </Question>
  );
}
