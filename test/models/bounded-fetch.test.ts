import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bounded, boundedFetch, maxModelAnswerBytes } from '../../controller/models/bounded-fetch.ts';
import { answerEndlessly } from '../support/endless-answer.ts';
import { startVendor } from './vendor-server.ts';

describe('boundedFetch', () => {
  it('leaves an answer of the greatest length whole, with its status and headers', async () => {
    const answer = bounded(new Response('x'.repeat(1000), { status: 207, headers: { 'x-request-id': 'r1' } }), 1000);
    assert.deepEqual([answer.status, answer.headers.get('x-request-id'), (await answer.text()).length], [207, 'r1', 1000]);
  });

  it('fails on one byte more, and on an answer without a body not at all', async () => {
    await assert.rejects(bounded(new Response('x'.repeat(1001)), 1000).text(), { code: 'model_failed', message: /the answer exceeds 1000 bytes/ });
    assert.equal(bounded(new Response(null, { status: 204 }), 0).status, 204);
  });

  it('ends a server that sends for ever, and its connection', async () => {
    let isClosed = false;
    await using vendor = await startVendor((response) => {
      response.on('close', () => void (isClosed = true));
      answerEndlessly(response);
    });
    const answer = await boundedFetch(vendor.url);
    let bytes = 0;
    await assert.rejects(async () => {
      for await (const chunk of answer.body ?? []) bytes += chunk.byteLength;
    }, { code: 'model_failed' });
    assert.ok(bytes <= maxModelAnswerBytes, `${bytes}`);
    while (!isClosed) await new Promise(setImmediate);
  });
});
