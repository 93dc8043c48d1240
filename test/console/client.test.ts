import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiFailure } from '../../controller/console/api/api-failure.ts';
import { urlOf } from '../../controller/console/api/client.ts';
import { createSentParser } from '../../controller/console/api/server-sent.ts';

describe('urlOf', () => {
  it('puts parameters in their places and leaves out what was not given', () => {
    assert.equal(urlOf('GET /api/runs/{id}', { id: 'run-1/ä' }), '/api/runs/run-1%2F%C3%A4');
    for (const path of ['..', '../../../tokens', 'a/../b', './a']) assert.throws(() => urlOf('GET /api/desktops/{id}/files/{path}', { id: 'd-1', path }), { code: 'invalid_request' }, path);
    assert.throws(() => urlOf('GET /api/runs/{id}', { id: '..' }), { code: 'invalid_request' });
    assert.equal(urlOf('GET /api/desktops/{id}/files/{path}', { id: 'd-1', path: 'a/..b/.c' }), '/api/desktops/d-1/files/a/..b/.c');
    assert.equal(urlOf('GET /api/desktops/{id}/files/{path}', { id: 'd-1', path: 'Outbox/a b?.txt' }), '/api/desktops/d-1/files/Outbox/a%20b%3F.txt');
    assert.equal(urlOf('GET /api/runs', {}, { limit: 5, search: '', after: undefined, state: 'failed' }), '/api/runs?limit=5&state=failed');
  });
});

describe('ApiFailure', () => {
  it('has words for people whatever was thrown', async () => {
    assert.equal(ApiFailure.from(new TypeError('fetch failed')).code, 'unreachable');
    assert.equal(ApiFailure.from(new DOMException('late', 'TimeoutError')).code, 'deadline_exceeded');
    const said = await ApiFailure.of(Response.json({ error: { code: 'conflict', message: 'it is over', details: { state: 'failed' } } }, { status: 409 }));
    assert.deepEqual([said.code, said.message, said.status, said.details], ['conflict', 'it is over', 409, { state: 'failed' }]);
    const mute = await ApiFailure.of(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    assert.deepEqual([mute.code, mute.message], ['internal', 'Vitrine answered 502 Bad Gateway']);
  });
});

describe('createSentParser', () => {
  it('gives the same messages wherever the stream is cut', () => {
    const stream = 'retry: 2000\n\nid: 7\nevent: run.created\ndata: {"a":"ü"}\n\n: still here\n\nid: 8\r\ndata: one\r\ndata: two\r\n\r\n';
    const whole = createSentParser()(stream);
    assert.deepEqual(whole, [{ id: '7', event: 'run.created', data: '{"a":"ü"}' }, { id: '8', event: 'message', data: 'one\ntwo' }]);
    for (let at = 1; at < stream.length; at += 1) {
      const parse = createSentParser();
      assert.deepEqual([...parse(stream.slice(0, at)), ...parse(stream.slice(at))], whole);
    }
  });
});
