import { visibleText } from '../../marks/captions.ts';
import type { Caption } from '../../marks/shape.ts';
import css from './caption-strip.module.css';

/** What of an action has no place on the screen: keys, a text, waiting. */
export function CaptionStrip({ caption }: { readonly caption: Caption }) {
  switch (caption.kind) {
    case 'text': return <p class={css.strip}><span class={css.verb}>types</span><span class={css.text}>{visibleText(caption.text.length > 300 ? `${caption.text.slice(0, 300)}…` : caption.text)}</span></p>;
    case 'keys': return <p class={css.strip}><span class={css.verb}>{caption.verb}</span>{caption.keys.map((key, index) => <kbd key={index} class={css.key}>{key}</kbd>)}{caption.after !== '' && <span class={css.verb}>{caption.after}</span>}</p>;
    case 'words': return <p class={css.strip}><span class={css.verb}>{caption.words}</span></p>;
  }
}
