/** The new list, with the old object in the place of each new one that says the same: what did not change is not drawn again. */
export function merged<Item extends { readonly id: string }>(old: readonly Item[], fresh: readonly Item[]): readonly Item[] {
  const known = new Map(old.map((item) => [item.id, item]));
  const next = fresh.map((item) => {
    const before = known.get(item.id);
    return before !== undefined && JSON.stringify(before) === JSON.stringify(item) ? before : item;
  });
  return next.length === old.length && next.every((item, index) => item === old[index]) ? old : next;
}

/** Those that are not over. */
export function withoutEnded<Item extends { readonly endedAt: number | null }>(items: readonly Item[]): readonly Item[] {
  return items.every(({ endedAt }) => endedAt === null) ? items : items.filter(({ endedAt }) => endedAt === null);
}
