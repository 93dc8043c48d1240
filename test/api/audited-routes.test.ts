import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { startFakeApi } from '../support/fake-api.ts';

it('everything that changes a desktop or carries data away is in the audit before it is done', async () => {
  const api = await startFakeApi();
  after(() => api.server.close(200));
  for (const [method, path, body, key] of [
    ['GET', '/api/backup', undefined, 'GET /api/backup'],
    ['PUT', '/api/desktops/d-1/clipboard', { text: 'x' }, 'PUT /api/desktops/{id}/clipboard'],
    ['POST', '/api/desktops/d-1/control/end-process', { lease: 'a'.repeat(16), pid: 2, command: 'x' }, 'POST /api/desktops/{id}/control/end-process'],
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
