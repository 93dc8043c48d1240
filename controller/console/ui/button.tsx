import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ComponentChildren } from 'preact';
import css from './button.module.css';

export type ButtonKind = 'plain' | 'primary' | 'danger' | 'quiet';

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'type'> & {
  readonly kind?: ButtonKind;
  readonly size?: 'normal' | 'small';
  /** Something is under way: it keeps its size, shows that, and cannot be pressed again. */
  readonly busy?: boolean;
  /** It has just moved: no pointer presses it for now, since that may have aimed at what was here before. A key presses what has the focus, wherever that is. */
  readonly resting?: boolean;
  readonly submits?: boolean;
  readonly children: ComponentChildren;
};

/** A button. It never submits a form unless it says so. */
export function Button({ kind = 'plain', size = 'normal', busy = false, resting = false, submits = false, disabled, children, onClick, ...rest }: ButtonProps) {
  const press: typeof onClick = (event) => {
    if (!resting || event.detail === 0) onClick?.call(event.currentTarget, event);
  };
  return (
    <button {...rest} type={submits ? 'submit' : 'button'} class={classes(kind, size, busy)} disabled={disabled} aria-disabled={busy || resting || undefined} aria-busy={busy || undefined} onClick={busy ? undefined : press}>
      <span class={css.label}>{children}</span>
      {busy && <span class={css.spinner} />}
    </button>
  );
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string; readonly kind?: ButtonKind; readonly size?: 'normal' | 'small'; readonly children: ComponentChildren };

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function ButtonLink({ kind = 'plain', size = 'normal', children, ...rest }: LinkProps) {
  return <a {...rest} class={classes(kind, size, false)}><span class={css.label}>{children}</span></a>;
}

function classes(kind: ButtonKind, size: 'normal' | 'small', busy: boolean): string {
  return [css.button, kind === 'plain' ? '' : css[kind], size === 'small' ? css.small : '', busy ? css.busy : ''].filter(Boolean).join(' ');
}
