import type { Journal, StoredDeadline } from '../journal/journal.ts';

/** Longest sleep of a timer: what setTimeout can hold, and often enough to notice a clock that jumped. */
const maxSleepMs = 30_000;
const minSleepMs = 10;

/** Wakes runs at the times that the journal holds. The journal's rows are the truth; this timer only looks at them in time. */
export class DeadlineTimer {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #wake: (deadline: StoredDeadline) => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `now` gives the wall clock's time. */
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
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.max(next - this.#now(), minSleepMs), maxSleepMs));
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #ring(): void {
    for (const deadline of this.#journal.dueDeadlines(this.#now())) this.#wake(deadline);
    this.arm();
  }
}
