import { memo } from 'preact/compat';
import { pathTo } from '../../../api/console-paths.ts';
import { inbox } from '../../state/live.ts';
import { statusOf, waitsForPerson } from '../../state/session-status.ts';
import type { Session } from '../../state/session-status.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Countdown, Elapsed, Money } from '../../ui/time.tsx';
import { sessionAt } from './session-signals.ts';
import { Thumbnail } from './thumbnail.tsx';
import css from './sessions.module.css';

/** One session: its screen, what it does, how it stands, what it waits for. Every line has its place whether or not it is filled. */
export const SessionCard = memo(function SessionCard({ id }: { readonly id: string }) {
  const session = sessionAt(id)?.value;
  if (session === undefined) return null;
  const { run, desktop } = session;
  const isWaiting = run !== null && waitsForPerson(run);
  const status = isWaiting && statusOf(session).tone !== 'waiting' ? { tone: 'waiting' as const, words: `${run.lease?.requests[0]?.by ?? 'Somebody'} asks for control` } : statusOf(session);
  return (
    <li class={css.card} data-tone={status.tone} data-session={id}>
      <div class={css.top}><StateBadge status={status} large /><Left session={session} /></div>
      {desktop === null ? <div class={css.screen}><div class={css.launch}>No desktop yet</div></div> : <Thumbnail desktop={desktop} />}
      <div class={css.about}>
        <h3 class={css.task}><a href={run === null ? pathTo('desktop', id) : pathTo('run', run.id)}>{run?.task ?? `Desktop ${id}`}</a></h3>
        <p class={css.waits} title={run?.waitsFor ?? undefined}>{waitsFor(session)}</p>
        <dl class={css.figures}>
          <div><dt>Model</dt><dd>{run === null ? '–' : (run.model ?? 'a program')}</dd></div>
          <div><dt>Step</dt><dd>{run?.steps ?? '–'}</dd></div>
          <div><dt>Time</dt><dd>{run === null ? <Elapsed from={desktop?.createdAt ?? 0} /> : <Elapsed from={run.createdAt} />}</dd></div>
          <div><dt>Cost</dt><dd><Money usd={run?.costUsd ?? null} /></dd></div>
        </dl>
      </div>
    </li>
  );
});

/** How much time a person has left to decide. */
function Left({ session: { run } }: { readonly session: Session }) {
  const until = inbox.value.find(({ runId, until: ends }) => runId === run?.id && ends !== null)?.until ?? run?.lease?.until ?? null;
  return until === null ? null : <span class={css.left}><Countdown until={until} /> left</span>;
}

function waitsFor({ run, desktop }: Session) {
  const releasesAt = desktop?.releasesAt ?? null;
  if (run === null) return releasesAt === null ? (desktop?.reason ?? '') : <>Released in <Countdown until={releasesAt} soonMs={0} /></>;
  const asked = inbox.value.find(({ runId }) => runId === run.id);
  if (asked !== undefined) return asked.words;
  if (run.control === 'operator') return run.lease?.reason ?? 'Nothing begins until control is given back';
  return run.waitsFor === null ? '' : `Waits for ${run.waitsFor}`;
}
