import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../support/seeded-random.ts';

/** One place at which a controller is killed: the n-th time that it comes to a named point. */
export type Point = { readonly name: string; readonly hit: number };

/** The commit with which a run begins: points are counted from there. */
export const beginning = 'journal.commit(run.created).before';

/** A plan that kills at a point, its hits counted from the first hit of `from`, if given. */
export function killFrom({ name, hit }: Point, from?: string): string {
  return from === undefined || name === from ? `${name}:${hit}:kill` : `${from}:1:pass>${name}:${hit}:kill`;
}

/**
 * Points in few chains of at most `length`, each chain in the order of the run and spread over it. Alone are the beginning,
 * before which there is no run, and later hits of a name, which are counted from there.
 */
export function chained(points: readonly Point[], length: number): Point[][] {
  const isAlone = ({ name, hit }: Point) => name === beginning || hit > 1;
  const firsts = points.filter((point) => !isAlone(point));
  const count = Math.ceil(firsts.length / length);
  const chains = Array.from({ length: count }, (_, index) => firsts.filter((__, place) => place % count === index));
  return [...points.filter(isAlone).map((point) => [point]), ...chains];
}

/** The points that were hit, in order, as a plan `count(file)` wrote them; from the last run's beginning if there was one. */
export async function readHits(file: string, from?: string): Promise<string[]> {
  const names = (await readFile(file, 'utf8')).split('\n').filter((name) => name !== '');
  return from === undefined ? names : names.slice(Math.max(0, names.lastIndexOf(from)));
}

/** Every hit as a place of its own, in the order in which they came. */
export function pointsOf(hits: readonly string[]): Point[] {
  const counts = new Map<string, number>();
  return hits.map((name) => {
    const hit = (counts.get(name) ?? 0) + 1;
    counts.set(name, hit);
    return { name, hit };
  });
}

/** The seed of this run of the tests: VITRINE_TEST_SEED, or a new one. */
export function seedOf(given: string | undefined): number {
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

/** The first hit of every name, and `more` of the others as the seed has it, in the order of the run. All of them with `isFull`. */
export function chosen(points: readonly Point[], isFull: boolean, more: number, seed: number): Point[] {
  if (isFull) return [...points];
  const random = seededRandom(seed);
  const ranked = points.filter(({ hit }) => hit > 1).map((point) => ({ point, rank: random() })).toSorted((one, other) => one.rank - other.rank);
  const others = new Set(ranked.slice(0, more).map(({ point }) => point));
  return points.filter((point) => point.hit === 1 || others.has(point));
}
