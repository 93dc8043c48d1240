import type { Approval } from '../api/answers.ts';

/** Approvals that wait, the one whose time ends first in front. */
export function byDeadline<Waiting extends Pick<Approval, 'id' | 'expiresAt' | 'openedAt'>>(approvals: readonly Waiting[]): readonly Waiting[] {
  return approvals.toSorted((one, other) => one.expiresAt - other.expiresAt || one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1));
}

/**
 * Which of the waiting ones is shown: the one that was shown, as long as it waits, so that nothing changes under
 * somebody's hand; then the one in its place. Null when nothing waits.
 */
export function shownOf(ids: readonly string[], before: { readonly id: string | null; readonly place: number }): { readonly id: string | null; readonly place: number } {
  const kept = before.id === null ? -1 : ids.indexOf(before.id);
  const place = kept >= 0 ? kept : Math.max(0, Math.min(before.place, ids.length - 1));
  return { id: ids[place] ?? null, place };
}

/** The neighbour of the one shown, around the end. */
export function neighbourOf(ids: readonly string[], id: string | null, step: 1 | -1): string | null {
  if (ids.length === 0) return null;
  const place = id === null ? -1 : ids.indexOf(id);
  return ids[(Math.max(place, 0) + step + ids.length) % ids.length] ?? null;
}
