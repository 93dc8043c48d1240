import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiFailure } from '../../../controller/console/api/api-failure.ts';
import { askAs, onSignedOut } from '../../../controller/console/api/client.ts';
import { sendFile } from '../../../controller/console/pages/start/send-file.ts';
import { wordsFor } from '../../../controller/console/pages/start/why-not-started.ts';

const never = new AbortController().signal;
const file = new File(['abc'], 'a.txt');

/** A browser's request that is answered as soon as it is sent. */
class AnsweredRequest extends EventTarget {
  static answer = { status: 201, body: {} as unknown };
  static readonly sent: { readonly url: string; readonly headers: Record<string, string>; readonly body: unknown }[] = [];
  readonly upload = new EventTarget();
  readonly headers: Record<string, string> = {};
  url = '';
  status = 0;
  statusText = '';
  responseText = '';
  open(_method: string, url: string): void {
    this.url = url;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  send(body: unknown): void {
    AnsweredRequest.sent.push({ url: this.url, headers: this.headers, body });
    this.status = AnsweredRequest.answer.status;
    this.responseText = JSON.stringify(AnsweredRequest.answer.body);
    for (const type of ['load', 'loadend']) this.dispatchEvent(new Event(type));
  }
}

const send = (status: number, body: unknown) => {
  AnsweredRequest.answer = { status, body };
  return sendFile(file, 'a.txt', () => undefined, never);
};
const refusal = (code: string, details: object = {}) => ({ error: { code, message: 'no', details } });

describe('a file that is sent for a run', () => {
  beforeEach(() => {
    Object.assign(globalThis, { XMLHttpRequest: AnsweredRequest });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'XMLHttpRequest');
  });

  it('is sent for whom the page asks, as everything else is', async () => {
    askAs('ann');
    await send(201, { id: 'up-1' });
    const { url, headers, body } = AnsweredRequest.sent.at(-1) ?? assert.fail('nothing was sent');
    assert.deepEqual([url, headers, body], ['/api/uploads?name=a.txt', { 'content-type': 'application/octet-stream', 'x-vitrine': '1', 'x-vitrine-as': 'ann' }, file]);
  });

  it('says to the page that nobody is signed in any more, and nothing else that is refused does', async () => {
    let told = 0;
    const stop = onSignedOut(() => { told += 1; });
    await assert.rejects(send(429, refusal('too_many_requests')), { code: 'too_many_requests', status: 429 });
    assert.equal(told, 0);
    await assert.rejects(send(401, refusal('unauthorized')), { code: 'unauthorized', status: 401 });
    assert.equal(told, 1);
    stop();
  });

  it('is not taken for a queue that is full where too many files wait', () => {
    const failure = (details: Record<string, unknown>) => new ApiFailure('too_many_requests', 'no', { status: 429, details });
    assert.equal(wordsFor(failure({ maxUploads: 64, maxBytes: 1, retryAfterSeconds: 60 })), 'Too many files wait for runs already');
    assert.equal(wordsFor(failure({ retryAfterSeconds: 7 })), 'The queue is full: try again in 7 s');
    assert.equal(wordsFor(new ApiFailure('invalid_request', 'no')), 'The run was not started');
  });
});
