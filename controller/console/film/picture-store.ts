/** A picture that is there, or is known not to be: `missing` says why in words. */
export type Loaded<Picture> = { readonly picture: Picture } | { readonly missing: string };

/** How pictures come and go. `load` rejects only for what may be better another time; `close` frees what a picture holds. */
export type PictureSource<Picture> = {
  readonly load: (frameId: string, signal: AbortSignal) => Promise<Loaded<Picture>>;
  readonly close: (picture: Picture) => void;
};

/** How many decoded pictures are held: 4 MB each at 1280x800. */
const mostPictures = 24;
/** How many are fetched at a time. */
const mostAtATime = 4;

type Waiting = { readonly frameId: string; readonly resolve: () => void };

/**
 * Decoded pictures of a film, at most `capacity` of them: those that were used last stay. What is wanted now is fetched
 * before what may be wanted next, and what nobody wants any more is not fetched.
 */
export class PictureStore<Picture> implements Disposable {
  readonly #source: PictureSource<Picture>;
  readonly #capacity: number;
  /** In order of use, the oldest first. */
  readonly #held = new Map<string, Loaded<Picture>>();
  readonly #loading = new Map<string, { readonly done: Promise<void>; readonly stop: AbortController }>();
  #queue: Waiting[] = [];
  #isOver = false;

  constructor(source: PictureSource<Picture>, capacity = mostPictures) {
    this.#source = source;
    this.#capacity = capacity;
  }

  /** The picture if it is there already. */
  peek(frameId: string): Loaded<Picture> | undefined {
    const loaded = this.#held.get(frameId);
    if (loaded === undefined) return undefined;
    this.#held.delete(frameId);
    this.#held.set(frameId, loaded);
    return loaded;
  }

  /**
   * Wants `frameId` now and `next` soon; whatever was wanted before and has not begun is forgotten. Resolves when the
   * first one is there, or is not wanted any more; rejects when it could not be fetched.
   */
  async want(frameId: string, next: readonly string[] = []): Promise<Loaded<Picture> | undefined> {
    for (const { resolve } of this.#queue) resolve();
    this.#queue = [];
    const wanted = new Set([frameId, ...next]);
    for (const [id, { stop }] of this.#loading) if (!wanted.has(id)) stop.abort();
    const there = this.peek(frameId);
    if (there === undefined) await this.#fetch(frameId, true);
    for (const id of next.slice(0, this.#capacity - 1)) if (!this.#held.has(id)) this.#fetch(id, false).catch(() => {}); // What could not be fetched ahead is asked for again when it is shown.
    return there ?? this.peek(frameId);
  }

  /** Frees every picture; what is still being fetched is freed as it comes. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const { stop } of this.#loading.values()) stop.abort();
    for (const { resolve } of this.#queue) resolve();
    for (const loaded of this.#held.values()) this.#free(loaded);
    this.#held.clear();
    this.#queue = [];
  }

  async #fetch(frameId: string, isUrgent: boolean): Promise<void> {
    const running = this.#loading.get(frameId);
    if (running !== undefined && !running.stop.signal.aborted) return running.done;
    if (!isUrgent && this.#loading.size >= mostAtATime) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#queue.push({ frameId, resolve });
      return promise;
    }
    const stop = new AbortController();
    const done = this.#load(frameId, stop);
    this.#loading.set(frameId, { done, stop });
    return done;
  }

  async #load(frameId: string, stop: AbortController): Promise<void> {
    try {
      const loaded = await this.#source.load(frameId, stop.signal);
      if (this.#isOver || this.#held.has(frameId)) this.#free(loaded);
      else this.#hold(frameId, loaded);
    } catch (reason) {
      if (!stop.signal.aborted) throw reason;
    } finally {
      if (this.#loading.get(frameId)?.stop === stop) this.#loading.delete(frameId);
      const next = this.#queue.shift();
      if (next !== undefined) this.#fetch(next.frameId, true).catch(() => {}).finally(next.resolve); // As above.
    }
  }

  #hold(frameId: string, loaded: Loaded<Picture>): void {
    this.#held.set(frameId, loaded);
    for (const [id, oldest] of this.#held) {
      if (this.#held.size <= this.#capacity) return;
      this.#held.delete(id);
      this.#free(oldest);
    }
  }

  #free(loaded: Loaded<Picture>): void {
    if ('picture' in loaded) this.#source.close(loaded.picture);
  }
}
