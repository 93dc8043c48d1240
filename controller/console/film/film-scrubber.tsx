import { useComputed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { duration } from '../../api/plain-words.ts';
import { wordsOfHolder } from './film.ts';
import type { Holder } from './film.ts';
import { controlPaths, laneWidth, statePaths, tickPaths } from './lane-paths.ts';
import type { TickKind } from './lane-paths.ts';
import type { Player } from './player.ts';
import { timePerHolder } from './totals.ts';
import css from './film-scrubber.module.css';

const tickClass = { turn: 'tickTurn', action: 'tickAction', asks: 'tickAsks', bad: 'tickBad', other: 'tickOther' } as const;

/** The whole run as a strip: who had the desktop, and what happened; drawn upon to go anywhere. */
export function FilmScrubber({ player }: { readonly player: Player }) {
  const track = useRef<HTMLDivElement>(null);
  const lanes = useComputed(() => ({ control: controlPaths(player.film.value, player.clock.value), states: statePaths(player.film.value, player.clock.value), ticks: tickPaths(player.film.value, player.clock.value) }));
  const seek = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    player.seek(((event.clientX - box.left) / box.width) * player.clock.value.lengthMs);
  };
  const { length } = player.film.value.beats;
  return (
    <div class={css.scrubber}>
      <div
        ref={track} class={css.track} role="slider" tabIndex={0} aria-label="Position in the run" aria-valuemin={1} aria-valuemax={Math.max(1, length)} aria-valuenow={Math.min(player.position.value + 1, Math.max(1, length))}
        aria-valuetext={`Step ${player.position.value + 1} of ${length}: ${player.scene.value?.title ?? ''}`}
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); seek(event); }} onPointerMove={(event) => { if (event.buttons === 1) seek(event); }}
      >
        <svg class={css.control} viewBox={`0 0 ${laneWidth} 100`} preserveAspectRatio="none" aria-hidden="true">
          {Object.entries(lanes.value.control).map(([holder, path]) => <path key={holder} class={css[holder]} d={path} />)}
        </svg>
        <svg class={css.states} viewBox={`0 0 ${laneWidth} 100`} preserveAspectRatio="none" aria-hidden="true">
          {Object.entries(lanes.value.states).map(([doing, path]) => <path key={doing} class={css[doing]} d={path} />)}
        </svg>
        <svg class={css.ticks} viewBox={`0 0 ${laneWidth} 100`} preserveAspectRatio="none" aria-hidden="true">
          {(Object.entries(lanes.value.ticks) as [TickKind, string][]).map(([kind, path]) => <path key={kind} class={css[tickClass[kind]]} d={path} />)}
        </svg>
        <Playhead player={player} />
      </div>
      <Legend player={player} />
    </div>
  );
}

/** Moves by itself, so that nothing else is drawn again while a film plays. */
function Playhead({ player }: { readonly player: Player }) {
  const left = useComputed(() => `${(player.offset.value / player.clock.value.lengthMs) * 100}%`);
  return <div class={css.playhead} style={{ left: left.value }} />;
}

function Legend({ player }: { readonly player: Player }) {
  return (
    <ul class={css.legend} aria-label="Who had the desktop, and for how long">
      {timePerHolder(player.film.value).map(({ name, ms }) => <li key={name} class={css.item}><i class={css[name]} data-holder={name} />{wordsOfHolder(name as Holder)}<span class={css.time}>{duration(ms)}</span></li>)}
      <li class={css.item}><i class={css.thinking} />Thinking</li>
      <li class={css.item}><i class={css.acting} />Acting</li>
    </ul>
  );
}
