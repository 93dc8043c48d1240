import { signal } from '@preact/signals';
import type { PictureStore } from './picture-store.ts';

/** What is to be seen now. While something else is on its way, what was drawn last stays. */
export type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'picture'; readonly frameId: string }
  | { readonly kind: 'missing'; readonly frameId: string | null; readonly why: string }
  | { readonly kind: 'failed'; readonly frameId: string; readonly reason: unknown };

/**
 * Draws the frame that is wanted, one after the other: however fast one scrubs, each frame that was begun is drawn, and
 * the last one wanted always is.
 */
export class FrameShow<Picture> {
  readonly shown = signal<Shown>({ kind: 'nothing' });
  /** Whether what is wanted is not there yet. */
  readonly isLoading = signal(false);
  readonly #store: PictureStore<Picture>;
  readonly #draw: (picture: Picture) => void;
  #wanted: { readonly frameId: string; readonly ahead: readonly string[] } | undefined;
  #isBusy = false;

  constructor(store: PictureStore<Picture>, draw: (picture: Picture) => void) {
    this.#store = store;
    this.#draw = draw;
  }

  /** Wants a frame, and `ahead` ready for later; null for a moment that has none. */
  want(frameId: string | null, ahead: readonly string[]): void {
    if (frameId === null) {
      this.#wanted = undefined;
      this.shown.value = { kind: 'missing', frameId: null, why: 'Nothing had been seen of the screen by then.' };
      return;
    }
    this.#wanted = { frameId, ahead };
    const there = this.#store.peek(frameId);
    if (there !== undefined) this.#show(frameId, there);
    if (!this.#isBusy) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.#isBusy = true;
    for (let wanted = this.#wanted; wanted !== undefined; wanted = this.#wanted === wanted ? undefined : this.#wanted) {
      const { frameId, ahead } = wanted;
      this.isLoading.value = this.#store.peek(frameId) === undefined;
      try {
        const loaded = await this.#store.want(frameId, ahead);
        if (loaded !== undefined && this.#wanted !== undefined) this.#show(frameId, loaded);
      } catch (reason) {
        if (this.#wanted?.frameId === frameId) this.shown.value = { kind: 'failed', frameId, reason };
      }
    }
    this.isLoading.value = false;
    this.#isBusy = false;
  }

  #show(frameId: string, loaded: { readonly picture: Picture } | { readonly missing: string }): void {
    if ('picture' in loaded) {
      const { value } = this.shown;
      if (value.kind === 'picture' && value.frameId === frameId) return;
      this.#draw(loaded.picture);
      this.shown.value = { kind: 'picture', frameId };
    } else {
      this.shown.value = { kind: 'missing', frameId, why: loaded.missing };
    }
  }
}
