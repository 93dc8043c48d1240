import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiFailure } from '../api/api-failure.ts';
import type { RunNetwork } from '../api/answers.ts';
import { show } from '../decide/dock.ts';
import { may } from '../state/me.ts';
import { tell } from '../state/toasts.ts';
import { Button } from '../ui/button.tsx';
import { bytesText } from '../ui/format.ts';
import { Failure, Skeleton } from '../ui/states.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import type { Status } from '../state/session-status.ts';
import { allowing, without } from './network-change.ts';
import type { NetworkChange } from './network-change.ts';
import { followNetwork } from './network-state.ts';
import { contactsOf, modes, nameOf, rulesOf, trafficOf } from './network-words.ts';
import type { Contact, Standing } from './network-words.ts';
import { HostForm, ModeForm } from './network-forms.tsx';
import css from './network.module.css';

type PanelProps = { readonly runId: string; /** A run that is over: nothing can be changed. */ readonly isOver?: boolean };

/** What a run's desktop asked for, what it reached and what was refused, and what it may reach; who may, changes that at once. */
export function NetworkPanel({ runId, isOver = false }: PanelProps) {
  const state = useMemo(() => followNetwork(runId, isOver), [runId, isOver]);
  useEffect(() => state.close, [state]);
  const network = state.network.value;
  if (network === null) return state.failure.value === null ? <Skeleton height="12rem" label="Fetching what it may reach" /> : <Failure what="What it may reach could not be fetched" failure={state.failure.value} onRetry={() => void state.load()} />;
  const mayChange = may('network:write') && !isOver;
  const change = (body: NetworkChange, done: string) => state.change(body).then(() => tell('done', done), (reason: unknown) => tell('failed', ApiFailure.from(reason).message));
  return (
    <section class={css.panel} aria-label="Network">
      <Summary network={network} />
      <Contacts contacts={network.hosts.length === 0 && isOver ? state.recorded.value : contactsOf(network)} isOver={isOver} onAllow={mayChange ? (contact) => void change(allowing(contact.host, [contact.port]), `${contact.host}:${contact.port} can be reached by this run from now on.`) : undefined} isBusy={state.busy.value} />
      <Rules network={network} isBusy={state.busy.value} onRemove={mayChange ? (body, name) => void change(body, `${name} cannot be reached any more.`) : undefined} />
      {mayChange && <HostForm isBusy={state.busy.value} onAllow={(host, ports) => change(allowing(host, ports), `${nameOf({ host, ports: [...ports] })} can be reached by this run from now on.`)} />}
      {mayChange && <ModeForm network={network} isBusy={state.busy.value} onChange={(body, words) => change(body, `${words}: in force.`)} />}
      {!mayChange && !isOver && <p class={css.quiet}>Changing what it may reach takes the right network:write.</p>}
    </section>
  );
}

function Summary({ network }: { readonly network: RunNetwork }) {
  const mode = modes.find((one) => one.mode === network.policy.mode);
  const { up, down } = trafficOf(network);
  return (
    <dl class={css.summary}>
      <div><dt>Way out</dt><dd><strong>{mode?.words}</strong><span class={css.quiet}>{mode?.meaning}</span></dd></div>
      <div><dt>Sent</dt><dd class={css.figure}>↑ {bytesText(up)}</dd></div>
      <div><dt>Received</dt><dd class={css.figure}>↓ {bytesText(down)}</dd></div>
      <div><dt>Refused unasked</dt><dd class={css.figure} title="Requests that browsers make by themselves">{network.quiet}</dd></div>
    </dl>
  );
}

const standings: Readonly<Record<Standing, Status>> = {
  asked: { tone: 'waiting', words: 'Decision needed' }, refused: { tone: 'failed', words: 'Refused' }, mixed: { tone: 'idle', words: 'Reached, and refused' }, reached: { tone: 'succeeded', words: 'Reached' },
};

type ContactsProps = { readonly contacts: readonly Contact[]; readonly isOver: boolean; readonly isBusy: boolean; readonly onAllow: ((contact: Contact) => void) | undefined };

function Contacts({ contacts, isOver, isBusy, onAllow }: ContactsProps) {
  if (contacts.length === 0) return <p class={css.none}>{isOver ? 'It asked for nothing.' : 'It has not asked for anything yet.'}</p>;
  return (
    <ul class={css.contacts} aria-label="What it asked for">
      {contacts.map((contact) => (
        <li key={contact.key} class={css.contact} data-standing={contact.standing}>
          <span class={css.host}>{contact.host}<span class={css.port}>:{contact.port}</span></span>
          <StateBadge status={standings[contact.standing]} />
          <span class={css.bytes}>{contact.total === null ? '' : `↑ ${bytesText(contact.total.bytesUp)}  ↓ ${bytesText(contact.total.bytesDown)}`}</span>
          <span class={css.counts}>{contact.total === null ? '' : countsOf(contact.total)}</span>
          {contact.reason !== null && <span class={css.reason}>{contact.reason}</span>}
          <Act contact={contact} isBusy={isBusy} onAllow={onAllow} />
        </li>
      ))}
    </ul>
  );
}

function Act({ contact, isBusy, onAllow }: { readonly contact: Contact } & Pick<ContactsProps, 'isBusy' | 'onAllow'>) {
  const { approvalId, standing, isListed, host, port } = contact;
  if (approvalId !== null) return <span class={css.act}><Button size="small" onClick={() => show(approvalId)}>Decide</Button></span>;
  if (onAllow === undefined || isListed || standing === 'reached') return <span class={css.act} />;
  return <span class={css.act}><Button size="small" busy={isBusy} aria-label={`Allow for this run: ${host}:${port}`} onClick={() => onAllow(contact)}>Allow for this run</Button></span>;
}

type RulesProps = { readonly network: RunNetwork; readonly isBusy: boolean; readonly onRemove: ((body: NetworkChange, name: string) => void) | undefined };

function Rules({ network, isBusy, onRemove }: RulesProps) {
  const rules = rulesOf(network);
  const [leaving, setLeaving] = useState<string | null>(null);
  if (rules.length === 0) return null;
  return (
    <section class={css.rules}>
      <h3>May be reached</h3>
      <ul class={css.list} aria-label="May be reached">
        {rules.map((one) => (
          <li key={one.key} class={css.rule}>
            <span class={css.named}><span class={css.host}>{nameOf(one.rule)}</span><span class={css.quiet}>{one.by === 'policy' ? 'by the policy' : 'added by a person'}</span></span>
            {onRemove !== undefined && <Button kind="quiet" size="small" busy={isBusy && leaving === one.key} aria-label={`Remove ${nameOf(one.rule)}`} onClick={() => { setLeaving(one.key); onRemove(without(network, one), nameOf(one.rule)); }}>Remove</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function countsOf({ allowed, refused }: { readonly allowed: number; readonly refused: number }): string {
  return [allowed > 0 ? `${allowed} allowed` : '', refused > 0 ? `${refused} refused` : ''].filter((words) => words !== '').join(', ');
}
