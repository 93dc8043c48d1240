import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** A JSON schema, or a whole document of them. */
export type Json = { readonly [key: string]: unknown };

/** Values of a property by its name, beside what its schema says: names of things that are there. */
export type Known = Readonly<Record<string, Arbitrary<unknown>>>;

const maxText = 2000;
const maxItems = 3;

/** Values that a schema of an OpenAPI document allows, those at its bounds among them; what the schema does not tell may still be refused. */
export function arbitraryOf(schema: Json, document: Json, known: Known = {}): Arbitrary<unknown> {
  const of = (inner: unknown): Arbitrary<unknown> => arbitraryOf(objectOf(inner), document, known);
  const reference = schema['$ref'];
  if (typeof reference === 'string') return of(resolved(reference, document));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum'] as unknown[]);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices)) return fc.oneof(...choices.map(of));
  switch (schema['type']) {
    case 'object': return objects(schema, of, known);
    case 'array': return arrays(schema, of);
    case 'string': return texts(schema);
    case 'integer': return bounded(schema, (min, max) => fc.integer({ min: Math.ceil(min), max: Math.floor(max) }));
    case 'number': return bounded(schema, (min, max) => fc.double({ min, max, noNaN: true }));
    case 'boolean': return fc.boolean();
    case 'null': return fc.constant(null);
    default: return fc.jsonValue({ maxDepth: 2 });
  }
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? value as Json : {};
}

function resolved(reference: string, document: Json): unknown {
  return reference.slice(2).split('/').reduce<unknown>((place, name) => objectOf(place)[name], document);
}

function objects(schema: Json, of: (inner: unknown) => Arbitrary<unknown>, known: Known): Arbitrary<unknown> {
  const properties = Object.entries(objectOf(schema['properties']));
  const required = Array.isArray(schema['required']) ? schema['required'] as string[] : [];
  const more = schema['additionalProperties'];
  if (properties.length === 0 && typeof more === 'object' && more !== null) return fc.dictionary(of(objectOf(schema['propertyNames'])['type'] === undefined ? { type: 'string', maxLength: 20 } : schema['propertyNames']).map(String), of(more), { maxKeys: 4, noNullPrototype: true });
  const record = Object.fromEntries(properties.map(([name, inner]) => [name, known[name] === undefined ? of(inner) : fc.oneof({ weight: 8, arbitrary: known[name] }, { weight: 1, arbitrary: of(inner) })]));
  return fc.record(record, { requiredKeys: required.filter((name) => name in record), noNullPrototype: true });
}

function arrays(schema: Json, of: (inner: unknown) => Arbitrary<unknown>): Arbitrary<unknown> {
  const fixed = schema['prefixItems'];
  if (Array.isArray(fixed)) return fc.tuple(...fixed.map(of));
  const min = numberOf(schema['minItems'], 0);
  return fc.array(of(schema['items']), { minLength: min, maxLength: Math.max(min, Math.min(numberOf(schema['maxItems'], maxItems), maxItems)) });
}

function texts(schema: Json): Arbitrary<unknown> {
  const min = numberOf(schema['minLength'], 0);
  const max = numberOf(schema['maxLength'], 200);
  const pattern = schema['pattern'];
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length >= min && text.length <= Math.max(max, 200));
  const short = Math.max(min, Math.min(max, 40));
  const atBound = max <= maxText ? [fc.constant('x'.repeat(max))] : [];
  return fc.oneof(fc.string({ unit: 'grapheme-ascii', minLength: min, maxLength: short }), fc.string({ unit: 'grapheme', minLength: min, maxLength: short }).map((text) => text.slice(0, max)), ...atBound);
}

function bounded(schema: Json, between: (min: number, max: number) => Arbitrary<number>): Arbitrary<number> {
  const min = numberOf(schema['minimum'], numberOf(schema['exclusiveMinimum'], -(2 ** 31)));
  const max = Math.min(numberOf(schema['maximum'], 2 ** 31), 2 ** 31);
  return fc.oneof({ weight: 3, arbitrary: between(min, max) }, { weight: 1, arbitrary: fc.constantFrom(min, max) });
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
