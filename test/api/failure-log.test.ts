import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startFakeApi } from '../support/fake-api.ts';

it('what nobody expected is in the log with its cause, also when the request had a body', async () => {
  await using api = await startFakeApi();
  api.runs.onCreate = () => {
    throw new Error('the cause of it');
  };
  assert.equal((await api.ask('/api/runs', { method: 'POST', body: { task: 'x' } })).status, 500);
  assert.ok(api.logged.some((line) => line.includes('a request failed') && line.includes('the cause of it')));
});
