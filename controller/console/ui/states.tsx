import type { ComponentChildren } from 'preact';
import type { ApiFailure } from '../api/api-failure.ts';
import { Button } from './button.tsx';
import css from './states.module.css';

/** Where nothing is: what would be here, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return <section class={css.box}><h2>{title}</h2>{children}</section>;
}

/** What failed and why, with a way to try again. */
export function Failure({ what, failure, onRetry }: { readonly what: string; readonly failure: ApiFailure; readonly onRetry?: () => void }) {
  return (
    <section class={`${css.box} ${css.failure}`} role="alert">
      <h2>{what}</h2>
      <p>{failure.message}</p>
      <p class={css.code}><code>{failure.code}</code>{failure.status > 0 && ` · ${failure.status}`}</p>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </section>
  );
}

/** The place of something that is being fetched, as large as it will be. */
export function Skeleton({ width = '100%', height = '1em', label }: { readonly width?: string; readonly height?: string; readonly label?: string }) {
  return <span class={css.bar} style={{ width, height }} {...(label === undefined ? { 'aria-hidden': true } : { role: 'status', 'aria-label': label })} />;
}
