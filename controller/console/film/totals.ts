import type { Film } from './film.ts';

export type Total = { readonly name: string; readonly ms: number; readonly share: number };

/** Time spent in each state of a run, the longest first; those of no time are left out. Shares add up to 1. */
export function timePerState({ states }: Pick<Film, 'states'>): Total[] {
  return totals(states.map(({ from, to, state }) => [state, to - from]));
}

/** Time by who had the desktop, or what was waited for, the longest first. */
export function timePerHolder({ control }: Pick<Film, 'control'>): Total[] {
  return totals(control.map(({ from, to, holder }) => [holder, to - from]));
}

function totals(pieces: readonly (readonly [string, number])[]): Total[] {
  const sums = new Map<string, number>();
  for (const [name, ms] of pieces) sums.set(name, (sums.get(name) ?? 0) + ms);
  const all = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  return [...sums].filter(([, ms]) => ms > 0).map(([name, ms]) => ({ name, ms, share: ms / all })).toSorted((one, other) => other.ms - one.ms);
}
