import type { StartStage } from './begin-run.ts';
import css from './start.module.css';

/** How far a start has come. */
export function Progress({ stage }: { readonly stage: StartStage }) {
  return (
    <div class={css.progress} role="status">
      <span>{stage.stage === 'sending' ? `Sending file ${stage.index + 1} of ${stage.count}…` : 'Starting the run…'}</span>
      <progress aria-label="Under way" />
    </div>
  );
}
