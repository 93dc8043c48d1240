import type { ComponentChildren } from 'preact';
import css from './page.module.css';

/** A page with its name, and what can be done on it as a whole. */
export function Page({ title, actions, narrow = false, wide = false, children }: { readonly title: string; readonly actions?: ComponentChildren; readonly narrow?: boolean; /** As wide as the window, however wide that is. */ readonly wide?: boolean; readonly children: ComponentChildren }) {
  return (
    <div class={narrow ? `${css.page} ${css.narrow}` : wide ? `${css.page} ${css.wide}` : css.page}>
      <header class={css.head}>
        <h1>{title}</h1>
        {actions !== undefined && <div class={css.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page under a name of its own. */
export function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return <section class={css.section}><h2>{title}</h2>{children}</section>;
}
