import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import type { Entry, Turn } from '../../controller/dialects/transcript.ts';
import { ModelEntry } from '../../controller/models/model-entry.ts';
import type { Model } from '../../controller/models/model.ts';
import { createOpenAIModel } from '../../controller/models/openai-model.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { json, startVendor, vendorError } from './vendor-server.ts';
import type { Reply, Seen } from './vendor-server.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const frame: Frame = {
  frameId: 'f0', capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 1280, height: 800,
  byteLength: png.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
const unknown = vendorError(400, 'Previous response with id \'resp_1\' not found.', 'previous_response_not_found');

const check = { id: 'check_1', code: 'malicious_instructions', message: 'Look' };
/** A response that clicks, under the given number. */
const click = (number: number, pending: readonly unknown[] = []): Reply => json(200, {
  id: `resp_${number}`, object: 'response', status: 'completed',
  output: [{ type: 'computer_call', id: `cu_${number}`, call_id: `call_${number}`, status: 'completed', actions: [{ type: 'click', button: 'left', x: 10, y: 20 }], pending_safety_checks: pending }],
});

const open = (url: string, more: { readonly history?: 'stored' } = { history: 'stored' }) => createOpenAIModel(ModelEntry.parse({ name: 'gpt', provider: 'openai', dialect: 'openai-responses', model: 'gpt-x', baseUrl: url, apiKey: 'sk-test-1234567890abcdef', maxRetries: 0, ...more }));

/** Asks the model again and again, each of its calls performed and answered with a frame of its own; a check is answered with a refusal. */
async function converse(model: Model, turns: number): Promise<Turn[]> {
  const transcript: Entry[] = [{ kind: 'task', text: 'Do it', frameId: 'f0', earlier: [], pictures: [] }];
  const said: Turn[] = [];
  for (let number = 1; number <= turns; number += 1) {
    const turn = await model.decide({ runId: 'r1', briefing: 'The briefing', transcript, offer: nothingOffered, frame, loadPicture: (frameId) => Promise.resolve({ frame: { ...frame, frameId }, bytes: png }) }, new AbortController().signal);
    said.push(turn);
    transcript.push({ kind: 'turn', turn }, { kind: 'results', results: turn.calls.map(({ callId, safetyChecks }) => ({ callId, isError: safetyChecks.length > 0, notes: [], acknowledged: [], frameId: `f${number}` })) });
    if (number === 1) transcript.push({ kind: 'note', from: 'person', text: 'Mind the left one', frameId: null });
  }
  return said;
}

const inputOf = ({ body }: Seen) => (body['input'] as { readonly type: string; readonly call_id?: string }[]).map(({ type, call_id }) => (call_id === undefined ? type : `${type} ${call_id}`));
const goesOnFrom = ({ body }: Seen) => body['previous_response_id'];

describe('a history stored at the vendor', () => {
  it('is gone on from: each request carries what came since the last response, its call answered, and nothing else', async () => {
    await using vendor = await startVendor(click(1), click(2), click(3));
    await converse(open(vendor.url), 3);
    assert.deepEqual(vendor.seen.map(goesOnFrom), [undefined, 'resp_1', 'resp_2']);
    assert.deepEqual(vendor.seen.map(inputOf), [['message'], ['computer_call_output call_1', 'message'], ['computer_call_output call_2']]);
    for (const { body } of vendor.seen) assert.deepEqual([body['store'], body['instructions'], body['tools']], [true, 'The briefing', [{ type: 'computer' }]]);
  });

  it('is replayed whole where the server does not know the response, and gone on from again afterwards', async () => {
    await using vendor = await startVendor(click(1), unknown, click(2), click(3));
    await converse(open(vendor.url), 3);
    assert.deepEqual(vendor.seen.map(goesOnFrom), [undefined, 'resp_1', undefined, 'resp_2']);
    assert.deepEqual(inputOf(vendor.seen[2] ?? assert.fail()), ['message', 'computer_call call_1', 'computer_call_output call_1', 'message']);
  });

  it('is always replayed after three responses in a row that the server did not know', async () => {
    await using vendor = await startVendor(click(1), unknown, click(2), unknown, click(3), unknown, click(4), click(5));
    await converse(open(vendor.url), 5);
    assert.deepEqual(vendor.seen.map((seen) => goesOnFrom(seen) !== undefined), [false, true, false, true, false, true, false, false]);
  });

  it('is told anew after a call that was not permitted, which the API takes no answer to', async () => {
    await using vendor = await startVendor(click(1, [check]), click(2));
    await converse(open(vendor.url), 2);
    assert.deepEqual(vendor.seen.map(goesOnFrom), [undefined, undefined]);
    assert.match(JSON.stringify(vendor.seen[1]?.body['input']), /it was not given/);
  });

  it('leaves other refusals as they are', async () => {
    await using vendor = await startVendor(click(1), vendorError(400, 'No tool output found for computer call call_1'));
    await assert.rejects(converse(open(vendor.url), 2), /refused the request: No tool output/);
    assert.equal(vendor.seen.length, 2);
  });

  it('is not used unless it is configured', async () => {
    await using vendor = await startVendor(click(1), click(2));
    await converse(open(vendor.url, {}), 2);
    assert.deepEqual(vendor.seen.map(({ body }) => [body['store'], body['previous_response_id']]), [[false, undefined], [false, undefined]]);
  });
});
