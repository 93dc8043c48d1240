import { useComputed, useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import { kindAskedBy } from '../../decide/waiting.ts';
import { FilmStage } from '../../film/film-stage.tsx';
import type { PictureStore } from '../../film/picture-store.ts';
import type { Player } from '../../film/player.ts';
import { statusOfRun } from '../../state/session-status.ts';
import { Button } from '../../ui/button.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { ComparedTurns } from './compared-turns.tsx';
import { linesOf } from './comparison.ts';
import type { Line } from './comparison.ts';
import { stopsOf } from './together.ts';
import type { Stop, Together } from './together.ts';
import css from './compare-page.module.css';

type Side = { readonly player: Player; readonly pictures: PictureStore<ImageBitmap> };

/** Two films that go together, what they have in common, and where they part. */
export function SideBySide({ left, right, onOther }: { readonly left: Side; readonly right: Side; readonly onOther: () => void }) {
  const together = useSignal<Together>('turn');
  const position = useSignal(0);
  const plan = useComputed(() => stopsOf(left.player.film.value, right.player.film.value, together.value));
  const go = (to: number) => {
    const { stops } = plan.value;
    position.value = Math.max(0, Math.min(to, stops.length - 1));
    const stop = stops[position.value];
    if (stop === undefined) return;
    left.player.show(stop.left);
    right.player.show(stop.right);
  };
  const change = (to: Together) => {
    const at = plan.value.stops[position.value]?.left ?? 0;
    together.value = to;
    go(Math.max(0, plan.value.stops.findLastIndex((stop) => stop.left <= at)));
  };
  // Before the first turns there is nothing to see, so both begin with them.
  useEffect(() => go(1), []);
  useKeys((event) => {
    const last = plan.value.stops.length - 1;
    return { ArrowLeft: () => go(position.value - 1), ArrowRight: () => go(position.value + 1), Home: () => go(0), End: () => go(last) }[event.key];
  });
  const stop = plan.value.stops[position.value];
  return (
    <>
      <div class={css.stages}>
        {[left, right].map((side, index) => <One key={index} name={index === 0 ? 'Left' : 'Right'} side={side} />)}
      </div>
      <Controls stops={plan.value.stops} stop={stop} position={position} together={together.value} onGo={go} onChange={change} onOther={onOther} />
      <Summary lines={linesOf(left.player.film.value, right.player.film.value)} />
      <div class={css.stages}>{[left, right].map(({ player }, index) => <section key={index} class={css.answer} aria-label={`${index === 0 ? 'Left' : 'Right'}: answer`}><h2>{index === 0 ? 'Left' : 'Right'}: its answer</h2><pre tabIndex={0}>{player.film.value.run.answer ?? player.film.value.run.failure?.message ?? 'None'}</pre></section>)}</div>
      <ComparedTurns pairs={plan.value.pairs} current={stop} onChoose={(index) => { together.value = 'turn'; go(index + 1); }} />
    </>
  );
}

function One({ name, side: { player, pictures } }: { readonly name: string; readonly side: Side }) {
  const { run } = player.film.value;
  const scene = player.scene.value;
  return (
    <section class={css.one} aria-label={`${name} run`}>
      <header class={css.which}><h2 class={css.runTask} title={run.task}>{name}: {run.task}</h2><p class={css.facts}><StateBadge status={statusOfRun(run, kindAskedBy(run))} /><span>{run.model ?? 'Direct actions'}</span><a href={pathTo('run', run.id)}><code>{run.id}</code></a><a href={`${pathTo('replay', run.id)}?at=${player.moment}`}>Replay from here</a></p></header>
      <FilmStage player={player} pictures={pictures} />
      <p class={css.now}><strong>{scene === undefined || scene.turn === 0 ? '' : `Turn ${scene.turn}: `}{scene?.title}</strong> <span class={css.quiet}>{scene?.text}</span></p>
    </section>
  );
}

type ControlsProps = { readonly stops: readonly Stop[]; readonly stop: Stop | undefined; readonly position: Signal<number>; readonly together: Together; readonly onGo: (to: number) => void; readonly onChange: (to: Together) => void; readonly onOther: () => void };

function Controls({ stops, stop, position, together, onGo, onChange, onOther }: ControlsProps) {
  return (
    <div class={css.controls}>
      <Button aria-label="Back in both" onClick={() => onGo(position.value - 1)} disabled={position.value === 0}>←</Button>
      <Button aria-label="On in both" onClick={() => onGo(position.value + 1)} disabled={position.value >= stops.length - 1}>→</Button>
      <input class={css.slider} type="range" min={0} max={Math.max(0, stops.length - 1)} step={1} value={position.value} aria-label="Position in both runs" aria-valuetext={stop?.words} onInput={(event) => onGo(Number(event.currentTarget.value))} />
      <output class={css.stop}>{stop?.words}</output>
      <fieldset class={css.together}>
        <legend class="unseen">Keep them together by</legend>
        {(['turn', 'time'] as const).map((each) => <label key={each}><input type="radio" name="together" checked={together === each} onChange={() => onChange(each)} /> by {each}</label>)}
      </fieldset>
      <Button kind="quiet" onClick={onOther}>Another run</Button>
    </div>
  );
}

function Summary({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <section class={css.summary} aria-label="Summary">
      <table>
        <thead><tr><th scope="col">Summary</th><th scope="col">Left</th><th scope="col">Right</th></tr></thead>
        <tbody>{lines.map(({ name, left, right, differs, better }) => (
          <tr key={name} data-differs={differs || undefined}>
            <th scope="row">{name}{differs && <span class={css.mark} title="Differs"> ≠<span class="unseen"> differs</span></span>}</th>
            <td data-better={better === 'left' || undefined}>{left}</td><td data-better={better === 'right' || undefined}>{right}</td>
          </tr>
        ))}</tbody>
      </table>
    </section>
  );
}

function useKeys(commandOf: (event: KeyboardEvent) => (() => void) | undefined): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || (event.target instanceof Element && event.target.closest('input, textarea, select, dialog') !== null)) return;
      const command = commandOf(event);
      if (command === undefined) return;
      event.preventDefault();
      command();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  });
}
