import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failedCall } from '../../../controller/dialects/desktop-functions.ts';
import { computerCall, message, printResponse, reasoning } from '../../../controller/dialects/openai-responses/printed-response.ts';
import { readResponse } from '../../../controller/dialects/openai-responses/read-response.ts';
import { readRequest } from '../../../controller/dialects/openai-responses/received-request.ts';
import { deniedTurn, placeholderPicture, writeRequest } from '../../../controller/dialects/openai-responses/write-input.ts';
import type { CallResult, Entry, Transcript, Turn } from '../../../controller/dialects/transcript.ts';

const options = { frame: { region: { x: 0, y: 0, width: 1280, height: 800 }, width: 1280, height: 800 }, waitMs: 2000 };
const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
const pictures = new Map([['f1', 'data:image/png;base64,AAAA'], ['f2', 'data:image/png;base64,BBBB'], ['f3', 'data:image/png;base64,CCCC']]);
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look out' };
const click = { type: 'click', button: 'left', x: 1, y: 2 };

const turnOf = (...output: object[]): Turn =>
  readResponse(printResponse({ id: 'resp_1', createdAt: 1, model: 'm', output: output as Record<string, unknown>[], usage, echo: { tools: [{ type: 'computer' }] }, metadata: {} }), options);
const task: Entry = { kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] };
const results = (...list: (Partial<CallResult> & { callId: string })[]): Entry => ({
  kind: 'results', results: list.map((result) => ({ isError: false, notes: [], acknowledged: [], frameId: null, ...result })),
});
const write = (...transcript: Transcript) => ({ model: 'm', ...writeRequest('The briefing', transcript, pictures) });
const typesOf = (request: { input: readonly Readonly<Record<string, unknown>>[] }) => request.input.map((item) => (item['type'] === 'message' ? item['role'] : item['type']));

/** What a server that speaks the same dialect makes of it. */
function received(request: object) {
  const read = readRequest(JSON.parse(JSON.stringify(request)));
  assert.ok('request' in read, 'problem' in read ? read.problem.message : '');
  return read.request;
}

describe('writeRequest', () => {
  it('replays every item in order, answers each call once, and stores nothing', () => {
    const turn = turnOf(reasoning('rs_1', 'thinking', 'secret'), message('Now.', 'I click', 'commentary'), computerCall('cu_1', 'call_1', [click]), computerCall('cu_2', 'call_2', [{ type: 'wait' }]));
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_2', frameId: 'f2' }, { callId: 'call_1', frameId: 'f2' }));
    assert.deepEqual(typesOf(request), ['user', 'reasoning', 'assistant', 'computer_call', 'computer_call', 'computer_call_output', 'computer_call_output']);
    assert.deepEqual([request.store, request.include, request.tools, request.instructions], [false, ['reasoning.encrypted_content'], [{ type: 'computer' }], 'The briefing']);
    assert.deepEqual(request.input[1], { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'thinking' }], encrypted_content: 'secret' });
    assert.deepEqual(request.input[5]?.['output'], { type: 'computer_screenshot', image_url: 'data:image/png;base64,BBBB', detail: 'original' });
    assert.equal(request.input[2]?.['phase'], 'commentary');
    assert.equal(received(request).task, 'Do it');
  });

  it('leaves out what the API refuses on replay', () => {
    const turn = turnOf({ ...reasoning('rs_1', ''), status: 'completed', created_by: 'x' }, { ...computerCall('cu_1', 'call_1', [click]), created_by: 'x', note: 'kept' });
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1', frameId: 'f2' }));
    assert.deepEqual(Object.keys(request.input[1] ?? {}).toSorted(), ['encrypted_content', 'id', 'summary', 'type']);
    assert.deepEqual(Object.keys(request.input[2] ?? {}).toSorted(), ['actions', 'call_id', 'id', 'note', 'status', 'type']);
  });

  it('sends acknowledged checks exactly as they were asked, and only then', () => {
    const asked = { ...check, extra: 1 };
    const turn = turnOf(reasoning('rs_1', ''), computerCall('cu_1', 'call_1', [click], [asked]));
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1', frameId: 'f2', acknowledged: [check] }));
    assert.deepEqual(request.input.at(-1)?.['acknowledged_safety_checks'], [asked]);
    received(request);
    const without = write(task, { kind: 'turn', turn: turnOf(computerCall('cu_1', 'call_1', [click])) }, results({ callId: 'call_1', frameId: 'f2' }));
    assert.ok(!('acknowledged_safety_checks' in (without.input.at(-1) ?? {})));
  });

  it('tells a turn whose checks were denied, since no output can answer it', () => {
    const turn = turnOf(reasoning('rs_1', ''), computerCall('cu_1', 'call_1', [click], [check]));
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1', isError: true, notes: ['ann denied it: not today'], frameId: 'f2' }));
    assert.deepEqual(typesOf(request), ['user', 'developer', 'user']);
    const told = received(request).items[1];
    assert.ok(told?.kind === 'message' && told.text.startsWith(deniedTurn) && told.text.includes('not today') && told.text.includes('"click"'));
    assert.equal(received(request).latestPicture?.bytes.toString('base64'), 'BBBB');
  });

  it('puts what went wrong into a message after the outputs', () => {
    const turn = turnOf(computerCall('cu_1', 'call_1', [click]));
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1', isError: true, notes: ['stale target'], frameId: 'f2' }));
    assert.deepEqual(typesOf(request), ['user', 'computer_call', 'computer_call_output', 'developer']);
    assert.deepEqual(request.input.at(-1)?.['content'], [{ type: 'input_text', text: `${failedCall}: stale target` }]);
  });

  it('answers a call that has no result, a call without frame, and a call of a function', () => {
    const turn = turnOf(computerCall('cu_1', 'call_1', [click]), computerCall('cu_2', 'call_2', [click]), { type: 'function_call', id: 'fc_1', call_id: 'call_3', name: 'x', arguments: '{}' });
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1' }));
    const outputs = request.input.filter((item) => String(item['type']).endsWith('_output'));
    assert.deepEqual(outputs.map((item) => item['call_id']), ['call_1', 'call_2', 'call_3']);
    assert.deepEqual(outputs[0]?.['output'], { type: 'computer_screenshot', image_url: placeholderPicture, detail: 'original' });
    received(request);
  });

  it('lets one capture answer all calls of a turn', () => {
    const turn = turnOf(computerCall('cu_1', 'call_1', [click]), computerCall('cu_2', 'call_2', [click]));
    const request = write(task, { kind: 'turn', turn }, results({ callId: 'call_1' }, { callId: 'call_2', frameId: 'f3' }));
    const urls = request.input.flatMap((item) => (item['type'] === 'computer_call_output' ? [(item['output'] as { image_url: string }).image_url] : []));
    assert.deepEqual(urls, ['data:image/png;base64,CCCC', 'data:image/png;base64,CCCC']);
  });

  it('replaces a picture that is not shown, and keeps the pair', () => {
    const turn = turnOf(computerCall('cu_1', 'call_1', [click]));
    const request = write({ ...task, frameId: 'f0' }, { kind: 'turn', turn }, results({ callId: 'call_1', frameId: 'f9' }));
    assert.deepEqual(request.input[0]?.['content'], [{ type: 'input_text', text: 'Do it' }]);
    assert.equal(received(request).latestPicture?.mediaType, 'image/png');
  });

  it('leaves out an unfinished turn', () => {
    const turn = { ...turnOf(computerCall('cu_1', 'call_1', [click])), unfinished: 'max_output_tokens' };
    assert.deepEqual(typesOf(write(task, { kind: 'turn', turn })), ['user']);
  });

  it('says whose word a note is', () => {
    const request = write(task, { kind: 'note', from: 'person', text: 'Faster', frameId: null }, { kind: 'note', from: 'vitrine', text: 'Look again', frameId: 'f2' }, { kind: 'note', from: 'vitrine', text: 'Mind', frameId: null });
    assert.deepEqual(typesOf(request), ['user', 'user', 'user', 'developer']);
    const texts = received(request).items.map((item) => (item.kind === 'message' ? item.text : ''));
    assert.deepEqual(texts, ['Do it', 'A person who watches says: Faster', 'Vitrine says: Look again', 'Vitrine says: Mind']);
  });
});

