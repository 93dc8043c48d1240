import type { Deeds } from './operator-action.ts';

/** What a person in control does through the live view, as far as it is told: how often, never what. */
export type LiveInput = 'click' | 'scroll' | 'key';

/** Tells a run at most this often. */
const tellMs = 1000;

/** Counts input that goes past the journal. */
export type LiveInputs = {
  /** Counts one; told within a second. */
  count(leaseId: string, kind: LiveInput): void;
  /** Tells what was counted at once: before control passes. */
  flush(): void;
};

/** Counts by lease, told through `tell`. A count that cannot be told, because the lease or the controller ends, is dropped. */
export function createLiveInputs(tell: (leaseId: string, deeds: Deeds) => void): LiveInputs {
  const counted = new Map<string, Record<string, number>>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = [...counted];
    counted.clear();
    for (const [leaseId, deeds] of all) {
      try {
        tell(leaseId, deeds);
      } catch {
        // A journal that takes nothing says so to whoever asks for something; a count is not worth a second word.
      }
    }
  };
  return {
    flush,
    count(leaseId, kind) {
      const deeds = counted.get(leaseId) ?? {};
      deeds[kind] = (deeds[kind] ?? 0) + 1;
      counted.set(leaseId, deeds);
      timer ??= setTimeout(flush, tellMs).unref();
    },
  };
}
