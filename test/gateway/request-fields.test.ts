import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readMessagesTask } from '../../controller/dialects/anthropic-messages/received-request.ts';
import { readChatRequest } from '../../controller/dialects/openai-chat/received-request.ts';
import { printEchoed } from '../../controller/dialects/openai-responses/echoed-fields.ts';
import { readResponsesTask } from '../../controller/dialects/openai-responses/received-task.ts';
import type { ReceivedTask } from '../../controller/dialects/received-task.ts';
import { bases, fieldsOf, renderFields } from './request-fields.ts';

const readers = { '/v1/chat/completions': readChatRequest, '/v1/responses': readResponsesTask, '/v1/messages': readMessagesTask };
type Path = keyof typeof readers;

function read(path: Path, more: object = {}): ReceivedTask {
  const result = readers[path]({ ...bases[path], ...more });
  assert.ok('received' in result, JSON.stringify(result));
  return result.received;
}

/** What is done with a request, apart from what is said again. */
function done(task: ReceivedTask): Omit<ReceivedTask, 'echo'> {
  const { echo: _echo, ...rest } = task;
  return rest;
}

describe('a field of a vendor\'s request', () => {
  for (const [path, fields] of Object.entries(fieldsOf) as [Path, (typeof fieldsOf)[Path]][]) {
    for (const [name, { fate, sample, taken }] of Object.entries(fields)) {
      it(`is ${fate}: ${name} of ${path}`, () => {
        const task = read(path, { [name]: sample });
        const isSame = JSON.stringify(done(task)) === JSON.stringify(done(read(path)));
        if (fate === 'refused') assert.deepEqual(task.unsupported.map(({ param }) => param), [name]);
        else assert.deepEqual(task.unsupported, []);
        if (fate === 'honoured') assert.ok(!isSame, 'it changes nothing');
        if (fate === 'passed over' || fate === 'repeated') assert.ok(isSame, 'it changes something');
        if (fate === 'repeated') assert.deepEqual((printEchoed(task.echo) as Record<string, unknown>)[name], sample);
        if (taken !== undefined) assert.deepEqual(done(read(path, { [name]: taken })), done(read(path)));
      });
    }
  }

  it('stands in docs/gateway.md', () => {
    const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/gateway.md'), 'utf8');
    const [, table] = /<!-- fields: [^>]*-->\n([\s\S]*?)\n<!-- end of fields -->/.exec(page) ?? [];
    assert.equal(table, renderFields(), 'docs/gateway.md is not what is done: npm run docs:fields');
  });
});
