import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { scopes } from '../../controller/access/scopes.ts';
import { routes } from '../../controller/api/contract.ts';
import type { RouteSpec } from '../../controller/api/contract.ts';
import { createOpenApi } from '../../controller/api/openapi.ts';
import { startFakeApi } from '../support/fake-api.ts';

const table = Object.entries(routes) as [string, RouteSpec][];

describe('routes', () => {
  for (const [key, spec] of table) {
    it(`${key} names a scope, its path's parameters, and what it answers`, () => {
      assert.ok(scopes.includes(spec.scope));
      assert.equal(spec.scope === 'open', ['GET /healthz', 'GET /readyz', 'GET /openapi.json', 'POST /api/session'].includes(key), 'only what tells nothing is open, and signing in');
      const inPath = [...key.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      assert.deepEqual(Object.keys(spec.params?.shape ?? {}), inPath);
      assert.equal(spec.status === 204, spec.answer === undefined && spec.alsoAnswers === undefined);
      assert.ok(key.startsWith('GET ') || key.endsWith('/policy-test') || key === 'POST /api/tickets' || spec.scope !== 'runs:read', 'reading is no right to change');
    });
  }
});

describe('every route', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => { api = await startFakeApi(); });
  after(() => api.server.close(200));

  for (const [key, spec] of table.filter(([, each]) => each.scope !== 'open')) {
    const [method = '', path = ''] = key.split(' ');
    const address = path.replaceAll(/\{\w+\}/g, 'none');
    it(`${key} wants a token, refuses foreign origins and unknown query fields`, async () => {
      const without = await fetch(`${api.url}${address}`, { method });
      assert.equal(without.status, 401);
      assert.equal(without.headers.get('www-authenticate'), 'Bearer realm="vitrine"');
      assert.equal((await api.ask(address, { method, headers: { origin: 'http://evil.example' } })).status, 403);
      const unknown = await api.ask(`${address}?surprise=1`, { method });
      assert.equal(unknown.status, 400);
      if (spec.params === undefined) assert.match(await unknown.text(), /surprise/);
    });
    it(`${key} refuses other methods with Allow`, async () => {
      const response = await api.ask(address, { method: 'PATCH' });
      assert.equal(response.status, 405);
      assert.ok(response.headers.get('allow')?.split(', ').includes(method));
    });
    if (spec.params === undefined) continue;
    it(`${key} answers 404 or 400 for an id that nobody has`, async () => {
      const response = await api.ask(address, { method, ...(spec.body === undefined || spec.body === 'bytes' ? {} : { body: {} }) });
      assert.ok([400, 404].includes(response.status), String(response.status));
    });
  }
});

describe('createOpenApi', () => {
  const document = createOpenApi() as unknown as { openapi: string; paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>; components: { schemas: Record<string, Record<string, unknown>> } };

  it('has every route, and operation ids that are used once', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    assert.deepEqual(described.sort(), Object.keys(routes).sort());
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has no reference that leads nowhere and no schema that says nothing', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    assert.ok(references.length > 50);
    for (const reference of references) assert.ok(document.components.schemas[reference.replace('#/components/schemas/', '')], reference);
    for (const [name, schema] of Object.entries(document.components.schemas)) assert.notDeepEqual(schema, {}, name);
    assert.ok(!text.includes('$defs'));
  });

  it('tells what may be written from what is answered', () => {
    const written = document.components.schemas['NewRunInput'] as { required: string[] } | undefined;
    assert.deepEqual(written?.required, ['task']);
    assert.equal(document.components.schemas['PointInput'], undefined, 'a point is written as it is answered');
  });
});
