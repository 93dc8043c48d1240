import { useSignal } from '@preact/signals';
import type { Pair, TurnOfFilm } from '../../film/align.ts';
import { CheckField } from '../../ui/field.tsx';
import type { Stop } from './together.ts';
import css from './compare-page.module.css';

/** How many pairs are drawn before one asks for more. */
const pageSize = 200;

/** The turns of both runs, those that belong together in one line, with what differs. */
export function ComparedTurns({ pairs, current, onChoose }: { readonly pairs: readonly Pair[]; readonly current: Stop | undefined; readonly onChoose: (index: number) => void }) {
  const onlyDifferent = useSignal(false);
  const shown = useSignal(pageSize);
  const rows = pairs.map((pair, index) => ({ pair, index })).filter(({ pair }) => !onlyDifferent.value || pair.differences.length > 0);
  const differing = pairs.filter(({ differences }) => differences.length > 0).length;
  return (
    <section class={css.turns} aria-label="Turns">
      <header class={css.turnsHead}><h2>{differing === 0 ? 'No turn differs' : `${differing} of ${pairs.length} turns differ`}</h2><CheckField label="Only those that differ" value={onlyDifferent.value} onValue={(value) => { onlyDifferent.value = value; }} /></header>
      <ol>
        {rows.slice(0, shown.value).map(({ pair, index }) => (
          <li key={index}>
            <button type="button" class={css.pair} data-differs={pair.differences.length > 0 || undefined} aria-current={isAt(pair, current) ? 'step' : undefined} onClick={() => onChoose(index)}>
              <One turn={pair.left} other={pair.right} />
              <span class={css.differences}>{pair.left === null || pair.right === null ? `only ${pair.left === null ? 'right' : 'left'}` : pair.differences.join(', ') || 'same'}</span>
              <One turn={pair.right} other={pair.left} />
            </button>
          </li>
        ))}
      </ol>
      {rows.length > shown.value && <button type="button" class={css.more} onClick={() => { shown.value += pageSize; }}>Show more: {rows.length - shown.value} left</button>}
    </section>
  );
}

function One({ turn, other }: { readonly turn: TurnOfFilm | null; readonly other: TurnOfFilm | null }) {
  if (turn === null) return <span class={css.nothing}>–</span>;
  const said = new Set(other?.actions.map(({ words, status }) => `${words} ${status}`));
  return (
    <span class={css.turn}>
      <span class={css.quiet}>Turn {turn.turn}</span>
      {turn.said !== '' && <span class={css.said} data-differs={(other !== null && other.said !== turn.said) || undefined}>{turn.said}</span>}
      {turn.actions.map(({ words, status, isRefused }, index) => <span key={index} class={css.action} data-differs={!said.has(`${words} ${status}`) || undefined}>{words}{isRefused && ` → ${status}`}</span>)}
    </span>
  );
}

function isAt({ left, right }: Pair, stop: Stop | undefined): boolean {
  return stop !== undefined && (left === null || left.beat === stop.left) && (right === null || right.beat === stop.right);
}
