import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { duration } from '../../../api/plain-words.ts';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/states.tsx';
import { rowHeight, rowSigns } from './row-signs.ts';
import type { Entry } from './timeline-entry.ts';
import type { Timeline } from './timeline.ts';
import { isAtEnd, RowOffsets } from './window-of.ts';
import css from './timeline.module.css';

type TimelineListProps = {
  readonly timeline: Timeline;
  readonly revision: ReadonlySignal<number>;
  readonly isComplete: boolean;
  readonly selected: string | null;
  readonly onSelect: (entry: Entry | null) => void;
  readonly onPoint: (entry: Entry | null) => void;
};

const overscan = 400;

/**
 * The timeline as a list that stays light however long it is: only the rows in sight exist. It follows what happens until
 * somebody scrolls up, and says how much is new below from then on.
 */
export function TimelineList({ timeline, revision, isComplete, selected, onSelect, onPoint }: TimelineListProps) {
  const box = useRef<HTMLDivElement>(null);
  const rem = useRef(16);
  const offsets = useRef(new RowOffsets());
  const scrollTop = useSignal(0);
  const height = useSignal(600);
  const follows = useSignal(true);
  const seen = useSignal(0);
  const rows = useComputed(() => {
    void revision.value;
    offsets.current.extend((row) => rowHeight(timeline.entries[row]?.kind ?? 'action') * rem.current, timeline.entries.length);
    return { ...offsets.current.windowAt(scrollTop.value, height.value, overscan), revision: revision.value };
  });

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      if (size !== rem.current) offsets.current.clear();
      rem.current = size;
      height.value = element.clientHeight;
      if (follows.peek()) element.scrollTop = element.scrollHeight;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  /** While it follows, the end stays in sight. */
  useSignalEffect(() => {
    const { total } = rows.value;
    const element = box.current;
    if (!follows.value || element === null) return;
    seen.value = timeline.entries.length;
    queueMicrotask(() => requestAnimationFrame(() => {
      if (follows.peek()) element.scrollTop = total;
    }));
  });

  const onScroll = ({ currentTarget }: { readonly currentTarget: HTMLDivElement }) => {
    const isLast = isAtEnd(currentTarget.scrollTop, currentTarget.clientHeight, offsets.current.total);
    if (currentTarget.scrollTop < scrollTop.peek() && !isLast) follows.value = false;
    else if (isLast) follows.value = true;
    scrollTop.value = currentTarget.scrollTop;
  };

  const show = (row: number) => {
    const element = box.current;
    const entry = timeline.entries[row];
    if (element === null || entry === undefined) return;
    const from = offsets.current.startOf(row);
    const to = offsets.current.startOf(row + 1);
    if (from < element.scrollTop) element.scrollTop = from;
    else if (to > element.scrollTop + element.clientHeight) element.scrollTop = to - element.clientHeight;
    onSelect(entry);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const last = timeline.entries.length - 1;
    const at = selected === null ? last + 1 : timeline.placeOf(selected) ?? last;
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') onSelect(null);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    show(Math.max(0, Math.min(to, last)));
  };

  const { from, to, offset, total } = rows.value;
  const below = timeline.entries.length - seen.value;
  return (
    <div class={css.outer}>
      <div
        ref={box} class={css.list} role="listbox" aria-label="Timeline" tabIndex={0} data-follows={follows.value || undefined}
        aria-activedescendant={selected === null ? undefined : idOf(selected)} onScroll={onScroll} onKeyDown={onKeyDown} onPointerLeave={() => onPoint(null)}
      >
        {timeline.entries.length === 0 && (isComplete ? <p class={css.none} role="presentation">Nothing has happened yet.</p> : <Skeleton height="12rem" />)}
        <div role="presentation" class={css.whole} style={{ height: `${total}px` }}>
          <div role="presentation" class={css.shown} style={{ transform: `translateY(${offset}px)` }}>
            {timeline.entries.slice(from, to).map((entry, index) => (
              <Row key={entry.key} entry={entry} place={from + index + 1} count={timeline.entries.length} isSelected={entry.key === selected} onSelect={onSelect} onPoint={onPoint} />
            ))}
          </div>
        </div>
      </div>
      {!follows.value && (
        <div class={css.below}>
          <Button kind="primary" size="small" onClick={() => { follows.value = true; }}>{below > 0 ? `${below} new below ↓` : 'To the end ↓'}</Button>
        </div>
      )}
    </div>
  );
}

type RowProps = { readonly entry: Entry; readonly place: number; readonly count: number; readonly isSelected: boolean; readonly onSelect: (entry: Entry) => void; readonly onPoint: (entry: Entry | null) => void };

function Row({ entry, place, count, isSelected, onSelect, onPoint }: RowProps) {
  const { key, kind, at, turn, title, text, tone, timings } = entry;
  return (
    <div
      id={idOf(key)} role="option" class={css.row} data-kind={kind} data-tone={tone} data-key={key} aria-selected={isSelected} aria-posinset={place} aria-setsize={count}
      style={{ height: `${rowHeight(kind)}rem` }} onClick={() => onSelect(entry)} onPointerEnter={() => onPoint(entry)}
    >
      <svg class={css.sign} viewBox="0 0 16 16" aria-hidden="true"><path d={rowSigns[kind]} fill="currentcolor" fill-rule="evenodd" /></svg>
      <div class={css.body}>
        <div class={css.title}><span class={css.words}>{kind === 'turn' && `Turn ${turn} · `}{title}</span></div>
        {text !== '' && <div class={css.text}>{text}</div>}
      </div>
      <div class={css.figures}>
        <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString('en-GB')}</time>
        <span class={css.took}>{tone === 'busy' ? 'under way' : timings === null ? '' : duration(timings.totalMs)}</span>
      </div>
    </div>
  );
}

function idOf(key: string): string {
  return `entry-${key.replaceAll(/[^\w-]/g, '_')}`;
}
