import type { Point } from '../../../sandbox-image/wire/index.ts';
import { canonicalKey } from '../../../sandbox-image/wire/index.ts';

/*
 * Values as models without strict schemas write them: numbers as text, points as pairs, as text or as fields, keys as one
 * word. Each reader gives undefined for what is absent or null, and a sentence for what is there and cannot be read.
 */

export type Arguments = Readonly<Record<string, unknown>>;

/** A number, or one in a string. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** The first of these fields that is given. */
export function given(from: Arguments, ...names: readonly string[]): unknown {
  const name = names.find((one) => from[one] !== undefined && from[one] !== null);
  return name === undefined ? undefined : from[name];
}

/** A point: `[x, y]`, `{x, y}`, `"[x, y]"` or `"x,y"`. */
export function pointOf(value: unknown): Point | undefined {
  if (typeof value === 'string') {
    const match = /^\s*[[(]?\s*([+-]?\d+(?:\.\d+)?)\s*[,\s]\s*([+-]?\d+(?:\.\d+)?)\s*[\])]?\s*$/.exec(value);
    return match === null ? undefined : { x: Number(match[1]), y: Number(match[2]) };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const pair: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : 'x' in value && 'y' in value ? [value.x, value.y] : [];
  const [x, y] = [numberOf(pair[0]), numberOf(pair[1])];
  return pair.length === 2 && x !== undefined && y !== undefined ? { x, y } : undefined;
}

/** Where an action is aimed: `coordinate`, or `x` and `y`; undefined if none is given. */
export function aimOf(from: Arguments): Point | undefined | string {
  const pair = given(from, 'coordinate', 'coordinates', 'point', 'position') ?? (Array.isArray(from['x']) ? from['x'] : undefined);
  if (pair !== undefined) return pointOf(pair) ?? `${shown(pair)} is no point: give x and y`;
  const [x, y] = [given(from, 'x'), given(from, 'y')];
  if (x === undefined && y === undefined) return undefined;
  return pointOf({ x, y }) ?? `x ${shown(x)} and y ${shown(y)} are no point: give both as numbers`;
}

/** Several points, as a list of what `pointOf` reads, or as text of such a list. */
export function pathOf(value: unknown): Point[] | string {
  const listed = typeof value === 'string' ? parsed(value) : value;
  if (!Array.isArray(listed)) return 'the path is no list of points';
  const points = listed.map(pointOf);
  const bad = points.indexOf(undefined);
  return bad === -1 ? points.filter((point) => point !== undefined) : `point ${bad + 1} of the path cannot be read: ${shown(listed[bad])}`;
}

/** Names of keys, from a list or from one word such as `ctrl+s` or `ctrl s`. */
export function keysOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return splitKeys(value);
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined;
  return value.flatMap(splitKeys);
}

function splitKeys(word: string): string[] {
  if (canonicalKey(word) !== undefined) return [word];
  const parts = word.split(/[+\s]+/).filter((part) => part !== '');
  return /\+\s*$/.test(word) ? [...parts, '+'] : parts;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined; // No list then, which is what the caller says.
  }
}

/** A value as a sentence can quote it. */
export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}
