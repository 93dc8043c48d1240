/** The parts of a regular expression as read (read-expression.ts) and compiled (program.ts). */

/** A set of characters as ranges of code points, both ends included. */
export type CharacterSet = { readonly ranges: readonly (readonly [number, number])[]; readonly isNegated: boolean };

export type AssertionKind = 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge';

export type Expression =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: AssertionKind }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  /** `max` is null where there is no upper bound. */
  | { readonly kind: 'repeat'; readonly part: Expression; readonly min: number; readonly max: number | null };

/** The expression cannot be read, or is larger than allowed. The message says where and what to do, without naming the rule. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const digits = [[0x30, 0x39]] as const;
const word = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] as const;
const space = [[0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]] as const;

/** The sets that an escaped letter stands for; the capital letter stands for everything else. */
export const namedSets: Readonly<Record<string, CharacterSet['ranges']>> = { d: digits, w: word, s: space };

/** What `.` matches: anything but the end of a line. */
export const anything: CharacterSet = { ranges: [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]], isNegated: true };

/** Whether a set holds a code point. */
export function holds({ ranges, isNegated }: CharacterSet, point: number): boolean {
  return ranges.some(([first, last]) => point >= first && point <= last) !== isNegated;
}

/** Everything that the ranges leave out. */
export function othersThan(ranges: CharacterSet['ranges']): CharacterSet['ranges'] {
  const others: (readonly [number, number])[] = [];
  let next = 0;
  for (const [first, last] of ranges.toSorted((one, other) => one[0] - other[0])) {
    if (first > next) others.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= 0x10ffff) others.push([next, 0x10ffff]);
  return others;
}
