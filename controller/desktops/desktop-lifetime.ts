import type { DesktopEntry } from './desktop-entry.ts';

/** How long desktops may live: unused, and at all. */
export type LifetimeLimits = { readonly idleSeconds: number; readonly hardLifetimeSeconds: number };

/** So long before its container ends itself a desktop is ended from here, with a word to its run. */
const maxMarginMs = 60_000;

/** Why a desktop is to be released now; undefined if it is not. One that a run holds, or that is being used, is left alone. */
export function whyReleased({ record, desktop, releaseDue }: DesktopEntry, { idleSeconds }: LifetimeLimits): string | undefined {
  if (record.state !== 'ready' || record.runId !== undefined) return undefined;
  if (releaseDue !== undefined) return releaseDue <= performance.now() ? 'nobody used it any more' : undefined;
  if ((desktop?.use.idleMs ?? 0) < idleSeconds * 1000) return undefined;
  return `nobody used it for ${idleSeconds} s (VITRINE_DESKTOP_IDLE_SECONDS)`;
}

/** Why a desktop ends now, its run's or not; undefined if it does not. Whatever is under way on it may end first. */
export function whyOver({ record, desktop }: DesktopEntry, { hardLifetimeSeconds }: LifetimeLimits): string | undefined {
  const lifetimeMs = hardLifetimeSeconds * 1000;
  if (record.state !== 'ready' || desktop === undefined || desktop.use.idleMs === 0) return undefined;
  if (desktop.use.ageMs < lifetimeMs - Math.min(maxMarginMs, lifetimeMs / 10)) return undefined;
  return `it reached its maximum lifetime of ${hardLifetimeSeconds} s (VITRINE_HARD_LIFETIME_SECONDS)`;
}

/** The desktop that is merely kept for a while and would go next; undefined if there is none. */
export function nextToGiveWay(entries: Iterable<DesktopEntry>): DesktopEntry | undefined {
  const kept = [...entries].filter(({ record, releaseDue }) => record.state === 'ready' && record.runId === undefined && releaseDue !== undefined);
  return kept.toSorted((one, other) => (one.releaseDue ?? 0) - (other.releaseDue ?? 0))[0];
}
