/** What can be fetched anew, and what becomes of a failure. */
export type RefresherOptions = {
  readonly all: () => Promise<void>;
  readonly inbox: () => Promise<void>;
  readonly run: (id: string) => Promise<void>;
  readonly onFailure: (reason: unknown) => void;
  /** Between two fetches; what is asked for meanwhile is fetched once. */
  readonly everyMs?: number;
};

/** Asks for something to be fetched soon. */
export type Refresher = { all(): void; inbox(): void; run(id: string): void };

/** So many single runs are fetched one by one; for more the whole list is cheaper. */
const maxSingles = 4;

/**
 * Gathers what has to be fetched anew and fetches it at most once per `everyMs`, never twice at a time: a burst of events
 * costs a few requests, and what is shown is what the server said last, at most that much old. What waits for a person
 * does not stand in line behind the rest.
 */
export function createRefresher({ all, inbox, run, onFailure, everyMs = 250 }: RefresherOptions): Refresher {
  const dirty = new Set<string>();
  let wantsAll = false;
  const told = async (work: readonly Promise<void>[]) => {
    for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') onFailure(result.reason);
  };
  const refreshInbox = createLane(async () => {
    await told([inbox()]);
    return everyMs / 2;
  });
  const refresh = createLane(async () => {
    const ids = [...dirty];
    const isAll = wantsAll || ids.length > maxSingles;
    dirty.clear();
    wantsAll = false;
    await told(isAll ? [all()] : ids.map(run));
    return everyMs;
  });
  return {
    all() {
      wantsAll = true;
      refresh();
    },
    inbox: refreshInbox,
    run(id) {
      dirty.add(id);
      refresh();
    },
  };
}

/** Does a piece of work soon after it is wished for, one at a time, with a rest of so many milliseconds as it says; wishes meanwhile are one. */
function createLane(work: () => Promise<number>): () => void {
  let isWished = false;
  let isBusy = false;
  let readyAt = 0;
  const schedule = () => {
    isBusy = true;
    setTimeout(() => {
      isWished = false;
      void work().then((restMs) => {
        isBusy = false;
        readyAt = Date.now() + restMs;
        if (isWished) schedule();
      });
    }, Math.max(0, readyAt - Date.now()));
  };
  return () => {
    isWished = true;
    if (!isBusy) schedule();
  };
}
