import { options } from 'preact';
import { shownText } from './shown-text.ts';

const attributes = ['title', 'alt', 'aria-label', 'placeholder', 'download'] as const;

/**
 * Makes every text that is drawn from now on show what is hidden in it: what comes from desktops, models, file names and
 * web pages cannot pass for something else, wherever it stands. What people write into fields stays as it is. Call once.
 */
export function showHidden(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    if (typeof vnode.props === 'string') vnode.props = shownText(vnode.props) as never;
    else if (typeof vnode.type === 'string') showInAttributes(vnode.props as Record<string, unknown>);
    before?.(vnode);
  };
}

function showInAttributes(props: Record<string, unknown>): void {
  for (const name of attributes) {
    const value = props[name];
    if (typeof value === 'string') props[name] = shownText(value);
  }
}
