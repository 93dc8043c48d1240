import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import { ModelEntry } from '../../controller/models/model-entry.ts';
import type { ModelEntryInput } from '../../controller/models/model-entry.ts';
import type { DecideRequest } from '../../controller/models/model.ts';
import { createOpenAIModel } from '../../controller/models/openai-model.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { commonFailures, itExplainsFailures } from './failures.ts';
import type { Failure } from './failures.ts';
import { finalAnswer, startVendor, vendorError } from './vendor-server.ts';

const key = 'sk-test-1234567890abcdef';
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const frame: Frame = {
  frameId: 'f1', capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 1280, height: 800,
  byteLength: png.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
const request = (bytes = png): DecideRequest => ({
  runId: 'r1', briefing: 'The briefing', transcript: [{ kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] }], offer: nothingOffered, frame, loadPicture: () => Promise.resolve({ frame, bytes }),
});
const model = (url: string, more: Partial<ModelEntryInput> = {}) =>
  createOpenAIModel(ModelEntry.parse({ name: 'gpt', provider: 'openai', dialect: 'openai-responses', model: 'gpt-x', baseUrl: url, apiKey: key, maxRetries: 0, ...more }));
const decide = (url: string, more: Partial<ModelEntryInput> = {}, signal = new AbortController().signal) => model(url, more).decide(request(), signal);

describe('createOpenAIModel', () => {
  it('sends the whole transcript with the picture, the key and own headers, and reads the answer', async () => {
    await using vendor = await startVendor(finalAnswer('Done'));
    const turn = await decide(vendor.url, { headers: { 'x-team': 'blue' } });
    assert.equal(turn.message, 'Done');
    const { headers, body } = vendor.seen[0] ?? assert.fail('nothing was asked');
    assert.equal(headers.authorization, `Bearer ${key}`);
    assert.equal(headers['x-team'], 'blue');
    assert.deepEqual([body['model'], body['store'], body['tools'], body['instructions']], ['gpt-x', false, [{ type: 'computer' }], 'The briefing']);
    assert.match(JSON.stringify(body['input']), /data:image\/png;base64,iVBORw0KGgo/);
  });

  it('waits as long as the vendor asks before it tries again', async () => {
    await using vendor = await startVendor(vendorError(429, 'slow down', null, { 'retry-after-ms': '300' }), vendorError(503, 'busy', null, { 'retry-after-ms': '1' }), finalAnswer('Done'));
    assert.equal((await decide(vendor.url, { maxRetries: 2 })).message, 'Done');
    const [first, second] = vendor.seen;
    assert.ok(first !== undefined && second !== undefined && second.at - first.at >= 290, 'it came back too early');
  });

  const failures: readonly Failure[] = [
    ['a wrong key', vendorError(401, `Incorrect API key provided: ${key}. Or sk-test-****cdef.`, 'invalid_api_key'), /did not accept the key: configure another one \(Incorrect API key provided: \[key\]/, false],
    ['a missing right', vendorError(403, 'no access'), /does not permit this.*gpt-x/, false],
    ['an unknown model', vendorError(404, 'The model does not exist', 'model_not_found'), /knows no model gpt-x.*computer tool/, false],
    ['a refused request', vendorError(400, 'Computer tool has unacknowledged safety check'), /refused the request: Computer tool/, false],
    ['a quota', vendorError(429, 'You exceeded your quota', 'insufficient_quota'), /quota.*used up: see its billing page/, false],
    ['a page of HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), /cannot be read.*Responses API/, true],
    ...commonFailures((status, words, headers) => vendorError(status, words, null, headers)),
  ];
  itExplainsFailures(decide, failures, finalAnswer('x'));

  it('sends no empty picture', async () => {
    await using vendor = await startVendor(finalAnswer('x'));
    await assert.rejects(model(vendor.url).decide(request(Buffer.alloc(0)), AbortSignal.timeout(5000)), /frame f1 is empty/);
    assert.equal(vendor.seen.length, 0);
  });

  it('asks for lossless pictures at native size', () => {
    assert.deepEqual(model('http://127.0.0.1:1/v1').capture, { format: 'png', maxWidth: 1600, maxHeight: 1200 });
  });
});
