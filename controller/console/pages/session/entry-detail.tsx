import { duration } from '../../../api/plain-words.ts';
import { Button } from '../../ui/button.tsx';
import type { Entry } from './timeline-entry.ts';
import css from './session.module.css';

const timingWords = { queueMs: 'waited', inputMs: 'input', settleMs: 'settled', captureMs: 'captured', relayMs: 'on the way' } as const;
const timingNames = Object.keys(timingWords) as (keyof typeof timingWords)[];

/** One entry of the timeline in full; its place is kept while none is chosen. */
export function EntryDetail({ entry, onClose }: { readonly entry: Entry | null; readonly onClose: () => void }) {
  if (entry === null) return <section class={css.detail} aria-label="Chosen entry"><p class={css.hint}>Choose an entry to see it here, with what it did on the screen. Arrow keys move, Escape goes back to live.</p></section>;
  const { at, kind, turn, title, text, timings } = entry;
  const parts = timings === null ? [] : timingNames.flatMap((name) => (timings[name] === undefined ? [] : [[timingWords[name], timings[name]] as const]));
  return (
    <section class={css.detail} aria-label="Chosen entry" tabIndex={0}>
      <header class={css.detailHead}>
        <h3>{kind === 'turn' && `Turn ${turn}: `}{title}</h3>
        <Button kind="quiet" size="small" aria-label="Close the entry" onClick={onClose}>✕</Button>
      </header>
      <p class={css.hint}>{new Date(at).toLocaleTimeString('en-GB')}{turn > 0 && kind !== 'turn' && ` · turn ${turn}`}{timings !== null && ` · took ${duration(timings.totalMs)}`}</p>
      {text !== '' && <p class={css.full}>{text}</p>}
      {parts.length > 0 && (
        <dl class={css.timings}>{parts.map(([words, ms]) => <div key={words}><dt>{words}</dt><dd>{duration(ms)}</dd></div>)}</dl>
      )}
    </section>
  );
}
