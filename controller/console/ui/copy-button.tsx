import type { ComponentChildren } from 'preact';
import { tell } from '../state/toasts.ts';
import { Button } from './button.tsx';

/** Puts a text into this computer's clipboard. */
export function CopyButton({ text, children, size = 'normal' }: { readonly text: string; readonly children: ComponentChildren; readonly size?: 'normal' | 'small' }) {
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => tell('done', 'Copied'), () => tell('failed', 'The browser did not allow copying: select the text and copy it yourself'));
  };
  return <Button size={size} onClick={copy}>{children}</Button>;
}
