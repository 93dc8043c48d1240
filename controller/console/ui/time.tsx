import { now } from '../state/now.ts';
import { clockText, durationWords, moneyText, momentText } from './format.ts';

/** Time since `from`, counting up every second; up to `until` if that is given. */
export function Elapsed({ from, until = null }: { readonly from: number; readonly until?: number | null }) {
  const ms = (until ?? now.value) - from;
  return <time dateTime={`PT${Math.max(0, Math.round(ms / 1000))}S`}>{clockText(ms)}</time>;
}

/** Time left until `until`, counting down every second; it says so in colour and words when little is left. */
export function Countdown({ until, soonMs = 60_000 }: { readonly until: number; readonly soonMs?: number }) {
  const left = until - now.value;
  return <time class="countdown" data-soon={left < soonMs || undefined} dateTime={new Date(until).toISOString()} aria-label={left > 0 ? `${durationWords(left)} left` : 'time is up'}>{left > 0 ? clockText(left) : 'time is up'}</time>;
}

/** A moment as date and time, with how long ago as its title. */
export function Moment({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString('en-GB')}>{momentText(at, now.value)}</time>;
}

/** US dollars; a dash where the model has no price. */
export function Money({ usd }: { readonly usd: number | null }) {
  return usd === null ? <span title="this model has no configured price">–</span> : <span>{moneyText(usd)}</span>;
}
