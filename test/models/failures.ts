import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VitrineError } from '../../controller/errors.ts';
import { json, startVendor } from './vendor-server.ts';
import type { Reply } from './vendor-server.ts';

/** How a vendor's server fails, what the model's failure says then, and whether asking again may help. */
export type Failure = readonly [name: string, reply: Reply, words: RegExp, retryable: boolean];

/** An answer that breaks off. */
export const half: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
  response.write('{"id":"x_1"');
  setImmediate(() => response.destroy());
};

/** What every vendor's server can fail with; `errorOf` is an error in the vendor's own shape. */
export function commonFailures(errorOf: (status: number, words: string, headers?: Record<string, string>) => Reply): readonly Failure[] {
  return [
    ['a limit', errorOf(429, 'Too many'), /no more requests for now, after 0 retries/, true],
    ['a server error', errorOf(500, 'oops'), /answered 500 \(oops\)/, true],
    ['a server error that is final', errorOf(500, 'oops', { 'x-should-retry': 'false' }), /answered 500/, false],
    ['an error without a body', json(502, ''), /answered 502/, true],
    ['a redirect', (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end(), /redirects elsewhere \(307\).*configure the final base URL/, false],
    ['garbage', json(200, '<html>not json', { 'content-type': 'application/json' }), /cannot be read|cannot be used/, true],
    ['half a body', half, /broke off|cannot be reached/, true],
    ['a closed connection', (response) => void response.destroy(), /cannot be reached/, true],
  ];
}

/** The failure that a question to a model ends with: `model_failed`, and nothing of a key in it. */
export async function failureOf(promise: Promise<unknown>): Promise<VitrineError> {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof VitrineError, String(error));
  assert.equal(error.code, 'model_failed');
  assert.ok(!error.message.includes('1234567890'), `a key in: ${error.message}`);
  return error;
}

/** Asks the model of a server at this address. */
export type Ask = (url: string, more?: { readonly timeoutMs?: number }, signal?: AbortSignal) => Promise<unknown>;

/** What every vendor's model does when its server fails in these ways, sends it elsewhere, is not there or does not answer; `done` is an answer. */
export function itExplainsFailures(ask: Ask, failures: readonly Failure[], done: Reply): void {
  for (const [name, reply, words, retryable] of failures) {
    it(`explains ${name}`, async () => {
      await using vendor = await startVendor(reply);
      const error = await failureOf(ask(vendor.url));
      assert.match(error.message, words);
      assert.equal(error.details?.['retryable'], retryable, error.message);
      assert.equal(vendor.seen.length, 1);
    });
  }

  it('follows no redirect with the key', async () => {
    await using other = await startVendor(done);
    await using vendor = await startVendor((response) => void response.writeHead(307, { location: `${other.url}/elsewhere` }).end());
    await failureOf(ask(vendor.url));
    assert.equal(other.seen.length, 0);
  });

  it('explains that nobody listens', async () => {
    const gone = await startVendor(done);
    await gone[Symbol.asyncDispose]();
    assert.match((await failureOf(ask(gone.url))).message, /cannot be reached \(.*ECONNREFUSED.*check the base URL/);
  });

  it('gives up after its timeout', async () => {
    await using silent = await startVendor(() => undefined);
    assert.match((await failureOf(ask(silent.url, { timeoutMs: 1000 }))).message, /no answer from .* within 1000 ms/);
  });

  it('stops when it is told to, with the reason it was given', async () => {
    await using vendor = await startVendor(() => abort.abort(new Error('cancelled by ann')));
    const abort = new AbortController();
    await assert.rejects(ask(vendor.url, {}, abort.signal), /cancelled by ann/);
  });
}
