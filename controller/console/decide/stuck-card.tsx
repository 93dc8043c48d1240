import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { pathTo } from '../../api/console-paths.ts';
import type { InboxItem } from '../api/answers.ts';
import { call } from '../api/client.ts';
import { MarkedPicture } from '../marks/marked-picture.tsx';
import { useFrame } from '../marks/use-frame.ts';
import { liveRun } from '../state/live.ts';
import { may } from '../state/me.ts';
import { Button } from '../ui/button.tsx';
import { TextArea } from '../ui/field.tsx';
import { Skeleton } from '../ui/states.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { Question } from '../ui/dialog.tsx';
import { useDeed } from '../ui/use-deed.ts';
import { Deadline } from './deadline.tsx';
import { showInPlace } from './dock.ts';
import { stuckKey } from './queue.ts';
import { useRest } from './use-rest.ts';
import frameCss from './approval-frame.module.css';
import css from './approval-card.module.css';

/** A run that repeats itself and asks a person what to do: the screen it is stuck on, and a word to the model, or its end. */
export function StuckCard({ item, isInPlace = false, children }: { readonly item: InboxItem; /** Whether a page shows it, so that it need not be shown over every page too. */ readonly isInPlace?: boolean; readonly children?: ComponentChildren }) {
  const key = stuckKey(item);
  useEffect(() => (isInPlace ? showInPlace(key) : undefined), [key, isInPlace]);
  const name = useId();
  const run = liveRun(item.runId);
  const state = useFrame(item.runId, run?.lastFrameId ?? null);
  const frame = state.kind === 'shown' ? state.frame : null;
  return (
    <article class={css.card} aria-labelledby={name} data-state="pending" data-stuck={item.runId}>
      <header class={css.head}>
        <div class={css.title}><StateBadge status={{ tone: 'waiting', words: 'Stuck: word needed' }} /><h2 id={name}>The model repeats itself</h2></div>
        {item.until !== null && <Deadline since={item.since} until={item.until} end="ended" />}
        {children}
      </header>
      <div class={css.columns} data-picture>
        <figure class={frameCss.frame}>
          <MarkedPicture src={frame?.url ?? null} alt="The screen on which the model repeats itself" display={frame?.display ?? { width: 1280, height: 800 }}>
            {state.kind === 'loading' && <Skeleton height="100%" label="Fetching the picture" />}
            {state.kind === 'missing' && <p class={frameCss.missing}>{state.why}</p>}
          </MarkedPicture>
        </figure>
        <div class={css.facts}>
          <p class={css.run}><a href={pathTo('run', item.runId)}>{item.task}</a></p>
          <ul class={css.grounds} aria-label="Why a person is asked"><li><strong>The loop guard</strong><p>{item.words}.</p></li></ul>
          {may('runs:control') ? <Word key={key} item={item} /> : <p class={css.readOnly}>You may look and not steer runs: that takes the right runs:control.</p>}
        </div>
      </div>
    </article>
  );
}

/** A word to the model, which then goes on; or that it goes on as it is, or ends. */
function Word({ item: { runId, task } }: { readonly item: InboxItem }) {
  const [text, setText] = useState('');
  const [isStopping, setStopping] = useState(false);
  const isResting = useRest();
  const { isBusy: busy, act: actOnRun } = useDeed(() => setStopping(false));
  const act = (done: string, work: () => Promise<unknown>) => actOnRun(done, () => work().then(() => setText('')));
  const params = { id: runId };
  return (
    <>
      <TextArea label="Say to the model" rows={3} value={text} onValue={setText} />
      <div class={css.stuckButtons}>
        <Button kind="primary" busy={busy} disabled={isResting || text.trim() === ''} onClick={() => void act('Said. It goes on.', () => call('POST /api/runs/{id}/messages', { params, body: { text } }))}>Say it, go on</Button>
        <Button busy={busy} disabled={isResting} onClick={() => void act('It goes on.', () => call('POST /api/runs/{id}/resume', { params }))}>Go on as it is</Button>
        <Button kind="danger" busy={busy} disabled={isResting} onClick={() => setStopping(true)}>Stop the run</Button>
      </div>
      {isStopping && <Question title="Stop this run?" yes="Stop it" danger busy={busy} onNo={() => setStopping(false)} onYes={() => void act('Stopped.', () => call('POST /api/runs/{id}/cancel', { params, body: { reason: 'it repeated itself' } }))}><p>“{task}” ends and cannot be taken up again.</p></Question>}
    </>
  );
}
