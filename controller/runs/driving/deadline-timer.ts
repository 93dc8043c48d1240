import type { Journal, StoredDeadline } from '../../journal/journal.ts';

/** Longest sleep of a timer: what setTimeout can hold, and often enough to notice a clock that jumped. */
const maxSleepMs = 30_000;
const minSleepMs = 10;
/** How long a deadline is left that is still there after its run was woken: the journal cannot be written, or its run cannot act on it yet. */
const againMs = 1000;

/**
 * Wakes runs at the times that the journal holds. The journal's rows are the truth; this timer only looks at them in time,
 * and a second later again at those that are still there.
 */
export class DeadlineTimer {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #wake: (deadline: StoredDeadline) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Runs were woken for everything due until then, on the wall clock. */
  #rungUntil = 0;
  #rangAt = 0;
  #isClosed = false;

  /** `now` gives the wall clock's time; `wake` need not try again what it cannot do. */
  constructor(journal: Journal, now: () => number, wake: (deadline: StoredDeadline) => void) {
    this.#journal = journal;
    this.#now = now;
    this.#wake = wake;
  }

  /** Looks at the earliest deadline again; called after every commit. */
  arm(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const next = this.#journal.nextDeadline();
    if (next === undefined) return;
    const isLeft = next <= this.#rungUntil;
    const sleepMs = Math.max(next - this.#now(), isLeft ? this.#rangAt + againMs - performance.now() : 0, minSleepMs);
    this.#timer = setTimeout(() => this.#ring(), Math.min(sleepMs, maxSleepMs));
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #ring(): void {
    this.#rangAt = performance.now();
    this.#rungUntil = this.#now();
    for (const deadline of this.#journal.dueDeadlines(this.#rungUntil)) this.#wake(deadline);
    this.arm();
  }
}
