import { signal } from '@preact/signals';
import { decide } from './deciding.ts';
import { go, shown, toggleDock } from './dock.ts';
import { restMs } from './decision-rest.ts';
import { bringIntoSight, isInSight } from './in-sight.ts';
import { mayDecide } from './permission.ts';
import { pressed } from './shortcuts.ts';
import type { Armed, Shortcut } from './shortcuts.ts';
import { isTyping } from './typing.ts';
import { liveRun } from '../state/live.ts';
import { me } from '../state/me.ts';

/** Whether the first of two keys has been pressed. */
export const isArmed = signal(false);

let armed: Armed = null;
let shownSince: { readonly key: string | null; readonly at: number } = { key: null, at: 0 };

/** Listens for the keys that decide, anywhere on the page. Returns how to stop. */
export function listenForKeys(): () => void {
  const listener = (event: KeyboardEvent) => {
    const focused = document.activeElement;
    const next = pressed(armed, {
      key: event.key.toLowerCase(), at: Date.now(), isRepeated: event.repeat, hasModifier: event.ctrlKey || event.altKey || event.metaKey,
      isTyping: isTyping(focused) || document.querySelector('dialog[open]') !== null,
    });
    armed = next.armed;
    isArmed.value = armed !== null;
    if (next.shortcut === null || shown.value === null) return;
    event.preventDefault();
    perform(next.shortcut);
  };
  document.addEventListener('keydown', listener);
  return () => document.removeEventListener('keydown', listener);
}

/** Notes which question can be read, if any, and since when: keys decide only about that one. */
export function noteShown(key: string | null): void {
  if (shownSince.key !== key) shownSince = { key, at: performance.now() };
}

function perform(shortcut: Shortcut): void {
  const one = shown.value;
  if (shortcut === 'next') return go(1);
  if (shortcut === 'previous') return go(-1);
  if (shortcut === 'open') return toggleDock();
  if (shortcut === 'reason') return focusReason();
  if (one?.kind !== 'approval' || shownSince.key !== one.key || performance.now() - shownSince.at < restMs) return;
  if (!isInSight(one.key)) {
    shownSince = { key: one.key, at: performance.now() };
    return bringIntoSight(one.key);
  }
  if (mayDecide(me.value ?? null, one.approval, liveRun(one.approval.runId) ?? null).may) void decide(one.approval, shortcut);
}

function focusReason(): void {
  const id = shown.value?.key ?? '';
  document.querySelector<HTMLElement>(`[data-approval="${CSS.escape(id)}"] [data-reason] :is(input, textarea)`)?.focus();
}