describe('readRequest', () => {
  const input = (...items: object[]) => ({ model: 'm', input: items, tools: [{ type: 'computer' }] });
  const call = { type: 'computer_call', id: 'cu_1', call_id: 'call_1', status: 'completed', actions: [click] };
  const output = { type: 'computer_call_output', call_id: 'call_1', output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,AAAA' } };

  it('takes a bare string, and pictures in the old spelling', () => {
    assert.equal(received({ model: 'm', input: 'Hello' }).task, 'Hello');
    const old = received(input({ role: 'user', content: 'Hi' }, { ...call, actions: undefined, action: click }, { ...output, output: { type: 'input_image', image_url: 'data:image/jpeg;base64,AAAA' } }));
    assert.equal(old.latestPicture?.mediaType, 'image/jpeg');
  });

  for (const [name, body, words] of [
    ['no object', 7, /Invalid request/],
    ['no model', { input: 'x' }, /'model'/],
    ['a call without output', input(call), /No tool output found for computer call call_1/],
    ['an output without call', input(output), /No tool call found/],
    ['two outputs', input(call, output, output), /Duplicate/],
    ['an unacknowledged check', input({ ...call, pending_safety_checks: [check] }, output), /unacknowledged safety check for \['cu_sc_1'\]/],
    ['an empty list of checks', input({ ...call, pending_safety_checks: [] }, output), /pending_safety_checks/],
    ['an empty picture', input(call, { ...output, output: { type: 'computer_screenshot', image_url: '' } }), /empty or unsupported base64/],
    ['a picture elsewhere', input({ role: 'user', content: [{ type: 'input_image', image_url: 'http://example.org/x.png' }] }), /data URL/],
  ] as const) {
    it(`refuses ${name}`, () => {
      const read = readRequest(body);
      assert.ok('problem' in read);
      assert.equal(read.problem.status, 400);
      assert.match(read.problem.message, words);
    });
  }

  it('reads a picture of several megabytes', () => {
    const large = Buffer.alloc(6_000_000, 7).toString('base64');
    assert.equal(received(input({ role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${large}` }] })).latestPicture?.bytes.length, 6_000_000);
  });
});
