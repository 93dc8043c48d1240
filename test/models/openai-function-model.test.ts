import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import type { EarlierMessage, Offer } from '../../controller/dialects/transcript.ts';
import { ModelEntry } from '../../controller/models/model-entry.ts';
import type { ModelEntryInput } from '../../controller/models/model-entry.ts';
import type { DecideRequest } from '../../controller/models/model.ts';
import { createFunctionModel } from '../../controller/models/openai-function-model.ts';
import type { FunctionDialect } from '../../controller/models/openai-function-model.ts';
import { createOpenAIModel } from '../../controller/models/openai-model.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { finalAnswer, json, startVendor, vendorError } from './vendor-server.ts';
import type { Reply } from './vendor-server.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const frame: Frame = {
  frameId: 'f1', capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 640, height: 400,
  byteLength: png.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
type Asked = { readonly offer?: Offer; readonly pictures?: string[]; readonly earlier?: EarlierMessage[]; readonly frame?: Frame };
const request = ({ offer = nothingOffered, pictures = [], earlier = [], frame: shown = frame }: Asked = {}): DecideRequest => ({
  runId: 'r1', briefing: 'The briefing', transcript: [{ kind: 'task', text: 'Do it', frameId: 'f1', earlier, pictures }], offer, frame: shown, loadPicture: () => Promise.resolve({ frame: shown, bytes: png }),
});
const entry = (dialect: FunctionDialect | 'openai-responses' | 'openai-responses-preview', url: string, more: Partial<ModelEntryInput> = {}) =>
  ModelEntry.parse({ name: 'local', provider: 'compatible', dialect, model: 'some-model', baseUrl: url, maxRetries: 0, ...more });
const decide = (dialect: FunctionDialect, url: string, more: Partial<ModelEntryInput> = {}, asked: Asked = {}) =>
  createFunctionModel(entry(dialect, url, more), dialect).decide(request(asked), AbortSignal.timeout(10_000));
const says = (message: object): Reply => json(200, { id: 'c1', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }], usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 } });
const clicks = (given: object): Reply => says({ content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'computer', arguments: JSON.stringify(given) } }] });
const move = (x: number, y: number) => [{ type: 'move', x, y, modifiers: [] }];

