import { computed, effect, signal, untracked } from '@preact/signals';
import type { Approval } from '../api/answers.ts';
import { isOwnDecision } from './deciding.ts';
import { neighbourOf, shownOf } from './queue.ts';
import type { Place } from './queue.ts';
import { approvalById, waiting } from './waiting.ts';

/** How long it is told what became of a question that somebody else, or time, has answered. */
const lingerMs = 12_000;

const place = signal<Place>({ key: null, place: 0 });
/** Whether the person has put the dock away, as far as it can be. */
export const isFolded = signal(false);
/** Whether somebody is typing where the open dock would lie: then it stays folded. */
export const isInTheWay = signal(false);
/** An approval that was shown when it ended otherwise than by this browser. */
export const lingering = signal<Approval | null>(null);
/** How many times each question is shown by a page itself. */
const inPlace = signal<ReadonlyMap<string, number>>(new Map());

/** What the page itself does with questions: `all` of them are there, or it is `about` them and the dock keeps aside. */
export const pageIs = signal<'all' | 'about' | null>(null);

/** Which question the dock shows. */
export const shown = computed(() => waiting.value.find(({ key }) => key === place.value.key) ?? null);
/** Where it stands among those that wait, from 1. */
export const shownPlace = computed(() => (shown.value === null ? 0 : waiting.value.indexOf(shown.value) + 1));
/** Whether a page shows the dock's question itself. */
export const isShownByPage = computed(() => shown.value !== null && (inPlace.value.get(shown.value.key) ?? 0) > 0);
export const isOpen = computed(() => !isFolded.value && !isInTheWay.value && !isShownByPage.value && pageIs.value === null);
/** The question that can be read: on the page, or in the dock while that does not tell what became of another one. */
export const readable = computed(() => (isShownByPage.value || (isOpen.value && lingering.value === null) ? shown.value?.key ?? null : null));

/** Goes to the next or the previous question. */
export function go(step: 1 | -1): void {
  dismissLingering();
  const keys = waiting.value.map(({ key }) => key);
  place.value = shownOf(keys, { key: neighbourOf(keys, place.value.key, step), place: 0 });
}

/** Shows one question, such as that of a notification. */
export function show(key: string): void {
  dismissLingering();
  isFolded.value = false;
  takeUp(key);
}

/** Opens the dock, or folds it. */
export function toggleDock(): void {
  isFolded.value = isOpen.value;
  if (isFolded.value) return;
  isInTheWay.value = false;
  if (pageIs.value === 'about') pageIs.value = null;
}

function takeUp(key: string): void {
  place.value = shownOf(waiting.value.map((one) => one.key), { key, place: place.value.place });
}

/** No more of what became of the last one. */
export function dismissLingering(): void {
  lingering.value = null;
}

/** A page shows a question itself, by its key: it becomes the one at hand, and the dock does not repeat it. Returns how to take that back. */
export function showInPlace(key: string): () => void {
  const count = (by: 1 | -1) => {
    const before = inPlace.peek();
    inPlace.value = new Map([...before, [key, (before.get(key) ?? 0) + by]]);
  };
  count(1);
  if (document.querySelector('[data-dock]')?.contains(document.activeElement) !== true && waiting.peek().some((one) => one.key === key)) takeUp(key);
  return () => count(-1);
}

/** Keeps the shown question the same as long as it waits, and tells for a while how it ended. Call once. */
export function startDock(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const keys = waiting.value.map(({ key }) => key);
    untracked(() => {
      const before = place.value;
      if (before.key !== null && !keys.includes(before.key)) {
        const ended = approvalById(before.key);
        if (ended !== undefined && ended.state !== 'pending' && !isOwnDecision(ended.id)) {
          lingering.value = ended;
          clearTimeout(timer);
          timer = setTimeout(dismissLingering, lingerMs);
        }
      }
      if (keys.length === 0) isFolded.value = false;
      const next = shownOf(keys, before);
      if (next.key !== before.key || next.place !== before.place) place.value = next;
    });
  });
}
