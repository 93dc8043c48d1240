import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { duration } from '../../api/plain-words.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FilmScrubber } from './film-scrubber.tsx';
import { FilmStage } from './film-stage.tsx';
import { FilmSteps } from './film-steps.tsx';
import { FilmTransport } from './film-transport.tsx';
import type { Scene } from './film.ts';
import { commandOf } from './moves.ts';
import type { PictureStore } from './picture-store.ts';
import type { Player } from './player.ts';
import css from './film-player.module.css';

type FilmPlayerProps = {
  readonly player: Player;
  readonly pictures: PictureStore<ImageBitmap>;
  /** What the key `l` does: a link to the moment. */
  readonly onLink: () => void;
  /** What belongs beside the film, under its steps. */
  readonly children?: ComponentChildren;
};

/** A film with all that it is played with. Keys work anywhere on the page, except where one types. */
export function FilmPlayer({ player, pictures, onLink, children }: FilmPlayerProps) {
  const searchId = useId();
  const areKeysShown = useSignal(false);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => obey(event, player, { keys: () => { areKeysShown.value = true; }, link: onLink, search: () => document.getElementById(searchId)?.querySelector('input')?.focus() });
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [player, onLink]);
  return (
    <div class={css.player}>
      <div class={css.film}>
        <FilmStage player={player} pictures={pictures} />
        <Caption player={player} />
        <FilmTransport player={player} onKeys={() => { areKeysShown.value = true; }} />
        <FilmScrubber player={player} />
      </div>
      <div class={css.aside}>
        <FilmSteps player={player} searchId={searchId} />
        {children}
      </div>
      {areKeysShown.value && <Keys onClose={() => { areKeysShown.value = false; }} />}
    </div>
  );
}

const phases = { before: 'decided on this', after: 'what came of it', still: '' } as const;

/** What is said at the moment, whole; its place has one size, and scrolls. */
function Caption({ player }: { readonly player: Player }) {
  const scene = player.scene.value;
  const beat = player.beat.value;
  if (scene === undefined || beat === undefined) return <div class={css.caption} />;
  const times = timesOf(scene);
  return (
    <section class={css.caption} data-tone={scene.tone} aria-label="At this moment" aria-live={player.isPlaying.value ? 'off' : 'polite'} tabIndex={0}>
      <p><span class={css.phase}>{[scene.turn > 0 ? `Turn ${scene.turn}` : '', phases[beat.phase]].filter((part) => part !== '').join(' · ')}</span> <strong>{scene.title}</strong></p>
      {times !== '' && <p class={css.times}>{times}</p>}
      {scene.text !== '' && <p class={css.said}>{scene.text}</p>}
    </section>
  );
}

const parts = { modelMs: 'model', queueMs: 'queue', inputMs: 'input', settleMs: 'settle', captureMs: 'capture', relayMs: 'relay' } as const;

/** Where the time of a scene went, in words; nothing where less than half a millisecond went. */
function timesOf({ timings }: Scene): string {
  if (timings === null) return '';
  return (Object.keys(parts) as (keyof typeof parts)[]).flatMap((key) => ((timings[key] ?? 0) >= 0.5 ? [`${parts[key]} ${duration(timings[key] ?? 0)}`] : [])).join('  ·  ');
}

const keys = [
  ['space', 'Play or pause'], ['← →', 'A step back or on'], ['shift ← →', 'A turn back or on'], ['Home End', 'To the beginning or the end'], ['+ −', 'Faster or slower'], ['w', 'Shorten waiting, or real time'],
  ['m', 'Marks of actions on or off'], ['/', 'Search the steps'], ['↑ ↓', 'In the list: the step before or after'], ['l', 'Copy a link to this moment'], ['?', 'These keys'],
] as const;

function Keys({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class={css.keys}>{keys.map(([key, words]) => <div key={key}><dt>{key.split(' ').map((each) => <kbd key={each}>{each}</kbd>)}</dt><dd>{words}</dd></div>)}</dl>
    </Dialog>
  );
}

type Commands = { readonly keys: () => void; readonly link: () => void; readonly search: () => void };

function obey(event: KeyboardEvent, player: Player, commands: Commands): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isMeantFor(event.target, event.key)) return;
  const command = commandOf(event);
  if (command === undefined) return;
  event.preventDefault();
  switch (command) {
    case 'toggle': player.toggle(); break;
    case 'faster': player.changeSpeed(1); break;
    case 'slower': player.changeSpeed(-1); break;
    case 'pace': player.setPace(player.pace.value === 'short' ? 'real' : 'short'); break;
    case 'marks': player.areMarksShown.value = !player.areMarksShown.value; break;
    case 'keys':
    case 'link':
    case 'search': commands[command](); break;
    case 'back':
    case 'on':
    case 'turnBack':
    case 'turnOn':
    case 'first':
    case 'last': player.move(command); break;
  }
}

/** Whether a key belongs to what has the focus: to a field, to a dialog, or to a button that it presses. */
function isMeantFor(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('input, textarea, select, [contenteditable], dialog') !== null) return true;
  return key === ' ' && target.closest('button, a, summary') !== null;
}
