import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { RunRequest } from '../../controller/runs/run.ts';
import { createTemplates, Template } from '../../controller/runs/templates/template.ts';
import { startFakeApi } from '../support/fake-api.ts';

it('everything that changes a desktop or carries data away is in the audit before it is done', async () => {
  const api = await startFakeApi();
  after(() => api.server.close(200));
  for (const [method, path, body, key] of [
    ['GET', '/api/backup', undefined, 'GET /api/backup'],
    ['PUT', '/api/desktops/d-1/clipboard', { text: 'x' }, 'PUT /api/desktops/{id}/clipboard'],
    ['POST', '/api/desktops/d-1/control/end-process', { lease: 'a'.repeat(16), pid: 2, command: 'x' }, 'POST /api/desktops/{id}/control/end-process'],
    ['POST', '/api/uploads?name=x', Buffer.from('x'), 'POST /api/uploads'],
    ['POST', '/api/desktops/d-1/programs', { argv: ['id'] }, 'POST /api/desktops/{id}/programs'],
  ] as const) {
    const response = await api.ask(path, { method, ...(body === undefined ? {} : { body }) });
    await response.body?.cancel();
    assert.equal(api.deeds.at(-1)?.what, key);
  }
});

it('a desktop gets a way out only from who may give one', async () => {
  const api = await startFakeApi();
  after(() => api.server.close(200));
  const { token } = api.tokens.create({ name: 'ci', role: 'operator', scopes: [], project: 'default', expiresInDays: 1 }, 'test');
  const launch = (headers: Record<string, string>) => api.ask('/api/desktops', { method: 'POST', body: { network: { mode: 'open' } }, headers });
  const refused = await launch({ authorization: `Bearer ${token}` });
  assert.deepEqual([refused.status, (await refused.json() as { error: { details: unknown } }).error.details], [403, { scope: 'network:write' }]);
  assert.equal((await launch({})).status, 201);
});

it('a template that is open leads nobody to a private target', async () => {
  const api = await startFakeApi({ templates: createTemplates({ surfing: Template.parse({ network: { mode: 'open' } }) }, [{ host: 'wiki.example.com', address: '10.0.0.5', port: 443 }]) });
  after(() => api.server.close(200));
  const { token } = api.tokens.create({ name: 'ci', role: 'operator', scopes: [], project: 'default', expiresInDays: 1 }, 'test');
  for (const path of ['/api/runs', '/api/desktops']) {
    const ask = async (host: string) => (await api.ask(path, { method: 'POST', body: { template: 'surfing', network: { mode: 'allow', allow: [{ host }] }, ...(path === '/api/runs' ? { task: 'x' } : {}) }, headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual([await ask('wiki.example.com'), await ask('*.example.com'), await ask('www.example.com')], [403, 403, 201], path);
  }
});

it('a template gives a way out to who may give none, as wide as it is and no wider', async () => {
  const research = Template.parse({ network: { mode: 'allow', allow: [{ host: '*.example.org' }] }, rules: [{ name: 'no-root', verdict: 'refuse', reason: 'never', when: { text: { contains: 'sudo' } } }] });
  const api = await startFakeApi({ templates: createTemplates({ research }) });
  after(() => api.server.close(200));
  const { token } = api.tokens.create({ name: 'ci', role: 'operator', scopes: [], project: 'default', expiresInDays: 1 }, 'test');
  const given: RunRequest[] = [];
  api.runs.onCreate = (_run, request) => void given.push(request);
  const begin = async (body: object) => (await api.ask('/api/runs', { method: 'POST', body: { task: 'x', ...body }, headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await begin({ template: 'research' }), 201);
  assert.deepEqual([given[0]?.template, given[0]?.network], ['research', research.network]);
  assert.equal(await begin({ template: 'research', network: { mode: 'open' } }), 403);
  assert.equal(await begin({ template: 'gone' }), 400);
  assert.equal(await begin({ template: 'research', network: { mode: 'allow', allow: [{ host: 'www.example.org' }] } }), 201);
  const { templates } = await (await api.ask('/api/templates')).json() as { templates: { name: string; rules: { name: string }[] }[] };
  assert.deepEqual(templates.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]), [['default', []], ['strict', []], ['research', ['no-root']]]);
});
