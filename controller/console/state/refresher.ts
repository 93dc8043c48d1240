/** What can be fetched anew, and what becomes of a failure. */
export type RefresherOptions = {
  readonly all: () => Promise<void>;
  readonly inbox: () => Promise<void>;
  readonly run: (id: string) => Promise<void>;
  readonly onFailure: (reason: unknown) => void;
  /** Between two fetches, twice that after one of everything; what is asked for meanwhile is fetched once. */
  readonly everyMs?: number;
};

/** Asks for something to be fetched soon. */
export type Refresher = { all(): void; inbox(): void; run(id: string): void };

/** So many single runs are fetched one by one; for more the whole list is cheaper. */
const maxSingles = 4;

/**
 * Gathers what has to be fetched anew and fetches it at most once per `everyMs`, never twice at a time: a burst of events
 * costs a few requests, and what is shown is what the server said last, at most that much old.
 */
export function createRefresher({ all, inbox, run, onFailure, everyMs = 250 }: RefresherOptions): Refresher {
  const dirty = new Set<string>();
  let wantsAll = false;
  let wantsInbox = false;
  let isWaiting = false;
  let readyAt = 0;

  const flush = async (): Promise<number> => {
    const ids = [...dirty];
    const isAll = wantsAll || ids.length > maxSingles;
    const work = isAll ? [all()] : [...ids.map(run), ...(wantsInbox ? [inbox()] : [])];
    dirty.clear();
    wantsAll = false;
    wantsInbox = false;
    for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') onFailure(result.reason);
    return isAll ? 2 * everyMs : everyMs;
  };

  const schedule = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      void flush().then((restMs) => {
        isWaiting = false;
        readyAt = Date.now() + restMs;
        if (wantsAll || wantsInbox || dirty.size > 0) schedule();
      });
    }, Math.max(0, readyAt - Date.now()));
  };

  return {
    all() {
      wantsAll = true;
      schedule();
    },
    inbox() {
      wantsInbox = true;
      schedule();
    },
    run(id) {
      dirty.add(id);
      schedule();
    },
  };
}
