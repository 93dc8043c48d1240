import { StateBadge } from '../ui/state-badge.tsx';
import type { Tone } from '../state/session-status.ts';
import { beganAt, wordsOfHolder, wordsOfState } from './film.ts';
import type { Film, Holder } from './film.ts';
import { filmTime } from './film-time.ts';
import type { Move } from './moves.ts';
import type { Player } from './player.ts';
import css from './film-transport.module.css';

const icons = { first: 'M6 5v14M19 5 9 12l10 7Z', back: 'M17 5 7 12l10 7Z', on: 'm7 5 10 7-10 7Z', last: 'M18 5v14M5 5l10 7-10 7Z', turnBack: 'M12 5 4 12l8 7ZM20 5l-8 7 8 7Z', turnOn: 'm4 5 8 7-8 7ZM12 5l8 7-8 7Z', play: 'm7 4 13 8-13 8Z', pause: 'M7 4h4v16H7ZM14 4h4v16h-4Z' } as const;

/** Buttons for what the keys do, and where the film stands. */
export function FilmTransport({ player, onKeys }: { readonly player: Player; readonly onKeys: () => void }) {
  const move = (name: Move, label: string, keys: string) => <button type="button" class={css.button} aria-label={label} title={`${label} (${keys})`} onClick={() => player.move(name)}><Icon name={name} /></button>;
  const isPlaying = player.isPlaying.value;
  return (
    <div class={css.transport}>
      <div class={css.buttons} role="group" aria-label="Play">
        {move('first', 'To the beginning', 'Home')}
        {move('turnBack', 'Back a turn', 'Shift ←')}
        {move('back', 'Back a step', '←')}
        <button type="button" class={`${css.button} ${css.play}`} aria-label={isPlaying ? 'Pause' : 'Play'} title={`${isPlaying ? 'Pause' : 'Play'} (space)`} onClick={() => player.toggle()}><Icon name={isPlaying ? 'pause' : 'play'} /></button>
        {move('on', 'On a step', '→')}
        {move('turnOn', 'On a turn', 'Shift →')}
        {move('last', 'To the end', 'End')}
      </div>
      <div class={css.buttons} role="group" aria-label="Speed">
        <button type="button" class={css.button} aria-label="Slower" title="Slower (−)" onClick={() => player.changeSpeed(-1)}>−</button>
        <output class={css.speed} aria-label="Speed">{speedWords(player.speed.value)}</output>
        <button type="button" class={css.button} aria-label="Faster" title="Faster (+)" onClick={() => player.changeSpeed(1)}>+</button>
        <button type="button" class={`${css.button} ${css.wide}`} aria-pressed={player.pace.value === 'short'} title="Shorten waiting (w)" onClick={() => player.setPace(player.pace.value === 'short' ? 'real' : 'short')}>Shorten waiting</button>
        <button type="button" class={css.button} aria-label="Keys" title="Keys (?)" onClick={onKeys}>?</button>
      </div>
      <Readout player={player} />
    </div>
  );
}

const tones: Readonly<Record<Holder, Tone>> = { agent: 'working', person: 'person', paused: 'queued', waiting: 'waiting', vitrine: 'queued' };

function Readout({ player }: { readonly player: Player }) {
  const film = player.film.value;
  const beat = player.beat.value;
  const at = beat?.at ?? film.run.createdAt;
  const lane = stretchAt(film.control, at);
  const state = stretchAt(film.states, at);
  return (
    <div class={css.readout}>
      <span class={css.holder}>{lane !== undefined && <StateBadge status={{ tone: tones[lane.holder], words: wordsOfHolder(lane.holder, lane.who) }} />}</span>
      <span class={css.state} title="State of the run">{state === undefined ? '' : wordsOfState(state.state)}</span>
      <span class={css.count}>{Math.min(player.position.value + 1, film.beats.length)} / {film.beats.length}</span>
      <time class={css.time} dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString('en-GB')}>{filmTime(at - beganAt(film))}</time>
    </div>
  );
}

function stretchAt<Stretch extends Film['control'][number] | Film['states'][number]>(lane: readonly Stretch[], at: number): Stretch | undefined {
  return lane.findLast(({ from }) => from <= at) ?? lane[0];
}

function speedWords(speed: number): string {
  return `${{ 0.25: '¼', 0.5: '½' }[speed] ?? speed}×`;
}

function Icon({ name }: { readonly name: keyof typeof icons }) {
  return <svg class={css.icon} viewBox="0 0 24 24" aria-hidden="true"><path d={icons[name]} /></svg>;
}
