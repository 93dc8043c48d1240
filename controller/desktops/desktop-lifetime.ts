import type { EventEmitter } from 'node:events';
import type { DesktopEntry } from './desktop-entry.ts';

/** How long desktops may live: unused, and at all. */
export type LifetimeLimits = { readonly idleSeconds: number; readonly hardLifetimeSeconds: number };

/**
 * So long before its container ends itself a run is to end by itself whose desktop it is; twice as long before, if nobody is
 * in control. With half of it left the desktop is ended from here.
 */
const maxMarginMs = 60_000;

/** A desktop that will end soon: while there is time, what lies on it can be kept. `isLast`: whoever is in control. */
export type Expiry = { readonly desktopId: string; readonly reason: string; readonly isLast: boolean };

/** Why a desktop is to be released now; undefined if it is not. One that a run holds, or that is being used, is left alone. */
export function whyReleased({ record, desktop, releaseDue }: DesktopEntry, { idleSeconds }: LifetimeLimits): string | undefined {
  if (record.state !== 'ready' || record.runId !== undefined) return undefined;
  if (releaseDue !== undefined) return releaseDue <= performance.now() ? 'nobody used it any more' : undefined;
  if ((desktop?.use.idleMs ?? 0) < idleSeconds * 1000) return undefined;
  return `nobody used it for ${idleSeconds} s (VITRINE_DESKTOP_IDLE_SECONDS)`;
}

/** Why a desktop ends now, its run's or not; undefined if it does not. Whatever is under way on it may end first. */
export function whyOver({ record, desktop }: DesktopEntry, { hardLifetimeSeconds }: LifetimeLimits): string | undefined {
  if (record.state !== 'ready' || desktop === undefined || desktop.use.idleMs === 0) return undefined;
  return marginsLeft(desktop.use.ageMs, hardLifetimeSeconds) > 0.5 ? undefined : wordsOn(hardLifetimeSeconds);
}

/** What the run of a desktop is to be told because the desktop will end soon; nothing while there is time. */
export function expiryOf({ record, desktop }: DesktopEntry, { hardLifetimeSeconds }: LifetimeLimits): readonly Expiry[] {
  if (record.state !== 'ready' || record.runId === undefined || desktop === undefined) return [];
  const left = marginsLeft(desktop.use.ageMs, hardLifetimeSeconds);
  return left > 2 ? [] : [{ desktopId: record.id, reason: wordsOn(hardLifetimeSeconds), isLast: left <= 1 }];
}

/** Listens to an emitter. Returns how to stop. */
export function listening(emitter: EventEmitter, name: string, listener: (expiry: Expiry) => void): () => void {
  emitter.on(name, listener);
  return () => void emitter.off(name, listener);
}

function marginsLeft(ageMs: number, hardLifetimeSeconds: number): number {
  const lifetimeMs = hardLifetimeSeconds * 1000;
  return (lifetimeMs - ageMs) / Math.min(maxMarginMs, lifetimeMs / 10);
}

function wordsOn(hardLifetimeSeconds: number): string {
  return `it reached its maximum lifetime of ${hardLifetimeSeconds} s (VITRINE_HARD_LIFETIME_SECONDS)`;
}

/** The desktop that is merely kept for a while and would go next; undefined if there is none. */
export function nextToGiveWay(entries: Iterable<DesktopEntry>): DesktopEntry | undefined {
  const kept = [...entries].filter(({ record, releaseDue }) => record.state === 'ready' && record.runId === undefined && releaseDue !== undefined);
  return kept.toSorted((one, other) => (one.releaseDue ?? 0) - (other.releaseDue ?? 0))[0];
}
