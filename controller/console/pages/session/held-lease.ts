/** A lease that this page holds, by the page's own clock. Milliseconds. */
export type HeldLease = { readonly desktopId: string; readonly lease: string; /** The name under which it was given. */ readonly holder: string; readonly ttlMs: number; readonly renewedAt: number };

/** For how long a page asks at a time: long enough to read a page of a bank, short enough that a forgotten tab lets go. */
export const leaseTtlMs = 120_000;
/** From when on the end of a lease is told loudly. */
export const leaseWarnMs = 30_000;

/** How much of a lease is left. */
export function leftOf({ renewedAt, ttlMs }: HeldLease, now: number): number {
  return Math.max(0, renewedAt + ttlMs - now);
}

/** Whether the lease is to be renewed: a quarter of it is gone, and the page was used since it was renewed last. A page that nobody uses lets it run out. */
export function isRenewalDue(held: HeldLease, lastUseAt: number, now: number): boolean {
  const left = leftOf(held, now);
  return left > 0 && left <= held.ttlMs * 0.75 && lastUseAt > held.renewedAt;
}

/** A lease as it is kept over a reload of the page. */
export function writeLease(held: HeldLease): string {
  return JSON.stringify(held);
}

/** Reads what `writeLease` wrote; undefined for anything else, and for one that has run out. */
export function readLease(text: string | null, desktopId: string, now: number): HeldLease | undefined {
  if (text === null) return undefined;
  try {
    const { desktopId: of, lease, holder, ttlMs, renewedAt } = JSON.parse(text) as Partial<HeldLease>;
    if (of !== desktopId || typeof lease !== 'string' || typeof holder !== 'string' || typeof ttlMs !== 'number' || typeof renewedAt !== 'number') return undefined;
    const held = { desktopId, lease, holder, ttlMs, renewedAt };
    return leftOf(held, now) > 0 ? held : undefined;
  } catch {
    return undefined;
  }
}
