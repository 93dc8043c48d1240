import type { Frame } from '../../sandbox-image/wire/index.ts';

/** A frame and its picture as a data URL, as models are sent it. */
export type ShownPicture = { readonly frame: Frame; readonly url: string };

/**
 * Pictures as they were sent, kept from question to question, so that the twenty-nine earlier ones of a question are not
 * read, checked and encoded again.
 */
export interface ShownPictures {
  /** The picture of a run's frame, made by `make` unless it is kept. Rejects as `make` does; nothing is kept then. */
  get(runId: string, frameId: string, make: () => Promise<ShownPicture>): Promise<ShownPicture>;
  /** Lets go of a run's pictures: it has ended. */
  forget(runId: string): void;
  /** How much is kept. */
  readonly bytes: number;
}

/** Two runs' worth at the largest usual screens, ten at 1280x800. */
const defaultMaxBytes = 64 * 1024 * 1024;

/** Keeps at most `maxBytes` of pictures over all runs; what was not asked for the longest goes first. */
export function createShownPictures(maxBytes = defaultMaxBytes): ShownPictures {
  /** From the one not asked for the longest to the latest. */
  const kept = new Map<string, { readonly runId: string; readonly picture: ShownPicture }>();
  let bytes = 0;

  const drop = (key: string): void => {
    bytes -= kept.get(key)?.picture.url.length ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, runId: string, picture: ShownPicture): void => {
    drop(key);
    if (picture.url.length > maxBytes) return;
    kept.set(key, { runId, picture });
    bytes += picture.url.length;
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) return;
      drop(oldest);
    }
  };

  return {
    async get(runId, frameId, make) {
      const key = `${runId}/${frameId}`;
      const picture = kept.get(key)?.picture ?? await make();
      keep(key, runId, picture);
      return picture;
    },
    forget(runId) {
      for (const [key, one] of kept) if (one.runId === runId) drop(key);
    },
    get bytes() {
      return bytes;
    },
  };
}
