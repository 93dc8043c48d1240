import { now } from '../state/now.ts';
import { clockText, durationWords } from '../ui/format.ts';
import css from './deadline.module.css';

/** From when on little time is left, and hardly any. */
const soonMs = 60_000;
const lastMs = 15_000;

/** What happens when the time is up. */
const ends = {
  denied: { left: 'until it is denied', over: 'denied', long: 'then it is denied' },
  unanswered: { left: 'to answer', over: 'not answered', long: 'then it goes without an answer' },
  ended: { left: 'until the run ends', over: 'the run ends', long: 'then the run ends' },
} as const;

type DeadlineProps = { readonly since: number; readonly until: number; readonly end?: keyof typeof ends };

/** The time left for a decision: figures, a line that runs out, and colours of warning near the end. */
export function Deadline({ since, until, end = 'denied' }: DeadlineProps) {
  const left = Math.max(0, until - now.value);
  const share = Math.min(1, left / Math.max(1, until - since));
  return (
    <div class={css.deadline} data-left={left < lastMs ? 'last' : left < soonMs ? 'soon' : 'enough'}>
      <time class={css.figures} dateTime={new Date(until).toISOString()} aria-label={left > 0 ? `${durationWords(left)} left, ${ends[end].long}` : 'time is up'}>{left > 0 ? clockText(left) : 'time is up'}</time>
      <span class={css.words} aria-hidden="true">{ends[end][left > 0 ? 'left' : 'over']}</span>
      <span class={css.line} aria-hidden="true"><span class={css.rest} style={{ transform: `scaleX(${share})` }} /></span>
    </div>
  );
}
