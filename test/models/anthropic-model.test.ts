import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computerForms } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { Entry, Offer, Turn } from '../../controller/dialects/transcript.ts';
import { createAnthropicModel } from '../../controller/models/anthropic-model.ts';
import type { AnthropicEntry } from '../../controller/models/anthropic-model.ts';
import type { DecideRequest } from '../../controller/models/model.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { commonFailures, failureOf, half, itExplainsFailures } from './failures.ts';
import type { Failure } from './failures.ts';
import { json, startVendor } from './vendor-server.ts';
import type { Reply } from './vendor-server.ts';

const key = 'sk-ant-test-1234567890abcdef';
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const frameOf = (more: Partial<Frame> = {}): Frame => ({
  frameId: 'f1', capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 640, height: 400,
  byteLength: png.length, hash: '0'.repeat(32), pointer: { x: 4, y: 6 }, ...more,
});
const offer: Offer = { shell: false, files: false, person: false, callerTools: [], answerFormat: null };
const task: Entry = { kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] };
const request = (more: Partial<DecideRequest> = {}, frames: readonly Frame[] = [frameOf()], bytes = png): DecideRequest => ({
  runId: 'r1', briefing: 'The briefing', transcript: [task], offer, frame: frames.at(-1) ?? frameOf(),
  loadPicture: (frameId) => Promise.resolve({ frame: frames.find((one) => one.frameId === frameId) ?? assert.fail(`no frame ${frameId}`), bytes }), ...more,
});
const model = (url: string, more: Partial<AnthropicEntry> = {}, form: ComputerForm = 'computer_toolset_20260801') =>
  createAnthropicModel({ name: 'claude', model: 'claude-x', baseUrl: url, apiKey: key, maxRetries: 0, timeoutMs: 20_000, limits: {}, ...more }, form);
const decide = (url: string, more: Partial<AnthropicEntry> = {}, signal = new AbortController().signal) => model(url, more).decide(request(), signal);

