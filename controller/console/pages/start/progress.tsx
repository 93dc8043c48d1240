import { bytesText } from '../../ui/format.ts';
import type { StartStage } from './begin-run.ts';
import css from './start.module.css';

/** How far a start has come. */
export function Progress({ stage }: { readonly stage: StartStage }) {
  return (
    <div class={css.progress} role="status">
      <span>{wordsFor(stage)}</span>
      {stage.stage === 'sending' ? <progress aria-label="Sent" max={Math.max(1, stage.bytes)} value={stage.sent} /> : <progress aria-label="Under way" />}
    </div>
  );
}

function wordsFor(stage: StartStage): string {
  switch (stage.stage) {
    case 'launching':
      return 'Launching a desktop for the files…';
    case 'sending':
      return `Putting in ${stage.name} (${stage.index + 1} of ${stage.count}): ${bytesText(stage.sent)} of ${bytesText(stage.bytes)}`;
    case 'starting':
      return 'Starting the run…';
  }
}
