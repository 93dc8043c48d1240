import { connection, refreshAll } from '../state/live.ts';
import { now } from '../state/now.ts';
import { clockText } from '../ui/format.ts';
import css from './frame.module.css';

/** So long a break is not worth a word: it is mended before anybody has read it. */
const unworthyMs = 1500;

/** Says, while the connection is lost, since when what is shown has not changed, and when it is tried again. */
export function ConnectionBar() {
  const state = connection.value;
  const isLost = state.kind === 'reconnecting' && now.value - state.since > unworthyMs;
  return (
    <div class={css.bar} role="status" hidden={!isLost && state.kind !== 'refused'}>
      {state.kind === 'refused' && <span>Vitrine no longer lets this browser follow what happens ({state.status}). <a href="/" onClick={refreshAll}>Load again</a></span>}
      {isLost && (
        <span>
          Connection lost {clockText(now.value - state.since)} ago: what you see is from then.{' '}
          {navigator.onLine ? `Trying again ${state.retryAt > now.value ? `in ${Math.ceil((state.retryAt - now.value) / 1000)} s` : 'now'}.` : 'This computer is offline.'} Nothing is missed: it goes on where it was.
        </span>
      )}
    </div>
  );
}
