import type { Player } from './player.ts';
import css from './film-head.module.css';

/** What the model was told of its desktop, to be unfolded. */
export function Briefing({ player }: { readonly player: Player }) {
  const { briefing } = player.film.value;
  if (briefing === null) return null;
  return <details class={css.briefing}><summary>What the model was told (briefing {briefing.version})</summary><pre tabIndex={0}>{briefing.text}</pre></details>;
}
