import { visibleText } from './captions.ts';
import type { Caption } from './shape.ts';
import css from './marks.module.css';

/** What of an action has no place on the screen, to be laid over a frame's lower edge or beside it. */
export function CaptionLine({ caption }: { readonly caption: Caption }) {
  switch (caption.kind) {
    case 'text': return <p class={css.caption}><span class={css.verb}>types</span><span class={css.typed}>{visibleText(caption.text)}</span></p>;
    case 'words': return <p class={css.caption}><span class={css.verb}>{caption.words}</span></p>;
    case 'keys': return (
      <p class={css.caption}>
        <span class={css.verb}>{caption.verb}</span>
        {caption.keys.map((key, index) => <>{index > 0 && <span class={css.verb}>+</span>}<kbd class={css.key}>{key}</kbd></>)}
        {caption.after !== '' && <span class={css.verb}>{caption.after}</span>}
      </p>
    );
  }
}
