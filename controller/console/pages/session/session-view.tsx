import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import type { Approval, Run } from '../../api/answers.ts';
import { kindAskedBy, waiting } from '../../decide/waiting.ts';
import { may } from '../../state/me.ts';
import { now } from '../../state/now.ts';
import { statusOf } from '../../state/session-status.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Empty } from '../../ui/states.tsx';
import { ChosenPlate } from './chosen-plate.tsx';
import { openControl } from './control-store.ts';
import { LaunchProgress } from './launch-progress.tsx';
import { PictureFrame } from './picture-frame.tsx';
import type { PictureState } from './picture-link.ts';
import { putFiles, wordsOfPut } from './put-files.ts';
import { Meters } from './run-facts.tsx';
import type { SessionStore } from './session-store.ts';
import { SidePanel } from './side-panel.tsx';
import type { SideTab } from './side-panel.tsx';
import { frameOf, Stage } from './stage.tsx';
import { Steering } from './steering.tsx';
import { recentAction } from './recent-action.ts';
import type { Entry } from './timeline-entry.ts';
import { useFileDrop } from './use-file-drop.ts';
import { useFullScreen } from './use-full-screen.ts';
import { useTask } from './use-task.ts';
import { handOn } from './who-controls.ts';
import css from './session.module.css';

const defaultDisplay = { width: 1280, height: 800 };

