import { createHash } from 'node:crypto';
import { limits } from '../../sandbox-image/wire/index.ts';
import type { Thumbnail } from './desktop.ts';
import type { ShimClient } from './shim-client.ts';

/** A thumbnail is at most this old when it is asked for, and a desktop makes no more than one in this time, whoever asks. */
const thumbnailMs = 900;
const quality = 60;
const makeMs = 10_000;

/** The small pictures of one desktop: one at a time, shared by all who ask. */
export class Thumbnails {
  readonly #shim: Pick<ShimClient, 'thumbnail'>;
  #latest: Promise<Thumbnail> | undefined;
  #madeAt = -Infinity;

  constructor(shim: Pick<ShimClient, 'thumbnail'>) {
    this.#shim = shim;
  }

  /** The latest picture, or a new one when that is too old. Fails as asking the shim does; a failure is not kept. */
  latest(): Promise<Thumbnail> {
    if (this.#latest !== undefined && performance.now() - this.#madeAt < thumbnailMs) return this.#latest;
    const made = this.#make();
    this.#latest = made;
    this.#madeAt = Infinity; // until it is there, everybody waits for this one
    made.then(() => (this.#madeAt = performance.now()), () => (this.#latest = undefined));
    return made;
  }

  async #make(): Promise<Thumbnail> {
    const bytes = await this.#shim.thumbnail(limits.maxThumbnailWidth, quality, AbortSignal.timeout(makeMs));
    return { bytes, tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22) };
  }
}
