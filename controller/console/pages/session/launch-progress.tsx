import { duration } from '../../../api/plain-words.ts';
import { ImageBanner } from '../../image/image-banner.tsx';
import type { Run } from '../../api/answers.ts';
import { Elapsed } from '../../ui/time.tsx';
import css from './session.module.css';

const stages = [['container', 'Container'], ['x-server', 'Screen'], ['shim', 'Input and capture'], ['window-manager', 'Window manager'], ['first-frame', 'First picture']] as const;

/** Where a desktop is on its way to being ready, or why it is not begun yet. */
export function LaunchProgress({ run, reached }: { readonly run: Run | null; readonly reached: ReadonlyMap<string, number> }) {
  if (run?.state === 'queued') {
    const expectedAt = run.queue?.estimatedStartAt ?? null;
    return (
      <div class={css.launch}>
        <h2>In the queue{run.queue !== null && `, place ${run.queue.position}`}</h2>
        <p>{run.queue?.reason ?? 'It waits for a free desktop.'}</p>
        <p class={css.hint}>Waiting for <Elapsed from={run.createdAt} />{expectedAt !== null && `; expected to begin at ${new Date(expectedAt).toLocaleTimeString('en-GB')}`}</p>
      </div>
    );
  }
  return (
    <div class={css.launch}>
      <h2>The desktop is being prepared</h2>
      {reached.size === 0 && <ImageBanner />}
      <ol class={css.stages}>
        {stages.map(([stage, words], index) => {
          const ms = reached.get(stage);
          const isNext = ms === undefined && (index === 0 || reached.has(stages[index - 1]?.[0] ?? ''));
          return <li key={stage} data-reached={ms !== undefined || undefined} aria-current={isNext ? 'step' : undefined}><span>{words}</span><span>{ms === undefined ? (isNext ? 'under way' : '') : duration(ms)}</span></li>;
        })}
      </ol>
    </div>
  );
}
