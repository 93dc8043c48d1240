import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import { readResponse } from '../../controller/dialects/openai-responses/read-response.ts';
import { readRequest } from '../../controller/dialects/openai-responses/received-request.ts';
import { deniedTurn, writeRequest } from '../../controller/dialects/openai-responses/write-input.ts';
import { Turn } from '../../controller/dialects/transcript.ts';
import type { CallResult, Entry, Offer, Transcript } from '../../controller/dialects/transcript.ts';

const frame = { region: { x: 0, y: 0, width: 1280, height: 800 }, width: 1280, height: 800 };
const pictures = new Map([['f1', 'data:image/png;base64,AAAA'], ['f2', 'data:image/png;base64,BBBB']]);
const weather = { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
const everything: Offer = { shell: true, files: true, person: false, callerTools: [weather], answerFormat: { name: 'the answer', schema: { type: 'object' }, strict: true } };
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look out' };
const click = { type: 'click', button: 'left', x: 1, y: 2 };
const computer = (callId: string, more: object = {}) => ({ type: 'computer_call', id: `cu_${callId}`, call_id: callId, status: 'completed', actions: [click], ...more });
const call = (callId: string, name: string, given: unknown) => ({ type: 'function_call', id: `fc_${callId}`, call_id: callId, name, arguments: typeof given === 'string' ? given : JSON.stringify(given), status: 'completed' });
const turnOf = (...output: object[]) => Turn.parse(readResponse({ id: 'resp_1', object: 'response', status: 'completed', output }, { frame, waitMs: 2000, offer: everything }));
const task: Entry = { kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] };
const results = (...list: (Partial<CallResult> & { callId: string })[]): Entry => ({ kind: 'results', results: list.map((one) => ({ isError: false, notes: [], acknowledged: [], frameId: null, ...one })) });
const preview = { kind: 'computer_use_preview', width: 1024, height: 640 } as const;

/** The request, after a server of the same dialect has accepted it. */
function accepted(transcript: Transcript, offer = nothingOffered, form?: typeof preview) {
  const request = writeRequest('b', transcript, pictures, offer, form);
  const read = readRequest(JSON.parse(JSON.stringify({ model: 'm', ...request })));
  assert.ok('request' in read, 'problem' in read ? read.problem.message : '');
  return request;
}