const message = (content: object[], stop = 'end_turn') => json(200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', content, stop_reason: stop, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4 } });
const done = message([{ type: 'text', text: 'Done' }]);
const vendorError = (status: number, type: string, words: string, headers: Record<string, string> = {}): Reply => json(status, { type: 'error', error: { type, message: words }, request_id: 'req_9' }, { 'request-id': 'req_9', ...headers });

describe('createAnthropicModel', () => {
  for (const form of computerForms) {
    it(`asks with ${form}: key, beta, tool, picture and its size`, async () => {
      await using vendor = await startVendor(done);
      const turn = await model(vendor.url, { headers: { 'x-team': 'blue' } }, form).decide(request(), new AbortController().signal);
      assert.equal(turn.message, 'Done');
      const { headers, body, path } = vendor.seen[0] ?? assert.fail('nothing was asked');
      assert.equal(path, '/v1/messages');
      assert.deepEqual([headers.authorization, headers['x-team'], headers['anthropic-beta']], [`Bearer ${key}`, 'blue', form === 'computer_toolset_20260801' ? undefined : form.replace(/computer_(\d{4})(\d\d)(\d\d)/, 'computer-use-$1-$2-$3')]);
      const tool = form === 'computer_toolset_20260801' ? { type: form } : { type: form, name: 'computer', display_width_px: 640, display_height_px: 400, ...(form === 'computer_20251124' ? { enable_zoom: true } : {}) };
      assert.deepEqual([body['model'], body['tools'], 'betas' in body], ['claude-x', [tool], false]);
      assert.match(JSON.stringify(body['messages']), /"media_type":"image\/png","data":"iVBORw0KGgo/);
    });
  }

  it('takes a base URL with and without the version', async () => {
    await using vendor = await startVendor(done);
    for (const url of [vendor.url, `${vendor.url}/`, vendor.url.replace('/v1', '')]) assert.equal((await decide(url)).message, 'Done', url);
    assert.deepEqual(vendor.seen.map(({ path }) => path), ['/v1/messages', '/v1/messages', '/v1/messages']);
  });

  it('maps coordinates through the frame, also after a zoom, and lets a drag begin at the pointer', async () => {
    const use = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, toolset_name: 'computer', input });
    await using vendor = await startVendor(message([use('t1', 'left_click', { coordinate: [639, 0] }), use('t2', 'left_click_drag', { coordinate: [0, 399] })], 'tool_use'), message([use('t1', 'left_click_drag', { coordinate: [0, 0] })], 'tool_use'));
    const signal = new AbortController().signal;
    const turn = await model(vendor.url).decide(request(), signal);
    assert.deepEqual(turn.calls.flatMap(({ actions }) => actions).map((action) => (action.type === 'drag' ? action.path : action.type === 'click' ? [action.x, action.y] : [])), [[1279, 1], [{ x: 1279, y: 1 }, { x: 1, y: 799 }]]);
    const zoomed = frameOf({ frameId: 'f2', region: { x: 100, y: 100, width: 50, height: 50 }, width: 50, height: 50, pointer: { x: 77, y: 88 } });
    const seen: Turn = { responseId: 'm', commentary: '', calls: [{ callId: 't0', actions: [{ type: 'zoom', region: zoomed.region }], safetyChecks: [] }], message: null, unfinished: null, refusal: null, usage: turn.usage, raw: [use('t0', 'zoom', { region: [50, 50, 75, 75] })] };
    const transcript: Entry[] = [task, { kind: 'turn', turn: seen }, { kind: 'results', results: [{ callId: 't0', isError: false, notes: [], acknowledged: [], frameId: 'f2' }] }];
    const after = await model(vendor.url).decide(request({ transcript }, [frameOf(), zoomed]), signal);
    assert.deepEqual(after.calls[0]?.actions, [{ type: 'drag', path: [{ x: 77, y: 88 }, { x: 1, y: 1 }], button: 'left', modifiers: [] }]);
  });

  it('replays thinking byte for byte', async () => {
    const thinking = { type: 'thinking', thinking: 'Ünder “the”\n\u2028lid', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h/+==' };
    const content = [thinking, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/' }, { type: 'text', text: 'I look.' }, { type: 'tool_use', id: 't1', name: 'screenshot', toolset_name: 'computer', input: {}, caller: { type: 'direct' } }];
    await using vendor = await startVendor(message(content, 'tool_use'), done);
    const turn = await decide(vendor.url);
    const kept = JSON.parse(JSON.stringify(turn)) as Turn;
    const transcript: Entry[] = [task, { kind: 'turn', turn: kept }, { kind: 'results', results: [{ callId: 't1', isError: false, notes: [], acknowledged: [], frameId: 'f1' }] }];
    await model(vendor.url).decide(request({ transcript }), new AbortController().signal);
    const messages = vendor.seen[1]?.body['messages'] as { role: string; content: unknown }[];
    assert.deepEqual(messages.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.equal(JSON.stringify(messages[1]?.content), JSON.stringify(content));
  });

  it('waits as long as the vendor asks, and asks again after limits, overload and an answer that broke off', async () => {
    await using vendor = await startVendor(vendorError(429, 'rate_limit_error', 'slow down', { 'retry-after-ms': '300' }), vendorError(529, 'overloaded_error', 'busy', { 'retry-after-ms': '1' }), half, done);
    assert.equal((await decide(vendor.url, { maxRetries: 3 })).message, 'Done');
    const [first, second] = vendor.seen;
    assert.equal(vendor.seen.length, 4);
    assert.ok(first !== undefined && second !== undefined && second.at - first.at >= 290, 'it came back too early');
  });

  const failures: readonly Failure[] = [
    ['a wrong key', vendorError(401, 'authentication_error', `invalid bearer token ${key}`), /did not accept the key: configure another one \(invalid bearer token \[key\]\)/, false],
    ['no credit', vendorError(400, 'invalid_request_error', 'Your credit balance is too low'), /credit at .* is used up: see its billing page/, false],
    ['a missing payment', vendorError(402, 'billing_error', 'pay'), /used up/, false],
    ['a missing right', vendorError(403, 'permission_error', 'no access'), /does not permit this.*claude-x/, false],
    ['an unknown model', vendorError(404, 'not_found_error', 'model: claude-x'), /knows no model claude-x.*form of the computer tool/, false],
    ['a refused request', vendorError(400, 'invalid_request_error', 'messages.1: tool_use ids were found'), /refused the request: messages\.1: tool_use ids/, false],
    ['a request that is too large', vendorError(413, 'request_too_large', 'too large'), /too large; a smaller display/, false],
    ['overload', vendorError(529, 'overloaded_error', 'Overloaded'), /is overloaded, after 0 retries: ask again later \(Overloaded\)/, true],
    ['a page of HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), /cannot be used.*Messages API/, false],
    ['another vendor’s answer', json(200, { id: 'resp_1', object: 'response', output: [] }), /cannot be used.*Messages API/, false],
    ...commonFailures((status, words, headers) => vendorError(status, 'api_error', words, headers)),
  ];
  itExplainsFailures(decide, failures, done);

  it('names the vendor’s request in its details', async () => {
    await using vendor = await startVendor(vendorError(500, 'api_error', 'oops'));
    assert.deepEqual((await failureOf(decide(vendor.url))).details, { model: 'claude', retryable: true, vendorStatus: 500, requestId: 'req_9' });
  });

  it('stops when it is told to while it waits to try again', async () => {
    const later = new AbortController();
    await using busy = await startVendor((response) => {
      vendorError(429, 'rate_limit_error', 'wait', { 'retry-after': '60' })(response);
      response.on('close', () => later.abort(new Error('cancelled by bob')));
    });
    await assert.rejects(decide(busy.url, { maxRetries: 5 }, later.signal), /cancelled by bob/);
  });

  it('sends no empty and no oversized picture', async () => {
    await using vendor = await startVendor(done);
    const signal = AbortSignal.timeout(5000);
    await assert.rejects(model(vendor.url).decide(request({}, [frameOf()], Buffer.alloc(0)), signal), /frame f1 is empty/);
    await assert.rejects(model(vendor.url).decide(request({}, [frameOf({ width: 2200, height: 1000 })]), signal), /frame f1 measures 2200 by 1000 pixels/);
    await assert.rejects(model(vendor.url, {}, 'computer_20250124').decide(request({}, [frameOf({ width: 1400, height: 900 })]), signal), /more than the model takes/);
    assert.equal(vendor.seen.length, 0);
  });

  it('has every frame captured within what the model takes', () => {
    const boxOf = (form: ComputerForm, name: string, limits = {}) => {
      const { maxWidth = Number.NaN, maxHeight = Number.NaN, format } = model('http://127.0.0.1:1', { model: name, limits }, form).capture;
      assert.equal(format, 'png');
      return { maxWidth, maxHeight };
    };
    for (const [form, name] of [['computer_toolset_20260801', 'claude-opus-5-5'], ['computer_20251124', 'claude-opus-4-7'], ['computer_20251124', 'claude-fable-5']] as const) {
      const { maxWidth, maxHeight } = boxOf(form, name);
      assert.ok(maxWidth <= 2000 && maxHeight <= 2000 && Math.ceil(maxWidth / 28) * Math.ceil(maxHeight / 28) <= 4784, name);
      assert.ok(maxWidth >= 1920 && maxHeight >= 1080, name);
    }
    for (const [form, name] of [['computer_20251124', 'claude-opus-4-5'], ['computer_20251124', 'claude-sonnet-4-6'], ['computer_20250124', 'claude-haiku-4-5'], ['computer_20241022', 'claude-3-5-sonnet-20241022']] as const) {
      const { maxWidth, maxHeight } = boxOf(form, name);
      assert.ok(maxWidth <= 1568 && maxHeight <= 1568 && maxWidth * maxHeight <= 1_150_000, name);
      assert.ok(maxWidth >= 1280 && maxHeight >= 800, name);
    }
    assert.ok(boxOf('computer_toolset_20260801', 'x', { maxEdge: 1000 }).maxWidth <= 1000);
  });

  it('asks for as long an answer as is configured, and tells its price', async () => {
    await using vendor = await startVendor(done);
    const price = { input: 3, cachedInput: 0.3, output: 15 };
    await decide(vendor.url);
    await decide(vendor.url, { maxOutputTokens: 64_000, price });
    assert.deepEqual(vendor.seen.map(({ body }) => body['max_tokens']), [16_000, 64_000]);
    assert.deepEqual(model(vendor.url, { price }).price, price);
  });
});
