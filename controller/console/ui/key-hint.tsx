import css from './key-hint.module.css';

/** A key that does the same as what it stands beside. Not read out: name it in `aria-keyshortcuts` of that thing. */
export function KeyHint({ keys }: { readonly keys: string }) {
  return <kbd class={css.key} aria-hidden="true">{keys}</kbd>;
}
