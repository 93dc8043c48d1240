import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { arbitraryOf, objectOf } from './arbitrary-of-schema.ts';
import type { Json, Known } from './arbitrary-of-schema.ts';
import { hostileTexts, hostileValue, mutated, mutation } from './hostile-values.ts';

/** A request as it is sent. `@run.3` in path, query and body stands for one of the runs that are there, and so on. */
export type GeneratedRequest = { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer | undefined };

/** One operation of an OpenAPI document. */
export type Operation = { readonly method: string; readonly path: string; readonly spec: Json };

export function operationsOf(document: Json): Operation[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, methods]) => Object.entries(objectOf(methods)).map(([method, spec]) => ({ method: method.toUpperCase(), path, spec: objectOf(spec) })));
}

const one = (kind: string) => fc.nat(2).map((index) => `@${kind}.${index}`);
const little = (...values: unknown[]) => fc.constantFrom<unknown>(...values);
/** Names of things that are there, and values that mean something, where a property of this name may have them. */
const known: Known = {
  desktopId: one('desktop'), desktop: one('desktop'), run: one('run'), lease: one('lease'), model: fc.constant('scripted'), after: one('run'), frameId: one('frame'), decidedOn: one('frame'), digest: one('digest'),
  keys: little(['enter'], ['ctrl', 'l']), modifiers: little([], ['shift']), text: little('hello', 'Grüße 🙂'), region: little({ x: 0, y: 0, width: 50, height: 40 }), display: little({ width: 1280, height: 800 }),
  secrets: little([]), policy: little([]), callerTools: little([]), earlier: little([]), pictures: little([]), edits: little([]), argv: little(['true'], ['echo', 'x']),
};
const kindOfPath: Readonly<Record<string, string>> = { runs: 'run', desktops: 'desktop', approvals: 'approval', tokens: 'token' };

/** Requests for an operation: as it wants them, at the bounds of its schemas, and beyond. */
export function requestOf({ path, spec }: Operation, document: Json): Arbitrary<GeneratedRequest> {
  const parameters = (Array.isArray(spec['parameters']) ? spec['parameters'] as Json[] : []);
  const paths = fc.tuple(...path.split('/').map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    return name === undefined ? fc.constant(piece) : pathPiece(name, path, schemaOf(parameters, name), document);
  })).map((pieces) => pieces.join('/'));
  const queries = fc.tuple(...parameters.filter((parameter) => parameter['in'] === 'query').map((parameter) => queryPart(String(parameter['name']), objectOf(parameter['schema']), document)), fc.oneof({ weight: 12, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom('surprise=1', 'a', '=', '__proto__=1', 'limit[]=1') }))
    .map((parts) => parts.filter((part) => part !== '').join('&'));
  const content = objectOf(objectOf(spec['requestBody'])['content']);
  return fc.record({ path: paths, query: queries, headers, body: bodyOf(content, document) }).map(({ path: where, query, headers: given, body }) => ({
    path: query === '' ? where : `${where}?${query}`, headers: { ...given, ...body.headers }, body: body.bytes,
  }));
}

function schemaOf(parameters: readonly Json[], name: string): Json {
  return objectOf(parameters.find((parameter) => parameter['name'] === name)?.['schema']);
}

function pathPiece(name: string, path: string, schema: Json, document: Json): Arbitrary<string> {
  const kind = name === 'id' ? kindOfPath[path.split('/')[2] ?? ''] ?? 'run' : name === 'frameId' ? 'frame' : name;
  return fc.oneof(
    { weight: 6, arbitrary: one(kind) },
    { weight: 2, arbitrary: arbitraryOf(schema, document).map(encoded) },
    { weight: 1, arbitrary: fc.constantFrom(...hostileTexts).map(encoded) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '%2f..%2f', '%E0%A4%A', '..', '.', 'a%00b') },
  );
}

function queryPart(name: string, schema: Json, document: Json): Arbitrary<string> {
  const valid = (known[name] ?? arbitraryOf(schema, document)).map((value) => `${name}=${encoded(Array.isArray(value) ? value.join(',') : value)}`);
  const hostile = fc.constantFrom(...hostileTexts).map((text) => `${name}=${encoded(text)}`);
  return fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 4, arbitrary: valid }, { weight: 1, arbitrary: hostile }, { weight: 1, arbitrary: fc.constantFrom(`${name}`, `${name}=1&${name}=2`, `${name}=%zz`, `${name}[x]=1`) });
}

function encoded(value: unknown): string {
  const text = String(value);
  return /^@\w+\.\d$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

const goodHeaders = fc.record({ accept: fc.constantFrom('application/json', '*/*', 'image/png', 'text/event-stream'), 'idempotency-key': fc.constantFrom('key-1', 'key-2'), 'last-event-id': fc.constantFrom('0', '5') }, { requiredKeys: [] });
const oddHeaders = fc.record({
  accept: fc.constantFrom('image/webp', 'text/html', 'nonsense', 'application/json;q=0, */*;q=0.1', 'x'.repeat(3000)),
  'x-vitrine-lease': fc.oneof(one('lease'), fc.constantFrom('', 'x', 'x'.repeat(65))),
  'last-event-id': fc.constantFrom('-1', 'x', '99999999999999999', ''),
  'idempotency-key': fc.constantFrom('', 'x'.repeat(300), 'a b'),
}, { requiredKeys: [] });
const headers: Arbitrary<Record<string, string>> = fc.oneof({ weight: 4, arbitrary: goodHeaders }, { weight: 1, arbitrary: oddHeaders }).map((given) => ({ ...given }));

type Body = { readonly bytes: Buffer | undefined; readonly headers: Readonly<Record<string, string>> };

const none: Body = { bytes: undefined, headers: {} };
const asJson = { 'content-type': 'application/json' };

function bodyOf(content: Json, document: Json): Arbitrary<Body> {
  const raw = fc.oneof(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), fc.constantFrom(...['', '{', 'null', '5', '"x"', '[]', '{"a":1}}', '\uFEFF{}', '{"__proto__":{"polluted":1}}', '{"a":1,"a":2}', '{"a":1e999}', `{"a":"${'x'.repeat(300_000)}"}`, `${'['.repeat(5000)}${']'.repeat(5000)}`].map((text) => Buffer.from(text))));
  if ('application/octet-stream' in content) return fc.oneof(raw, fc.constant(Buffer.from('content'))).map((bytes) => ({ bytes, headers: { 'content-type': 'application/octet-stream' } }));
  const odd = fc.tuple(raw, fc.constantFrom<Record<string, string>>(asJson, {}, { 'content-type': 'text/plain' }, { ...asJson, 'content-encoding': 'gzip' }, { 'content-type': 'application/json; charset=utf-16' })).map(([bytes, given]) => ({ bytes, headers: given }));
  const json = objectOf(content['application/json'])['schema'];
  if (json === undefined) return fc.oneof({ weight: 12, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: odd });
  const valid = arbitraryOf(objectOf(json), document, known);
  const written = (value: unknown): Body => ({ bytes: Buffer.from(JSON.stringify(value) ?? ''), headers: asJson });
  return fc.oneof(
    { weight: 8, arbitrary: valid.map(written) },
    { weight: 8, arbitrary: fc.tuple(valid, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([value, changes]) => written(changes.reduce(mutated, value))) },
    { weight: 1, arbitrary: hostileValue.map(written) },
    { weight: 1, arbitrary: fc.constant(none) },
    { weight: 2, arbitrary: odd },
  );
}
