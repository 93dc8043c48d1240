import { pathTo } from '../../../api/console-paths.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Left, waitingStatus, waitsForWords } from './session-card.tsx';
import { sessionAt } from './session-signals.ts';
import css from './sessions.module.css';

/** What waits for a person, in front of everything. As high without anything in it: what is below stays where it is. */
export function WaitingShelf({ keys }: { readonly keys: readonly string[] }) {
  return (
    <section class={css.shelf} data-some={keys.length > 0 || undefined} aria-labelledby="section-waiting">
      <h2 id="section-waiting">{keys.length === 0 ? 'Nothing waits for a person' : <>Waiting for a person <span class={css.number}>{keys.length}</span></>}</h2>
      <ul class={css.tiles} tabIndex={keys.length > 0 ? 0 : undefined} aria-label="Sessions that wait">{keys.map((key) => <Tile key={key} id={key} />)}</ul>
    </section>
  );
}

function Tile({ id }: { readonly id: string }) {
  const session = sessionAt(id)?.value;
  if (session === undefined || session.run === null) return null;
  const { run } = session;
  return (
    <li class={css.tile}>
      <div class={css.tileHead}><StateBadge status={waitingStatus(session)} /><Left session={session} /></div>
      <a class={css.tileTask} href={pathTo('run', run.id)}>{run.task}</a>
      <p class={css.tileWaits}>{waitsForWords(session)}</p>
    </li>
  );
}
