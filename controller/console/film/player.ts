import { batch, computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { clockOf } from './film-clock.ts';
import type { FilmClock, Pace } from './film-clock.ts';
import { sceneOf } from './film.ts';
import type { Beat, Film, Scene } from './film.ts';
import { momentOf, positionOf } from './moment.ts';
import { moved, otherSpeed } from './moves.ts';
import type { Move } from './moves.ts';

/** Calls back with the time in milliseconds before each picture of the screen, until the returned function is called. */
export type Ticker = (step: (now: number) => void) => () => void;

/** A film being played: where it stands, and how it goes. One owner disposes it. */
export class Player implements Disposable {
  readonly film: Signal<Film>;
  readonly position = signal(0);
  /** Where the clock stands between two beats; what the playhead shows. */
  readonly offset = signal(0);
  readonly isPlaying = signal(false);
  readonly speed = signal(1);
  readonly pace = signal<Pace>('short');
  readonly areMarksShown = signal(true);
  readonly clock: ReadonlySignal<FilmClock>;
  readonly beat: ReadonlySignal<Beat | undefined>;
  readonly scene: ReadonlySignal<Scene | undefined>;
  readonly #ticker: Ticker;
  #stopTicking: (() => void) | undefined;

  constructor(film: Film, ticker: Ticker) {
    this.film = signal(film);
    this.#ticker = ticker;
    this.clock = computed(() => clockOf(this.film.value, this.pace.value));
    this.beat = computed(() => this.film.value.beats[this.position.value]);
    this.scene = computed(() => (this.beat.value === undefined ? undefined : sceneOf(this.film.value, this.beat.value)));
  }

  /** The moment on show, as a link names it. */
  get moment(): string {
    return momentOf(this.film.value, this.position.value);
  }

  /** Shows a beat, and stops playing. */
  show(position: number): void {
    this.pause();
    this.#stand(position);
  }

  /** Shows what a link names; whether it names anything. */
  showMoment(moment: string): boolean {
    const position = positionOf(this.film.value, moment);
    if (position !== undefined) this.show(position);
    return position !== undefined;
  }

  /** Shows the first beat of a scene. */
  showScene(scene: number): void {
    const position = this.film.value.beats.findIndex((beat) => beat.scene === scene);
    if (position !== -1) this.show(position);
  }

  /** Shows what is on at a time of the film's clock. */
  seek(offset: number): void {
    this.show(this.clock.value.beatAt(offset));
  }

  move(move: Move): void {
    this.show(moved(this.film.value, this.position.value, move));
  }

  /** The frames that follow, and the one before: what is worth having ready. */
  framesAhead(count: number): string[] {
    const { beats } = this.film.value;
    const at = this.position.value;
    const own = beats[at]?.frameId;
    const ids = [...beats.slice(at + 1, at + 1 + count * 2), ...beats.slice(Math.max(0, at - 2), at).toReversed()].flatMap(({ frameId }) => frameId ?? []);
    return [...new Set(ids)].filter((id) => id !== own).slice(0, count);
  }

  /** Another film of the same run, that has gone on: the moment on show stays. */
  replace(film: Film): void {
    const { moment } = this;
    batch(() => {
      this.film.value = film;
      this.#stand(positionOf(film, moment) ?? 0);
    });
  }

  setPace(pace: Pace): void {
    batch(() => {
      this.pace.value = pace;
      this.#stand(this.position.value);
    });
  }

  changeSpeed(direction: 1 | -1): void {
    this.speed.value = otherSpeed(this.speed.value, direction);
  }

  toggle(): void {
    if (this.isPlaying.value) this.pause();
    else this.play();
  }

  /** Plays from here; from the beginning at the end. */
  play(): void {
    if (this.isPlaying.value) return;
    if (this.position.value >= this.film.value.beats.length - 1) this.#stand(0);
    this.isPlaying.value = true;
    let last: number | undefined;
    this.#stopTicking = this.#ticker((now) => {
      this.#advance(last === undefined ? 0 : (now - last) * this.speed.value);
      last = now;
    });
  }

  pause(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.isPlaying.value = false;
  }

  [Symbol.dispose](): void {
    this.pause();
  }

  #advance(ms: number): void {
    const { offsets, lengthMs } = this.clock.value;
    const end = offsets.length - 1;
    const offset = Math.min(lengthMs, this.offset.value + ms);
    let position = this.position.value;
    while (position < end && (offsets[position + 1] ?? Infinity) <= offset) position += 1;
    batch(() => {
      this.offset.value = offset;
      this.position.value = position;
    });
    if (position >= end) this.pause();
  }

  #stand(position: number): void {
    const within = Math.min(Math.max(0, position), Math.max(0, this.film.value.beats.length - 1));
    batch(() => {
      this.position.value = within;
      this.offset.value = this.clock.value.offsets[within] ?? 0;
    });
  }
}
