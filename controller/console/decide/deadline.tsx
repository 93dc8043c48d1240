import { now } from '../state/now.ts';
import { clockText, durationWords } from '../ui/format.ts';
import css from './deadline.module.css';

/** From when on little time is left, and hardly any. */
const soonMs = 60_000;
const lastMs = 15_000;

/** The time left for a decision: figures, a line that runs out, and colours of warning near the end. */
export function Deadline({ since, until }: { readonly since: number; readonly until: number }) {
  const left = Math.max(0, until - now.value);
  const share = Math.min(1, left / Math.max(1, until - since));
  return (
    <div class={css.deadline} data-left={left < lastMs ? 'last' : left < soonMs ? 'soon' : 'enough'}>
      <time class={css.figures} dateTime={new Date(until).toISOString()} aria-label={left > 0 ? `${durationWords(left)} left, then it is denied` : 'time is up'}>{left > 0 ? clockText(left) : 'time is up'}</time>
      <span class={css.words} aria-hidden="true">{left > 0 ? 'until it is denied' : 'denied'}</span>
      <span class={css.line} aria-hidden="true"><span class={css.rest} style={{ transform: `scaleX(${share})` }} /></span>
    </div>
  );
}
