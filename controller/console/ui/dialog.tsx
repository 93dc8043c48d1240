import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button } from './button.tsx';
import css from './dialog.module.css';

type DialogProps = {
  readonly title: string;
  /** Called when it is closed by Escape or by its own button; whoever shows it then takes it away. */
  readonly onClose: () => void;
  readonly wide?: boolean;
  /** Buttons at the end. Without any, there is one that closes. */
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
};

/**
 * A modal dialog: the browser's own, so that focus stays inside, Escape closes and the focus returns to where it was. It
 * begins with the focus on the dialog itself: no button can be pressed by an Enter that was meant for something else.
 */
export function Dialog({ title, onClose, wide = false, actions, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    element?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? `${css.dialog} ${css.wide}` : css.dialog} aria-labelledby={name} tabIndex={-1} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <header class={css.head}><h2 id={name}>{title}</h2></header>
      <div class={css.body}>
        {children}
        <div class={css.actions}>{actions ?? <Button onClick={onClose}>Close</Button>}</div>
      </div>
    </dialog>
  );
}

type QuestionProps = { readonly title: string; readonly yes: string; readonly danger?: boolean; readonly busy?: boolean; readonly onYes: () => void; readonly onNo: () => void; readonly children?: ComponentChildren };

/** Asks before something is done that cannot be taken back. */
export function Question({ title, yes, danger = false, busy = false, onYes, onNo, children }: QuestionProps) {
  return (
    <Dialog title={title} onClose={onNo} actions={<><Button onClick={onNo}>No, go back</Button><Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={onYes}>{yes}</Button></>}>
      {children}
    </Dialog>
  );
}
