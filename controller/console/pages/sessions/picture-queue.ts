/** A small picture that was fetched, with its tag; null where nothing new was to be had. */
export type Fetched<Picture> = { readonly tag: string | null; readonly picture: Picture } | null;

export type PictureQueueOptions<Picture> = {
  /** Fetches the picture of one desktop unless it still has this tag. */
  readonly fetch: (id: string, tag: string | null) => Promise<Fetched<Picture>>;
  /** How often each is fetched at most. */
  readonly everyMs?: number;
  /** How many are fetched at a time: a browser has few connections to one server, and others want some too. */
  readonly atOnce?: number;
};

type Watched<Picture> = { readonly listeners: Set<(picture: Picture) => void>; tag: string | null; last: Picture | undefined; dueAt: number; isAsked: boolean };

/**
 * Keeps the pictures of those desktops fresh that somebody looks at: each about once in `everyMs`, a few at a time, the
 * one that is due longest first. While it is paused nothing is fetched.
 */
export function createPictureQueue<Picture>({ fetch, everyMs = 1000, atOnce = 3 }: PictureQueueOptions<Picture>) {
  const watched = new Map<string, Watched<Picture>>();
  let isPaused = false;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const next = () => {
    clearTimeout(timer);
    if (isPaused) return;
    const waiting = [...watched].filter(([, one]) => !one.isAsked).toSorted(([, one], [, other]) => one.dueAt - other.dueAt);
    const now = Date.now();
    for (const [id, one] of waiting) {
      if (asked >= atOnce || one.dueAt > now) break;
      void refresh(id, one);
    }
    const [, soonest] = waiting.find(([, one]) => !one.isAsked) ?? [];
    if (soonest !== undefined && asked < atOnce) timer = setTimeout(next, Math.max(0, soonest.dueAt - Date.now()));
  };

  const refresh = async (id: string, one: Watched<Picture>) => {
    one.isAsked = true;
    asked += 1;
    try {
      const fetched = await fetch(id, one.tag);
      if (fetched !== null) {
        one.tag = fetched.tag;
        one.last = fetched.picture;
        for (const listener of one.listeners) listener(fetched.picture);
      }
    } catch {
      // Not there at the moment: the picture before stays, and the state beside it tells what is the matter.
    }
    asked -= 1;
    one.isAsked = false;
    one.dueAt = Date.now() + everyMs;
    next();
  };

  return {
    /** Has a desktop's picture fetched from now on; the last one that is known comes at once. Returns how to stop. */
    watch(id: string, listener: (picture: Picture) => void): () => void {
      const one = watched.get(id) ?? { listeners: new Set<(picture: Picture) => void>(), tag: null, last: undefined, dueAt: 0, isAsked: false };
      watched.set(id, one);
      one.listeners.add(listener);
      if (one.last !== undefined) listener(one.last);
      next();
      return () => {
        one.listeners.delete(listener);
        if (one.listeners.size === 0 && watched.get(id) === one) watched.delete(id);
      };
    },
    pause(isNowPaused: boolean): void {
      isPaused = isNowPaused;
      next();
    },
  };
}
