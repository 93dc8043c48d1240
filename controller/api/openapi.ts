import type { z } from 'zod';
import { statusOfCode } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { routes } from './contract.ts';
import type { AnswerKind, RouteSpec } from './contract.ts';
import { componentsOf } from './openapi-components.ts';
import type { Components, JsonSchema } from './openapi-components.ts';
import { ErrorBody } from './shapes.ts';

const contentTypes: Readonly<Record<AnswerKind, readonly string[]>> = {
  picture: ['image/png', 'image/jpeg', 'image/webp'],
  file: ['application/octet-stream'],
  page: ['text/html'],
  events: ['text/event-stream'],
  metrics: ['text/plain'],
  archive: ['application/x-tar'],
};

/** The API as an OpenAPI 3.1 document, made from the contract. */
export function createOpenApi(version = '0.1.0'): { openapi: string } & Record<string, unknown> {
  const components = componentsOf();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, spec] of Object.entries(routes) as [string, RouteSpec][]) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(key, spec, components) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Vitrine', version, description: 'Hardened Linux desktops, driven by a model, watched by a person. Coordinates are screen pixels, times milliseconds, sizes bytes.' },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: '__Host-vitrine', description: 'Set by POST /api/session; `vitrine` on the loopback without https. Changes carry Origin and x-vitrine: 1.' } }, schemas: components.schemas() },
  };
}

function operation(key: string, spec: RouteSpec, components: Components): Record<string, unknown> {
  const { body } = spec;
  return {
    operationId: key.replace(/ \/(api\/)?/, '_').replaceAll(/[{}]/g, '').replaceAll(/[/.]/g, '_').toLowerCase(),
    summary: spec.summary,
    tags: [spec.scope.split(':')[0]],
    ...(spec.scope === 'open' ? { security: [] } : { 'x-scope': spec.scope }),
    parameters: [...parameters(spec.params, 'path', components), ...parameters(spec.query, 'query', components)],
    ...(body === undefined ? {} : {
      requestBody: {
        required: spec.isBodyOptional !== true,
        content: body === 'bytes' ? { 'application/octet-stream': {} } : { 'application/json': { schema: components.input(body) } },
      },
    }),
    responses: { [spec.status]: success(spec, components), ...failures(spec, components) },
  };
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query', components: Components): unknown[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const described = components.output(field as z.ZodType);
    return {
      name,
      in: place,
      required: place === 'path',
      ...(described['type'] === 'array' ? { style: 'form', explode: false } : {}),
      schema: described['$ref'] === '#/components/schemas/Region' ? { type: 'string', description: 'x,y,width,height in screen pixels' } : described,
    };
  });
}

function success(spec: RouteSpec, components: Components): Record<string, unknown> {
  const content: Record<string, unknown> = spec.answer === undefined ? {} : { 'application/json': { schema: components.output(spec.answer) } };
  for (const kind of spec.alsoAnswers ?? []) {
    for (const type of contentTypes[kind]) content[type] = {};
  }
  return { description: spec.status === 204 ? 'Done.' : spec.summary, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function failures(spec: RouteSpec, components: Components): Record<string, unknown> {
  const always: ErrorCode[] = ['invalid_request', 'misdirected_request', 'forbidden', 'method_not_allowed', 'payload_too_large', 'unsupported_media_type', 'request_timeout', 'headers_too_large', 'internal'];
  const withToken: ErrorCode[] = spec.scope === 'open' ? [] : ['unauthorized', 'too_many_requests'];
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of [...always, ...withToken, ...spec.errors]) {
    byStatus.set(statusOfCode[code], (byStatus.get(statusOfCode[code]) ?? new Set()).add(code));
  }
  const schema: JsonSchema = components.output(ErrorBody);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, { description: `error.code: ${[...codes].join(', ')}`, content: { 'application/json': { schema } } }]));
}
