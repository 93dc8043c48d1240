import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** The named schemas of a document, and references to them. */
export type Components = {
  /** A schema as a caller may write it. */
  readonly input: (schema: z.ZodType) => JsonSchema;
  /** A schema as it is answered. */
  readonly output: (schema: z.ZodType) => JsonSchema;
  /** Every named schema that was referred to, directly or not. */
  readonly schemas: () => Record<string, JsonSchema>;
};

const prefix = '#/components/schemas/';
const inputSuffix = 'Input';

/**
 * Components from zod's global registry. What may be written and what is answered differ by defaults and transforms;
 * where they do, the written form is named with `Input` at its end.
 */
export function componentsOf(): Components {
  const named = new Map<string, JsonSchema>();
  for (const [id, schema] of Object.entries(registered('output'))) named.set(id, schema);
  for (const [id, schema] of Object.entries(registered('input'))) named.set(id + inputSuffix, schema);
  const merged = sameBothWays(named);
  const used = new Set<string>();
  const visit = (schema: JsonSchema): JsonSchema => {
    const settled = withoutSuffix(schema, merged);
    for (const id of referencesOf(settled)) {
      if (used.has(id)) continue;
      used.add(id);
      visit(named.get(id) ?? {});
    }
    return settled;
  };
  return {
    input: (schema) => visit(described(schema, 'input')),
    output: (schema) => visit(described(schema, 'output')),
    schemas: () => Object.fromEntries([...used].sort().map((id) => [id, withoutSuffix(named.get(id) ?? {}, merged)])),
  };
}

type Direction = 'input' | 'output';

const referenceTo = (id: string, direction: Direction) => `${prefix}${id}${direction === 'input' ? inputSuffix : ''}`;

function options(io: Direction) {
  return {
    io,
    unrepresentable: 'any' as const,
    override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }) => {
      // The transforms of the contract all turn one text into another.
      if (zodSchema._zod.def.type === 'transform') jsonSchema['type'] = 'string';
      if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
      if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum'];
    },
  };
}

function registered(direction: Direction): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...options(direction), uri: (id) => referenceTo(id, direction) });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, cleaned(schema as JsonSchema)]));
}

/** A schema in place: a reference if it has a name, else written out with references for its named parts. */
function described(schema: z.ZodType, direction: Direction): JsonSchema {
  const name = z.globalRegistry.get(schema)?.id;
  if (name !== undefined) return { $ref: referenceTo(name, direction) };
  const { $defs: _parts, ...whole } = cleaned(z.toJSONSchema(schema, options(direction)) as JsonSchema);
  return JSON.parse(JSON.stringify(whole).replaceAll(/"#\/\$defs\/([^"]+)"/g, (_match, id: string) => JSON.stringify(referenceTo(id, direction)))) as JsonSchema;
}

function cleaned(schema: JsonSchema): JsonSchema {
  const { $schema: _schema, $id: _id, id: _name, ...rest } = schema;
  return rest;
}

/** Ids whose written form equals the answered one, parts included: the largest such set. */
function sameBothWays(named: ReadonlyMap<string, JsonSchema>): Set<string> {
  const ids = [...named.keys()].filter((id) => named.has(id + inputSuffix));
  const same = new Set(ids.filter((id) => JSON.stringify(named.get(id)) === JSON.stringify(withoutSuffix(named.get(id + inputSuffix) ?? {}, new Set(ids)))));
  for (let before = -1; before !== same.size;) {
    before = same.size;
    for (const id of same) if (referencesOf(named.get(id) ?? {}).some((part) => !same.has(part))) same.delete(id);
  }
  return same;
}

function withoutSuffix(schema: JsonSchema, ids: ReadonlySet<string>): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string' || !value.endsWith(inputSuffix)) return value;
    const plain = value.slice(0, -inputSuffix.length);
    return ids.has(plain.slice(prefix.length)) ? plain : value;
  }) as JsonSchema;
}

function referencesOf(schema: JsonSchema): string[] {
  return [...JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
}