describe('createFunctionModel', () => {
  const dialects: [dialect: FunctionDialect, more: Partial<ModelEntryInput>, reply: Reply, x: number, y: number, path: string][] = [
    ['function-chat', {}, clicks({ action: 'move', x: 320, y: 200 }), 641, 401, 'messages'],
    ['function-chat', { coordinates: '0-999' }, clicks({ action: 'move', x: 999, y: 0 }), 1279, 0, 'messages'],
    ['qwen', {}, says({ content: '<tool_call>{"name":"computer_use","arguments":{"action":"mouse_move","coordinate":[500,500]}}</tool_call>' }), 640, 400, 'messages'],
    ['qwen', { coordinates: 'resized' }, says({ content: '<tool_call>{"name":"computer_use","arguments":{"action":"mouse_move","coordinate":[643,0]}}</tool_call>' }), 1279, 1, 'messages'],
  ];
  for (const [dialect, more, reply, x, y, field] of dialects) {
    it(`maps what ${dialect} says in ${more.coordinates ?? 'its usual space'} to the screen`, async () => {
      await using vendor = await startVendor(reply);
      assert.deepEqual((await decide(dialect, vendor.url, more)).calls[0]?.actions, move(x, y));
      const body = vendor.seen[0]?.body ?? {};
      assert.match(JSON.stringify(body[field]), /The briefing[\s\S]*data:image\/png;base64,iVBORw0KGgo/);
      assert.equal(body['model'], 'some-model');
    });
  }

  it('drives UI-TARS in its text form, and refuses tools for it', async () => {
    await using vendor = await startVendor(says({ content: "Thought: x\nAction: click(start_box='(0,0)')" }));
    assert.deepEqual((await decide('ui-tars', vendor.url)).calls[0]?.actions[0]?.type, 'click');
    await assert.rejects(decide('ui-tars', vendor.url, {}, { offer: { ...nothingOffered, shell: true } }), /UI-TARS has no tools besides the screen/);
    assert.equal(vendor.seen.length, 1);
  });

  it('speaks the Responses API, without fields that compatible servers refuse', async () => {
    await using vendor = await startVendor(json(200, { id: 'resp_1', object: 'response', status: 'completed', output: [{ type: 'function_call', call_id: 'a', name: 'computer', arguments: '{"action":"move","x":"320","y":200.5}' }] }));
    assert.deepEqual((await decide('function-responses', vendor.url, { maxOutputTokens: 4000 })).calls[0]?.actions, move(641, 401));
    const body = vendor.seen[0]?.body ?? {};
    assert.deepEqual([body['store'], body['include'], body['max_output_tokens']], [false, undefined, 4000]);
  });

  it('asks OpenAI itself for encrypted reasoning, and binds the answer with a schema only there', async () => {
    const offer: Offer = { ...nothingOffered, answerFormat: { name: 'a', schema: { type: 'object' }, strict: false } };
    await using vendor = await startVendor(finalAnswer('{}'), says({ content: '{}' }), says({ content: '{}' }));
    await decide('function-responses', vendor.url, { provider: 'openai', apiKey: 'k' }, { offer });
    await decide('function-chat', vendor.url, { provider: 'openai', apiKey: 'k', maxOutputTokens: 300 }, { offer });
    await decide('function-chat', vendor.url, { maxOutputTokens: 300 }, { offer });
    const [responses = {}, chat = {}, local = {}] = vendor.seen.map(({ body }) => body);
    assert.deepEqual(responses['include'], ['reasoning.encrypted_content']);
    assert.deepEqual([typeof chat['response_format'], chat['max_completion_tokens']], ['object', 300]);
    assert.deepEqual([local['response_format'], local['max_tokens']], [undefined, 300]);
  });

  it('tries again after a limit, a broken connection and half an answer', async () => {
    await using vendor = await startVendor(
      vendorError(429, 'slow', null, { 'retry-after-ms': '20' }),
      (response) => void response.destroy(),
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        response.write('{"id":"c1"');
        setImmediate(() => response.destroy());
      },
      says({ content: 'Done' }),
    );
    assert.equal((await decide('function-chat', vendor.url, { maxRetries: 3 })).message, 'Done');
    assert.equal(vendor.seen.length, 4);
  });

  it('stops waiting for a retry when it is told to', async () => {
    await using vendor = await startVendor(vendorError(429, 'slow', null, { 'retry-after': '300' }));
    const abort = new AbortController();
    const decided = createFunctionModel(entry('function-chat', vendor.url, { maxRetries: 4 }), 'function-chat').decide(request(), abort.signal);
    const rejected = assert.rejects(decided, /cancelled by ann/);
    const deadline = Date.now() + 5000;
    while (vendor.seen.length === 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('cancelled by ann'));
    await rejected;
    assert.equal(vendor.seen.length, 1);
  });

  for (const [name, reply, words] of [
    ['an unknown model', vendorError(404, 'no such model'), /knows no model some-model.*sees pictures and calls functions/],
    ['a wrong key', vendorError(401, 'bad key'), /did not accept the key/],
    ['used-up credit', vendorError(402, 'Insufficient credits'), /quota.*used up/],
    ['a quota', vendorError(429, 'quota', 'insufficient_quota'), /quota.*used up/],
    ['no chat completion', json(200, { hello: 1 }), /model local: .*no chat completion/],
    ['a server behind a router', json(200, { error: { message: 'upstream is gone', code: 502 } }), /model local: .*502.*upstream is gone/],
  ] as const) {
    it(`explains ${name}`, async () => {
      await using vendor = await startVendor(reply);
      await assert.rejects(decide('function-chat', vendor.url), { code: 'model_failed', message: words });
    });
  }

  it('tries nothing again that will not pass', async () => {
    await using vendor = await startVendor(vendorError(429, 'quota', 'insufficient_quota'));
    await assert.rejects(decide('function-chat', vendor.url, { maxRetries: 3 }));
    assert.equal(vendor.seen.length, 1);
  });

  it('sends no picture beyond the limits, and no empty one of the caller\'s', async () => {
    await using vendor = await startVendor(says({ content: 'x' }));
    const good = `data:image/png;base64,${'A'.repeat(64)}`;
    await assert.rejects(decide('function-chat', vendor.url, { limits: { maxEdge: 500 } }), /measures 640 by 400 pixels/);
    await assert.rejects(decide('function-chat', vendor.url, {}, { pictures: ['data:image/png;base64,'] }), /picture 1 of the task is empty/);
    await assert.rejects(decide('function-chat', vendor.url, {}, { pictures: [good, 'https://example.org/x.png'] }), /picture 2 of the task/);
    await assert.rejects(decide('function-chat', vendor.url, { limits: { maxImages: 2 } }, { pictures: [good], earlier: [{ role: 'user', text: '', pictures: [good] }] }), /takes 1: send fewer/);
    assert.equal(vendor.seen.length, 0);
  });
});

describe('createOpenAIModel', () => {
  it('tells the preview the size of its picture', async () => {
    await using vendor = await startVendor(finalAnswer('Done'));
    await createOpenAIModel(entry('openai-responses-preview', vendor.url)).decide(request(), AbortSignal.timeout(5000));
    assert.deepEqual(vendor.seen[0]?.body['tools'], [{ type: 'computer_use_preview', display_width: 640, display_height: 400, environment: 'linux' }]);
    assert.equal(vendor.seen[0]?.body['truncation'], 'auto');
  });

  it('gives Azure its key in a header of its own', async () => {
    await using vendor = await startVendor(finalAnswer('Done'));
    await createOpenAIModel(entry('openai-responses', vendor.url, { provider: 'azure', apiKey: 'azure-key-1' })).decide(request(), AbortSignal.timeout(5000));
    const { headers } = vendor.seen[0] ?? assert.fail('nothing was asked');
    assert.deepEqual([headers['api-key'], headers.authorization], ['azure-key-1', undefined]);
  });
});
