import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { beganAt } from './film.ts';
import type { Scene } from './film.ts';
import { filmTime } from './film-time.ts';
import type { Player } from './player.ts';
import { found } from './search.ts';
import { TextField } from '../ui/field.tsx';
import css from './film-steps.module.css';

/** Every row is as high as this, in pixels, so that a list of thousands is drawn a window at a time. */
const rowHeight = 52;
const overscan = 8;

/** What happened, as a list that can be searched; the moment on show is marked, and a choice shows another. */
export function FilmSteps({ player, searchId }: { readonly player: Player; readonly searchId: string }) {
  const list = useRef<HTMLDivElement>(null);
  const query = useSignal('');
  const scrolled = useSignal(0);
  const height = useSignal(600);
  const rows = useComputed(() => found(player.film.value.scenes, query.value));
  const current = useComputed(() => player.beat.value?.scene ?? -1);
  useEffect(() => {
    if (list.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => { height.value = entry?.contentRect.height ?? height.value; });
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  useSignalEffect(() => {
    const row = rows.value.indexOf(current.value);
    const element = list.current;
    if (row === -1 || element === null) return;
    const top = row * rowHeight;
    if (top < element.scrollTop || top + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = Math.max(0, top - element.clientHeight / 3);
  });
  const began = beganAt(player.film.value);
  const from = Math.max(0, Math.floor(scrolled.value / rowHeight) - overscan);
  const to = Math.min(rows.value.length, Math.ceil((scrolled.value + height.value) / rowHeight) + overscan);
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const at = rows.value.indexOf(current.value);
    const next = rows.value[at === -1 ? rows.value.findIndex((scene) => scene > current.value) : at + direction];
    if (next !== undefined) player.showScene(next);
  };
  const leaveSearch = (field: EventTarget | null) => {
    query.value = '';
    if (field instanceof HTMLElement) field.blur();
  };
  return (
    <section class={css.steps} aria-label="What happened">
      <div class={css.search} id={searchId}>
        <TextField label="Search the steps" hidesLabel type="search" placeholder="Search what was said and done" aria-keyshortcuts="/" value={query.value} onValue={(value) => { query.value = value; }} onKeyDown={(event) => { if (event.key === 'Escape') leaveSearch(event.target); }} />
        <output class={css.count}>{query.value.trim() === '' ? `${rows.value.length} steps` : `${rows.value.length} of ${player.film.value.scenes.length}`}</output>
      </div>
      <div ref={list} class={css.list} role="listbox" tabIndex={0} aria-label="Steps of the run" aria-activedescendant={rows.value.includes(current.value) ? `step-${current.value}` : undefined} onScroll={(event) => { scrolled.value = event.currentTarget.scrollTop; }} onKeyDown={onKeyDown}>
        {rows.value.length === 0 && <p class={css.none}>No step says that.</p>}
        <div class={css.space} role="presentation" style={{ height: `${rows.value.length * rowHeight}px` }}>
          {rows.value.slice(from, to).map((scene, index) => <Step key={scene} id={scene} scene={player.film.value.scenes[scene]} isCurrent={scene === current.value} isPast={scene < current.value} top={(from + index) * rowHeight} began={began} count={rows.value.length} place={from + index + 1} onChoose={() => player.showScene(scene)} />)}
        </div>
      </div>
    </section>
  );
}

const glyphs: Readonly<Record<Scene['kind'], string>> = { task: '◆', turn: '✦', action: '›', approval: '⚖', note: '✎', network: '⇅', control: '⇄', person: '☻', desktop: '▣', failure: '!', answer: '■' };

type StepProps = { readonly id: number; readonly scene: Scene | undefined; readonly isCurrent: boolean; readonly isPast: boolean; readonly top: number; readonly began: number; readonly count: number; readonly place: number; readonly onChoose: () => void };

function Step({ id, scene, isCurrent, isPast, top, began, count, place, onChoose }: StepProps) {
  if (scene === undefined) return null;
  return (
    <div id={`step-${id}`} role="option" aria-selected={isCurrent} aria-setsize={count} aria-posinset={place} class={css.step} data-kind={scene.kind} data-tone={scene.tone} data-past={isPast || undefined} style={{ top: `${top}px` }} onClick={onChoose}>
      <span class={css.time}>{filmTime(scene.at - began)}</span>
      <span class={css.glyph} aria-hidden="true">{glyphs[scene.kind]}</span>
      <span class={css.body}><span class={css.title}>{scene.title}</span><span class={css.text}>{scene.text}</span></span>
    </div>
  );
}
