import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { SelectField, TextField } from '../../ui/field.tsx';
import { KeyHint } from '../../ui/key-hint.tsx';
import { groups, noFilter, orders } from './session-filter.ts';
import type { Group, Order, SessionFilter } from './session-filter.ts';
import { Button } from '../../ui/button.tsx';
import css from './sessions.module.css';

const groupWords: Readonly<Record<Group | 'all', string>> = { all: 'All', waiting: 'Waiting for a person', person: 'Person in control', working: 'Working', queued: 'Queued', idle: 'Idle' };
const orderWords: Readonly<Record<Order, string>> = { newest: 'Newest first', longest: 'Longest first', cost: 'Costliest first', steps: 'Most steps first', task: 'By task' };

type ToolbarProps = { readonly filter: SessionFilter; readonly onFilter: (filter: SessionFilter) => void; readonly counts: Readonly<Record<Group | 'all', number>>; readonly models: readonly string[] };

/** What is shown of the sessions: by state (with how many there are), by model, by words; and in which order. */
export function Toolbar({ filter, onFilter, counts, models }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const toSearch = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      event.preventDefault();
      bar.current?.querySelector('input')?.focus();
    };
    document.addEventListener('keydown', toSearch);
    return () => document.removeEventListener('keydown', toSearch);
  }, []);
  // The address follows what is typed, a moment later: what stands in the field is not taken from there while it has the focus.
  const [text, type] = useState(filter.text);
  useEffect(() => {
    if (text !== filter.text) onFilter({ ...filter, text });
  }, [text]);
  useEffect(() => {
    if (!isWriting(document.activeElement)) type(filter.text);
  }, [filter.text]);
  const known = filter.model === '' || models.includes(filter.model) ? models : [...models, filter.model];
  const isFiltered = filter.text !== '' || filter.group !== 'all' || filter.model !== '';
  return (
    <div ref={bar} class={css.toolbar} role="search" aria-label="Sessions">
      <div class={css.groups} role="group" aria-label="State">
        {(['all', ...groups] as const).map((group) => (
          <button key={group} type="button" class={css.group} data-group={group} data-some={counts[group] > 0 || undefined} aria-pressed={filter.group === group} onClick={() => onFilter({ ...filter, group })}>
            <span>{groupWords[group]}</span> <span class={css.groupCount}>{counts[group]}</span>
          </button>
        ))}
      </div>
      <div class={css.fields}>
        <div class={css.search}><TextField label="Search" hidesLabel type="search" placeholder="Search task, id, label" value={text} onValue={type} aria-keyshortcuts="/" /><span class={css.slash}><KeyHint keys="/" /></span></div>
        <SelectField label="Model" hidesLabel value={filter.model} onValue={(model) => onFilter({ ...filter, model })} options={[{ value: '', words: 'All models' }, ...known.map((value) => ({ value, words: value }))]} />
        <SelectField label="Order" hidesLabel value={filter.order} onValue={(value) => onFilter({ ...filter, order: orders.find((order) => order === value) ?? noFilter.order })} options={orders.map((value) => ({ value, words: orderWords[value] }))} />
        <Button kind="quiet" disabled={!isFiltered} onClick={() => onFilter({ ...noFilter, order: filter.order })}>Show all</Button>
      </div>
    </div>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || target.closest('dialog') !== null);
}
