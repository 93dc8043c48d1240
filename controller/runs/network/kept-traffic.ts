import { z } from 'zod';
import { HostTotal } from '../../gate/contact.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Logger } from '../../log.ts';

/** What passed through the gates of a run's desktops: by host, as its connections ended, and in all, those that are open included. */
export const RunTraffic = z.strictObject({ hosts: z.array(HostTotal), quiet: z.int().nonnegative(), up: z.number().nonnegative(), down: z.number().nonnegative() });
export type RunTraffic = z.infer<typeof RunTraffic>;

const nothing: RunTraffic = { hosts: [], quiet: 0, up: 0, down: 0 };
/** How long what passed may be known to this process alone. */
const keepMs = 1000;

/** Keeps what passed through gates in the journal, so that budgets hold and sums can be read after a restart. */
export class KeptTraffic {
  readonly #journal: Pick<Journal, 'traffic' | 'keepTraffic'>;
  readonly #log: Logger;
  readonly #pending = new Map<string, () => RunTraffic>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(journal: Pick<Journal, 'traffic' | 'keepTraffic'>, log: Logger) {
    this.#journal = journal;
    this.#log = log;
  }

  /** What was kept of a run. */
  of(runId: string): RunTraffic {
    return RunTraffic.safeParse(this.#journal.traffic(runId)).data ?? nothing;
  }

  /** Writes what `read` gives within a second. */
  keepSoon(runId: string, read: () => RunTraffic): void {
    if (this.#isClosed) return;
    this.#pending.set(runId, read);
    this.#timer ??= setTimeout(() => this.keepNow(), keepMs).unref();
  }

  /** Writes everything that was not written yet. What cannot be written now (a full disk) is tried again. */
  keepNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = new Map(this.#pending);
    this.#pending.clear();
    for (const [runId, read] of pending) {
      try {
        this.#journal.keepTraffic(runId, read());
      } catch (error) {
        this.#log.warn({ err: error, runId }, 'what passed through the gate of a run could not be written; trying again');
        this.keepSoon(runId, read);
      }
    }
  }

  /** Writes what is left, and nothing after it. */
  close(): void {
    this.keepNow();
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
