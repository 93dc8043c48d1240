import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startFakeApi } from '../support/fake-api.ts';
import { warningsDuring } from '../support/process-warnings.ts';
import { sampleRun } from '../support/sample-run.ts';

describe('an answer that is streamed', () => {
  for (const path of ['/api/events', '/api/runs/run-1/events', '/api/backup', '/api/desktops/d-1/files/notes.txt']) {
    it(`makes Node warn of nothing: ${path}`, async () => {
      await using api = await startFakeApi();
      api.runs.runs.set('run-1', sampleRun('run-1'));
      api.desktops.add('d-1');
      await api.ask('/api/desktops/d-1/files/notes.txt', { method: 'PUT', body: Buffer.from('x'), headers: { 'content-type': 'application/octet-stream' } });
      assert.deepEqual(await warningsDuring(async () => {
        const answer = await api.ask(path, { headers: { accept: path.endsWith('events') ? 'text/event-stream' : '*/*' } });
        assert.equal(answer.status, 200);
        const reader = answer.body?.getReader();
        assert.notEqual((await reader?.read())?.value?.length ?? 0, 0, 'something came');
        await reader?.cancel();
      }), []);
    });
  }
});
