import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

/** Texts that some part of a program might take for more than text. */
export const hostileTexts: readonly string[] = [
  '', ' ', '.', '..', '../../etc/passwd', '%', '%00', '%c0%af', '\u0000', 'a\u0000b', '\uD800', '\uFEFFx', 'x'.repeat(300), 'x'.repeat(10_000), '‮gnp.exe', '👩‍👩‍👧‍👦', 'ＡＢＣ', 'İ', 'e\u0301',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '-1', '0x10', '1e3', '9007199254740993', '$(id)', '`id`', "'; DROP TABLE runs;--", '" OR ""="', '%s%n', '{{secret:bank}}', '<script>alert(1)</script>',
  '\r\nx-injected: 1', '\u001B[31m', 'data:,', 'file:///etc/passwd', 'http://169.254.169.254/', '*', '(a+)+$', ',', 'x,y', '2026-01-01T00:00:00Z',
];

/** Values of the wrong type, past every bound, or with a name that means something to JavaScript. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, -0, 1e308, -1e308, 2 ** 31, 2 ** 53, -(2 ** 53), 5e-324, [], {}, [null], [[]], nested(70), { length: -1 }, { toJSON: 1 }, { valueOf: 'x' }, { type: 'constructor' }, Array.from({ length: 2000 }, () => 0)),
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** One change of a JSON value: at the `at`-th of its places another value, one property less, or one more. */
export type Mutation = { readonly at: number; readonly how: 'replace' | 'remove' | 'add' | 'repeat'; readonly value: unknown; readonly name: string };

export const mutation: Arbitrary<Mutation> = fc.record({
  at: fc.nat(200), how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat'), value: hostileValue, name: fc.constantFrom('surprise', '', 'constructor', 'prototype', 'toString', 'length', 'a.b', '0', 'x'.repeat(100), 'ключ'),
});

type Place = { readonly parent: Record<string, unknown>; readonly key: string };

/** The value with a change; the value itself is left as it is. */
export function mutated(value: unknown, { at, how, value: other, name }: Mutation): unknown {
  const root: Record<string, unknown> = { '': structuredClone(value) };
  const places = placesOf(root);
  const place = places[at % places.length];
  if (place === undefined) return other;
  const { parent, key } = place;
  const here = parent[key];
  if (how === 'remove' && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (how === 'remove' && key !== '') Reflect.deleteProperty(parent, key);
  else if (how === 'add' && typeof here === 'object' && here !== null && !Array.isArray(here)) Object.defineProperty(here, name, { value: other, enumerable: true, configurable: true, writable: true });
  else if (how === 'repeat' && Array.isArray(here)) parent[key] = Array.from({ length: 300 }, () => here[0] ?? other);
  else parent[key] = other;
  return root[''];
}

function placesOf(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const visit = (parent: Record<string, unknown>, key: string) => {
    places.push({ parent, key });
    const value = parent[key];
    if (typeof value === 'object' && value !== null) for (const inner of Object.keys(value)) visit(value as Record<string, unknown>, inner);
  };
  visit(root, '');
  return places;
}
