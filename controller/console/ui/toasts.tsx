import { dismiss, toasts } from '../state/toasts.ts';
import { Button } from './button.tsx';
import css from './toasts.module.css';

/** What was told lately, in the corner, and read out. */
export function Toasts() {
  return (
    <div class={css.list} role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, words }) => (
        <div key={id} class={kind === 'failed' ? `${css.toast} ${css.failed}` : css.toast}>
          <span>{words}</span>
          <Button kind="quiet" size="small" aria-label="Dismiss" onClick={() => dismiss(id)}>✕</Button>
        </div>
      ))}
    </div>
  );
}