describe('tools over the Responses API', () => {
  it('offers shell, files, the caller\'s functions and the form of the answer', () => {
    const { tools, text } = accepted([task], everything);
    assert.deepEqual(tools.map((tool) => tool['name'] ?? tool['type']), ['computer', 'shell', 'edit_file', 'weather']);
    assert.deepEqual(tools[3], { type: 'function', ...weather, strict: false });
    assert.deepEqual(text, { format: { type: 'json_schema', name: 'the_answer', schema: { type: 'object' }, strict: true } });
  });

  const calls: [name: string, given: unknown, expected: object][] = [
    ['shell', { command: 'ls -l' }, { tool: { type: 'shell', command: 'ls -l', restart: false, timeoutMs: 120_000 } }],
    ['shell', { restart: true }, { tool: { type: 'shell', command: '', restart: true, timeoutMs: 120_000 } }],
    ['shell', { command: 'make', timeout_seconds: 600 }, { tool: { type: 'shell', command: 'make', restart: false, timeoutMs: 600_000 } }],
    ['edit_file', { command: 'view', path: 'notes.txt' }, { tool: { type: 'view', path: 'notes.txt' } }],
    ['edit_file', { command: 'view', path: 'notes.txt', first_line: 3, last_line: 9 }, { tool: { type: 'view', path: 'notes.txt', lines: [3, 9] } }],
    ['edit_file', { command: 'create', path: 'a', text: '' }, { tool: { type: 'create', path: 'a', text: '' } }],
    ['edit_file', { command: 'replace', path: 'a', old: 'x', new: '' }, { tool: { type: 'replace', path: 'a', old: 'x', new: '' } }],
    ['edit_file', { command: 'insert', path: 'a', line: 0, text: 'top' }, { tool: { type: 'insert', path: 'a', line: 0, text: 'top' } }],
    ['weather', '{"city":"Aarhus"}', { asks: { name: 'weather', arguments: '{"city":"Aarhus"}' } }],
    ['weather', 'not json, which is the caller\'s to judge', { asks: { name: 'weather', arguments: 'not json, which is the caller\'s to judge' } }],
  ];
  for (const [name, given, expected] of calls) {
    it(`reads ${name} ${JSON.stringify(given)}`, () => assert.deepEqual(turnOf(call('c', name, given)).calls, [{ callId: 'c', actions: [], safetyChecks: [], ...expected }]));
  }

  for (const [name, given, words] of [
    ['shell', '{', /shell: the arguments are no JSON/],
    ['shell', { command: 'x', timeout_seconds: 9000 }, /shell: timeoutMs/],
    ['edit_file', { command: 'replace', path: 'a', old: '' }, /edit_file: old/],
    ['edit_file', { path: 'a' }, /edit_file: command/],
    ['burn', {}, /no function "burn" here: use the computer tool, shell, edit_file, weather/],
  ] as const) it(`has a problem with ${name} ${JSON.stringify(given)}`, () => assert.match(turnOf(call('c', name, given)).calls[0]?.problem ?? '', words));

  it('gives back what tools and callers answered', () => {
    const turn = turnOf(computer('a'), call('b', 'shell', { command: 'ls' }), call('c', 'weather', '{}'), call('d', 'shell', { command: 'true' }));
    const { input } = accepted([task, { kind: 'turn', turn }, results({ callId: 'a', frameId: 'f2' }, { callId: 'b', output: 'x.txt\n', notes: ['It ended with 1.'], isError: true }, { callId: 'c', output: '{"sky":"grey"}' }, { callId: 'd', output: '' })], everything);
    const outputs = input.filter((item) => item['type'] === 'function_call_output').map((item) => [item['call_id'], item['output']]);
    assert.deepEqual(outputs, [['b', 'x.txt\n\nIt ended with 1.'], ['c', '{"sky":"grey"}'], ['d', '(no output)']]);
  });

  it('brings what was said before, and the task\'s pictures', () => {
    const earlier = [{ role: 'user' as const, text: 'Hi', pictures: ['data:image/png;base64,EEEE'] }, { role: 'assistant' as const, text: 'Hello', pictures: ['data:image/png;base64,GGGG'] }];
    const { input } = accepted([{ ...task, earlier, pictures: ['data:image/png;base64,HHHH'] }]);
    assert.deepEqual(input.map((item) => item['role']), ['user', 'assistant', 'user', 'user']);
    assert.deepEqual(input[1]?.['content'], [{ type: 'output_text', text: 'Hello', annotations: [] }]);
    assert.deepEqual(((input[3]?.['content'] ?? []) as { image_url?: string }[]).map((part) => part.image_url), [undefined, 'data:image/png;base64,HHHH', pictures.get('f1')]);
  });

  it('tells a denied turn call by call, with what was performed before the denial', () => {
    const turn = turnOf(computer('a', { pending_safety_checks: [check] }), call('b', 'shell', { command: 'ls' }), computer('c', { pending_safety_checks: [{ ...check, id: 'cu_sc_2' }] }));
    const { input } = accepted([task, { kind: 'turn', turn }, results({ callId: 'a', acknowledged: [check], frameId: 'f2' }, { callId: 'b', output: 'x.txt', frameId: 'f2' }, { callId: 'c', isError: true, notes: ['Not performed: ann denied it.'], frameId: 'f2' })], everything);
    assert.deepEqual(input.map((item) => item['role'] ?? item['type']), ['user', 'developer', 'user']);
    const lines = ((input[1]?.['content'] ?? []) as { text: string }[])[0]?.text.split('\n') ?? [];
    assert.ok(lines[0]?.startsWith(deniedTurn));
    assert.match(lines[1] ?? '', /"click".*: performed\./);
    assert.match(lines[2] ?? '', /"ls".*: performed\. x\.txt/);
    assert.match(lines.slice(3).join(' '), /"click".*Not performed as asked Not performed: ann denied it/);
  });
});

describe('the preview form', () => {
  it('says how large the picture is, takes one action a call, and cuts what is too long', () => {
    const turn = turnOf(computer('a', { actions: undefined, action: { type: 'keypress', keys: ['ENTER'] }, pending_safety_checks: [check] }));
    assert.deepEqual(turn.calls[0]?.actions, [{ type: 'key', keys: ['enter'], repeat: 1 }]);
    const request = accepted([task, { kind: 'turn', turn }, results({ callId: 'a', frameId: 'f2', acknowledged: [check] })], nothingOffered, preview);
    assert.deepEqual(request.tools, [{ type: 'computer_use_preview', display_width: 1024, display_height: 640, environment: 'linux' }]);
    assert.equal(request.truncation, 'auto');
    const output = request.input.at(-1);
    assert.deepEqual(output?.['output'], { type: 'computer_screenshot', image_url: pictures.get('f2') });
    assert.deepEqual(output?.['acknowledged_safety_checks'], [check]);
    assert.ok(!JSON.stringify(request).includes('original'), 'the preview knows no such detail');
    assert.deepEqual(request.input[1]?.['action'], { type: 'keypress', keys: ['ENTER'] });
  });

  it('is not what GA models are sent', () => {
    const request = accepted([task]);
    assert.deepEqual([request.tools, 'truncation' in request, 'text' in request], [[{ type: 'computer' }], false, false]);
  });
});
