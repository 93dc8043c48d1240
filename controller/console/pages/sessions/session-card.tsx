import { memo } from 'preact/compat';
import { useRef } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import { kindAskedBy } from '../../decide/waiting.ts';
import { ended, inbox } from '../../state/live.ts';
import { statusOf, waitsForPerson } from '../../state/session-status.ts';
import type { Session, Status } from '../../state/session-status.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Countdown, Elapsed, Money } from '../../ui/time.tsx';
import { sessionAt } from './session-signals.ts';
import { Thumbnail } from './thumbnail.tsx';
import css from './sessions.module.css';

/** One session: its screen, what it does, how it stands, what it waits for. Every line has its place whether or not it is filled. One that is over is shown as it was last. */
export const SessionCard = memo(function SessionCard({ id, isOver }: { readonly id: string; readonly isOver: boolean }) {
  const last = useRef<Session | undefined>(undefined);
  const live = sessionAt(id)?.value;
  if (live !== undefined) last.current = { ...live, run: live.run ?? last.current?.run ?? null };
  const found = live ?? last.current;
  if (found === undefined) return null;
  const end = live === undefined && found.run !== null ? ended.value.get(found.run.id) : undefined;
  const session = end === undefined ? found : { ...found, run: end, desktop: null };
  const { run, desktop } = session;
  const status = isOver && end === undefined ? { tone: 'idle' as const, words: 'Over' } : waitingStatus(session);
  return (
    <li class={css.card} data-tone={status.tone} data-session={isOver ? undefined : id} data-over={isOver || undefined}>
      <div class={css.top}><StateBadge status={status} large />{!isOver && <Left session={session} />}</div>
      {desktop === null || isOver ? <div class={css.screen}><div class={css.launch}>{isOver ? 'Its desktop is gone' : 'No desktop yet'}</div></div> : <Thumbnail desktop={desktop} />}
      <div class={css.about}>
        <h3 class={css.task}><a href={run === null ? pathTo('desktop', id) : pathTo('run', run.id)}>{run?.task ?? `Desktop ${id}`}</a></h3>
        <p class={css.waits} title={run?.waitsFor ?? undefined}>{isOver ? '' : waitsForWords(session)}</p>
        <dl class={css.figures}>
          <div><dt>Model</dt><dd>{run === null ? '–' : (run.model ?? 'a program')}</dd></div>
          <div><dt>Step</dt><dd>{run?.steps ?? '–'}</dd></div>
          <div><dt>Time</dt><dd>{run === null ? <Elapsed from={desktop?.createdAt ?? 0} /> : <Elapsed from={run.createdAt} until={run.endedAt} />}</dd></div>
          <div><dt>Cost</dt><dd><Money usd={run?.costUsd ?? null} /></dd></div>
        </dl>
      </div>
    </li>
  );
});

/** How much time a person has left to decide. */
/** The time that is left to do something about it; nothing where it does not end by itself. */
export function Left({ session: { run } }: { readonly session: Session }) {
  const until = inbox.value.find(({ runId, until: ends }) => runId === run?.id && ends !== null)?.until ?? run?.lease?.until ?? null;
  return until === null ? null : <span class={css.left}><Countdown until={until} /> left</span>;
}

/** How a session stands, where somebody who asks for control counts as waiting too. */
export function waitingStatus(session: Session): Status {
  const { run } = session;
  const status = statusOf(session, kindAskedBy(run));
  return run !== null && waitsForPerson(run) && status.tone !== 'waiting' ? { tone: 'waiting', words: `${run.lease?.requests[0]?.by ?? 'Somebody'} asks for control` } : status;
}

/** What a session waits for, in words; empty if for nothing. */
export function waitsForWords({ run, desktop }: Session) {
  const releasesAt = desktop?.releasesAt ?? null;
  if (run === null) return releasesAt === null ? (desktop?.reason ?? '') : <>Released in <Countdown until={releasesAt} soonMs={0} /></>;
  const asked = inbox.value.find(({ runId }) => runId === run.id);
  if (asked !== undefined) return asked.words;
  if (run.control === 'operator') return run.lease?.reason ?? 'Nothing begins until control is given back';
  return run.waitsFor === null ? '' : `Waits for ${run.waitsFor}`;
}
