import { connection } from '../state/live.ts';
import css from './frame.module.css';

/** Whether what is shown is live. */
export function ConnectionLight() {
  const { kind } = connection.value;
  const words = { live: 'Live', connecting: 'Connecting', reconnecting: 'Not live', refused: 'Refused' }[kind];
  return <span class={css.light} data-kind={kind}><span class={css.dot} aria-hidden="true" />{words}</span>;
}
