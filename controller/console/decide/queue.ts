/** Something that waits, until its time ends by itself; null if it does not. */
export type Due = { readonly key: string; readonly since: number; readonly until: number | null };

/** What waits, in order of its end; what has none comes last, the oldest first. */
export function byDeadline<Waiting extends Due>(waiting: readonly Waiting[]): readonly Waiting[] {
  return waiting.toSorted((one, other) => (one.until ?? Number.MAX_SAFE_INTEGER) - (other.until ?? Number.MAX_SAFE_INTEGER) || one.since - other.since || (one.key < other.key ? -1 : 1));
}

/** Which one is shown, and where it stood in the queue. */
export type Place = { readonly key: string | null; readonly place: number };

/**
 * Which of the waiting ones is shown: the one that was shown, as long as it waits, so that nothing changes under
 * somebody's hand; then the one in its place. Null when nothing waits.
 */
export function shownOf(keys: readonly string[], before: Place): Place {
  const kept = before.key === null ? -1 : keys.indexOf(before.key);
  const place = kept >= 0 ? kept : Math.max(0, Math.min(before.place, keys.length - 1));
  return { key: keys[place] ?? null, place };
}

/** The neighbour of the one shown, around the end. */
export function neighbourOf(keys: readonly string[], key: string | null, step: 1 | -1): string | null {
  if (keys.length === 0) return null;
  const place = key === null ? -1 : keys.indexOf(key);
  return keys[(Math.max(place, 0) + step + keys.length) % keys.length] ?? null;
}

/** What a run that stands still is known by, as long as it does. */
export function stuckKey({ runId, since }: { readonly runId: string; readonly since: number }): string {
  return `${runId} ${since}`;
}
