import type { Status, Tone } from '../state/session-status.ts';
import css from './state-badge.module.css';

/** A shape for each tone, so that none is told by its colour alone. Drawn on 16 by 16. */
const shapes: Readonly<Record<Tone, string>> = {
  waiting: 'M8 1.2 15.4 14.4H.6Z M7.2 6v4h1.6V6Z M7.2 11.2v1.6h1.6v-1.6Z',
  person: 'M8 1a3.4 3.4 0 1 1 0 6.8A3.4 3.4 0 0 1 8 1ZM1.6 15c.2-3.800 2.900-6 6.400-6s6.200 2.200 6.400 6Z',
  working: 'M4 2.200 13.600 8 4 13.800Z',
  queued: 'M2 3h12v2H2Zm0 4h9v2H2Zm0 4h6v2H2Z',
  idle: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z',
  succeeded: 'm6.300 13.200-5-5 1.800-1.800 3.200 3.200 6.600-6.600 1.800 1.800Z',
  failed: 'M3.500 1.700 8 6.200l4.500-4.500 1.800 1.800L9.800 8l4.500 4.500-1.800 1.800L8 9.800l-4.500 4.500-1.800-1.800L6.200 8 1.700 3.500Z',
  cancelled: 'M3 3h10v10H3Z',
};

/** A state in words, colour and shape. */
export function StateBadge({ status: { tone, words }, large = false }: { readonly status: Status; readonly large?: boolean }) {
  return (
    <span class={`${css.badge} ${css[tone]} ${large ? css.large : ''}`} data-tone={tone}>
      <svg class={css.mark} viewBox="0 0 16 16" aria-hidden="true"><path d={shapes[tone]} fill="currentcolor" fill-rule="evenodd" /></svg>
      <span class={css.words}>{words}</span>
    </span>
  );
}
