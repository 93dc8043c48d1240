import type { Deeds } from './operator-action.ts';

/** What a person in control does through the live view, as far as it is told: how often, never what. */
export type LiveInput = 'click' | 'scroll' | 'key';

/** Tells a run at most this often. */
const tellMs = 1000;

/** Counts input that goes past the journal. */
export type LiveInputs = {
  /** Counts one; told within a second. */
  count(leaseId: string, kind: LiveInput): void;
  /** Tells what was counted under a lease at once: before it ends, however it does. */
  flush(leaseId: string): void;
};

/** Counts by lease, told through `tell`. A count that cannot be told, because its lease is over or nothing can be written, is dropped. */
export function createLiveInputs(tell: (leaseId: string, deeds: Deeds) => void): LiveInputs {
  const counted = new Map<string, Record<string, number>>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (leaseId: string) => {
    const deeds = counted.get(leaseId);
    if (deeds === undefined) return;
    counted.delete(leaseId);
    try {
      tell(leaseId, deeds);
    } catch {
      // A journal that takes nothing says so to whoever asks for something; a count is not worth a second word.
    }
  };
  const flushAll = () => {
    timer = undefined;
    for (const leaseId of counted.keys()) flush(leaseId);
  };
  return {
    flush,
    count(leaseId, kind) {
      const deeds = counted.get(leaseId) ?? {};
      deeds[kind] = (deeds[kind] ?? 0) + 1;
      counted.set(leaseId, deeds);
      timer ??= setTimeout(flushAll, tellMs).unref();
    },
  };
}
