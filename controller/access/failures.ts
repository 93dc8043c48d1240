/** Counts failed sign-ins per address. */
export interface Failures {
  add(address: string): void;
  /** Milliseconds until the address may try again; 0 if it may now. */
  waitMs(address: string): number;
}

const maxAddresses = 10_000;

/** At most `limit` failures per address in each window of `windowMs`, counted from the first. Remembers the newest 10,000 addresses. */
export function createFailures(limit = 20, windowMs = 60_000, now: () => number = Date.now): Failures {
  const windows = new Map<string, { since: number; count: number }>();
  const current = (address: string) => {
    const window = windows.get(address);
    if (window === undefined || now() - window.since < windowMs) return window;
    windows.delete(address);
    return undefined;
  };
  return {
    add(address) {
      const window = current(address);
      if (window !== undefined) {
        window.count += 1;
        return;
      }
      windows.set(address, { since: now(), count: 1 });
      const [oldest] = windows.keys();
      if (windows.size > maxAddresses && oldest !== undefined) windows.delete(oldest);
    },
    waitMs(address) {
      const window = current(address);
      return window === undefined || window.count < limit ? 0 : window.since + windowMs - now();
    },
  };
}
