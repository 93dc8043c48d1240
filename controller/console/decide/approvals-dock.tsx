import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { now } from '../state/now.ts';
import { Button } from '../ui/button.tsx';
import { clockText } from '../ui/format.ts';
import { KeyHint } from '../ui/key-hint.tsx';
import { ApprovalCard } from './approval-card.tsx';
import { titleOf } from './asked-words.ts';
import { dismissLingering, go, isInTheWay, isOpen, isShownByPage, lingering, pageIs, readable, shown, shownPlace, startDock, toggleDock } from './dock.ts';
import { isArmed, listenForKeys, noteShown } from './dock-keys.ts';
import { NotifyButton } from './notify-button.tsx';
import { startNotifying } from './notify.ts';
import { StuckCard } from './stuck-card.tsx';
import { isTyping, overlaps } from './typing.ts';
import { followApprovals, waiting } from './waiting.ts';
import css from './dock.module.css';

let hasBegun = false;

/** The questions that wait for a person, wherever the operator is. It never takes the focus, and folds away from whatever somebody is typing into. */
export function ApprovalsDock() {
  useEffect(() => {
    if (!hasBegun) {
      followApprovals();
      startDock();
      startNotifying();
    }
    hasBegun = true;
    return listenForKeys();
  }, []);
  const panel = useRef<HTMLElement>(null);
  useFolding(panel);
  useKeptFocus(panel);
  const one = shown.value;
  const ended = lingering.value;
  noteShown(readable.value);
  const isByPage = pageIs.value === 'all' || (isShownByPage.value && waiting.value.length === 1);
  if (ended === null && (one === null || isByPage)) return <Announcer />;
  const isPanel = ended !== null ? !isInTheWay.value : isOpen.value;
  return (
    <>
      <div class={css.room} aria-hidden="true" />
      <section ref={panel} class={isPanel ? css.panel : css.strip} aria-label="Waiting for a person" tabIndex={-1} data-dock={isPanel ? 'open' : 'folded'}>
        {isPanel && (ended === null ? one !== null && <Shown key={one.key}><DockHead /></Shown> : <Ended />)}
        {!isPanel && <Folded />}
      </section>
      <Announcer />
    </>
  );
}

/** The dock's question. Where the focus was on the one before, it goes to the head of this one, never to a button. */
function Shown({ children }: { readonly children: ComponentChildren }) {
  const one = shown.value;
  if (one === null) return null;
  return one.kind === 'approval' ? <ApprovalCard approval={one.approval}>{children}</ApprovalCard> : <StuckCard item={one.item}>{children}</StuckCard>;
}

/** What became of a question that somebody else, or time, has answered. */
function Ended() {
  const approval = lingering.value;
  if (approval === null) return null;
  return <ApprovalCard key={`${approval.id} ended`} approval={approval}><Button size="small" onClick={dismissLingering}>{waiting.value.length > 0 ? `Go on, ${waiting.value.length} waiting` : 'Close'}</Button></ApprovalCard>;
}

function DockHead() {
  return (
    <div class={css.tools}>
      <Steps />
      <NotifyButton />
      <Button kind="quiet" size="small" aria-keyshortcuts="g o" onClick={toggleDock}>Fold <KeyHint keys="g o" /></Button>
    </div>
  );
}

function Steps() {
  const count = waiting.value.length;
  if (count < 2) return null;
  return (
    <span class={css.steps}>
      <Button kind="quiet" size="small" aria-label="The question before" aria-keyshortcuts="g p" onClick={() => go(-1)}>‹</Button>
      <span class={css.place}>{shownPlace.value} of {count}</span>
      <Button kind="quiet" size="small" aria-label="The next question" aria-keyshortcuts="g n" onClick={() => go(1)}>›</Button>
    </span>
  );
}

/** The dock put away: it says what waits and how long, and stays where it is. */
function Folded() {
  const one = shown.value;
  const count = waiting.value.length;
  if (one === null) return <span class={css.line}><strong>Answered</strong></span>;
  const title = one.kind === 'approval' ? titleOf(one.approval) : 'The model repeats itself';
  const left = one.until === null ? null : one.until - now.value;
  return (
    <>
      <span class={css.line}><strong>{count === 1 ? 'A person is needed' : `${count} wait for a person`}</strong><span class={css.what}>{title}</span></span>
      {left !== null && <span class={css.left} data-soon={left < 60_000 || undefined}>{left > 0 ? clockText(left) : 'time is up'}</span>}
      {isShownByPage.value
        ? <>{<Steps />}<span class={css.here}>shown on this page</span></>
        : <Button size="small" aria-expanded={false} aria-keyshortcuts="g o" onClick={toggleDock}>Open <KeyHint keys="g o" /></Button>}
      <span class={css.armed} aria-hidden="true">{isArmed.value ? 'g …' : ''}</span>
    </>
  );
}

/** Reads out, once, that something waits; and for whom cannot see it, that it is over. */
function Announcer() {
  const one = shown.value;
  const words = one === null ? '' : `${waiting.value.length === 1 ? 'A person is needed' : `${waiting.value.length} questions wait for a person`}: ${one.kind === 'approval' ? titleOf(one.approval) : 'the model repeats itself'}`;
  return <p class="unseen" role="status">{words}</p>;
}

/** Folds the dock when somebody begins to type where it lies, and lets it be open again when they have gone on. */
function useFolding(panel: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const look = () => {
      const focused = document.activeElement;
      if (!isTyping(focused) || focused === null || panel.current?.contains(focused) === true) {
        isInTheWay.value = false;
        return;
      }
      isInTheWay.value = overlaps(focused.getBoundingClientRect(), openBox());
    };
    look();
    const left = () => queueMicrotask(look);
    document.addEventListener('focusin', look);
    document.addEventListener('focusout', left);
    const stop = shown.subscribe(look);
    return () => {
      stop();
      document.removeEventListener('focusin', look);
      document.removeEventListener('focusout', left);
    };
  }, []);
}

/** Where the focus was in a question that is gone, it goes to the dock itself: a key that was meant for that one finds no button. */
function useKeptFocus(panel: { readonly current: HTMLElement | null }): void {
  const wasInside = useRef(false);
  useEffect(() => {
    const note = () => {
      wasInside.current = panel.current?.contains(document.activeElement) === true;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useLayoutEffect(() => {
    if (wasInside.current && document.activeElement === document.body) panel.current?.focus({ preventScroll: true });
  }, [shown.value?.key, lingering.value?.id]);
}

/** Where the open dock lies, at its largest (dock.module.css). */
function openBox() {
  const { innerWidth: right, innerHeight: bottom } = globalThis;
  const isNarrow = right < 900;
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { right, bottom, left: isNarrow ? 0 : right - Math.min(56 * rem, right - 2 * rem) - rem, top: bottom * (isNarrow ? 0.12 : 0.16) };
}