/** A session as it is: picture, who is in control, what happened, and what can be done about it. */
export function SessionView({ store, run }: { readonly store: SessionStore; readonly run: Run | null }) {
  const desktopId = store.desktopId.value;
  const desktop = store.desktop.value;
  const holding = store.holding.value;
  const control = useMemo(() => (desktopId === null ? null : openControl(desktopId)), [desktopId]);
  useEffect(() => () => control?.close(), [control]);

  const [tab, setTab] = useState<SideTab>('timeline');
  const [picture, setPicture] = useState<PictureState>({ kind: 'connecting' });
  const [copied, setCopied] = useState<string | null>(null);
  const [isActualSize, setIsActualSize] = useState(false);
  const [chosenKey, setChosenKey] = useState<string | null>(null);
  const [showsAfter, setShowsAfter] = useState(false);
  const [pointed, setPointed] = useState<Entry | null>(null);
  const frame = useRef<HTMLDivElement>(null);

  const held = control?.held.value ?? null;
  const isReady = desktop?.state === 'ready';
  const full = useFullScreen(held !== null);
  const task = useTask();
  const [filesPut, setFilesPut] = useState(0);
  const { isOver, ...drop } = useFileDrop(may('files:write') && isReady, (dropped) => void task.run(() => putFiles(desktopId ?? '', '', dropped, control?.headers() ?? {}), wordsOfPut(dropped)).then((isDone) => {
    if (!isDone) return;
    setFilesPut((count) => count + 1);
    setTab('files');
  }));
  const hand = handOn(isReady ? holding : run, held === null ? null : held.renewedAt + held.ttlMs, isReady);
  const chosen = chosenKey === null ? null : store.timeline.entries[store.timeline.placeOf(chosenKey) ?? -1] ?? null;
  void store.revision.value;

  useEffect(() => {
    if (held !== null) setTab('control');
    else setTab((before) => (before === 'control' ? 'timeline' : before));
  }, [held === null]);

  const asked = run === null ? null : askedBy(run.id);
  const recent = held === null && chosen === null ? recentAction(store.timeline.entries, now.value) : null;
  const leave = () => {
    setChosenKey(null);
    frame.current?.focus();
  };
  const choose = (entry: Entry | null) => {
    setShowsAfter(false);
    setChosenKey(entry?.key ?? null);
    if (entry !== null && entry.approvalId !== null && entry.approvalId === asked?.id) setTab('decision');
  };
  const side = useRef<HTMLElement>(null);
  /** A question comes to the front, unless somebody is at work where it would appear: then it is shown over the page. */
  useEffect(() => {
    if (asked !== null && held === null && side.current?.querySelector('[role=tabpanel]')?.contains(document.activeElement) !== true) setTab('decision');
    else if (asked === null) setTab((before) => (before === 'decision' ? 'timeline' : before));
  }, [asked?.id]);
  const display = desktop?.display ?? defaultDisplay;
  const lastFrame = run?.lastFrameId ?? null;
  const isPast = !isReady && lastFrame !== null && run !== null && run.state !== 'queued' && run.state !== 'preparing';
  return (
    <div class={css.page} {...drop}>
      <header class={css.head}>
        <span class={css.state}><StateBadge status={statusOf({ key: '', run: run?.endedAt === null ? run : holding, desktop: desktop ?? null }, kindAskedBy(run))} large /></span>
        <h1 class={css.task} title={run?.task}>{run?.task ?? `Desktop ${desktopId ?? ''}`}</h1>
        {run !== null && <Meters run={run} />}
      </header>
      <div class={css.main}>
        <div class={css.left}>
          <PictureFrame hand={hand} picture={isReady ? picture : null} frameRef={frame} full={full} dropWords={isOver ? 'Drop to put it into the home folder' : null} aside={chosen !== null && held === null && frameOf(chosen, showsAfter) !== null ? <ChosenPlate chosen={chosen} showsAfter={showsAfter} onAfter={setShowsAfter} isLive={isReady} onLeave={leave} /> : null}>
            {isReady || isPast
              ? (
                <Stage
                  desktopId={desktopId ?? ''} runId={run?.id ?? null} display={display} isLive={isReady} lease={held?.lease ?? null} picture={picture} onPicture={setPicture} onClipboard={setCopied}
                  isActualSize={isActualSize} isFull={full.isFull} lastFrame={isPast ? lastFrame : null} chosen={chosen} showsAfter={showsAfter} pointed={pointed ?? recent} onLeave={leave}
                />
              )
              : run !== null && run.endedAt === null && !isReady && desktop?.state !== 'broken'
                ? <LaunchProgress run={run} reached={store.stages.value} />
                : <Empty title={desktop?.state === 'broken' ? 'The desktop is broken' : 'There is no desktop (any more)'}><p>{desktop?.reason ?? 'It was released.'}</p></Empty>}
          </PictureFrame>
          <div class={css.bar}>
            <Button size="small" aria-pressed={isActualSize} onClick={() => setIsActualSize(!isActualSize)}>1:1</Button>
            <Button size="small" onClick={full.toggle}>Full screen</Button>
            <Steering run={run} hand={hand} desktopId={desktopId} isReady={isReady} control={control} onTaken={() => { setChosenKey(null); setTab('control'); }} />
          </div>
          {run !== null && run.endedAt !== null && <EndNote run={run} holdsDesktop={hand.kind === 'you'} />}
        </div>
        <SidePanel sideRef={side} asked={asked} store={store} run={run} holding={holding} control={control} desktopId={desktopId} isReady={isReady} tab={tab} onTab={setTab} chosen={chosen} onChoose={choose} onPoint={setPointed} copied={copied} filesPut={filesPut} />
      </div>
    </div>
  );
}

/** The approval of a run that waits for a person, if one does. */
function askedBy(runId: string): Approval | null {
  return waiting.value.flatMap((one) => (one.kind === 'approval' && one.approval.runId === runId ? [one.approval] : []))[0] ?? null;
}

/** How a run ended, and where to go from here. */
function EndNote({ run, holdsDesktop }: { readonly run: Run; readonly holdsDesktop: boolean }) {
  return (
    <section class={css.end} data-state={run.state} data-over={!holdsDesktop || undefined} aria-label="How the run ended">
      <div class={css.row}>
        <h2>{{ succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Stopped' }[run.state as string] ?? 'Over'}</h2>
        <span class={css.grow} />
        <ButtonLink href={pathTo('replay', run.id)} size="small">Replay</ButtonLink>
      </div>
      {(run.answer ?? run.failure?.message) !== undefined && <p class={css.full}>{run.answer ?? run.failure?.message}</p>}
      {holdsDesktop && <p>The run was ended while you are in control: the desktop stays with you until you give it back.</p>}
    </section>
  );
}
