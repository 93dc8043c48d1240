import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Resize } from '../../controller/dialects/coordinates.ts';
import type { CoordinateSpace } from '../../controller/dialects/coordinates.ts';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import { readChat } from '../../controller/dialects/function-tools/read-chat.ts';
import { readFunctionResponse } from '../../controller/dialects/function-tools/read-function-response.ts';
import { readUiTarsAnswer, writeUiTarsChat } from '../../controller/dialects/function-tools/ui-tars.ts';
import { writeFunctionChat, writeQwenChat } from '../../controller/dialects/function-tools/write-chat.ts';
import { writeFunctionResponse } from '../../controller/dialects/function-tools/write-function-response.ts';
import { Turn } from '../../controller/dialects/transcript.ts';
import type { CallResult, Entry, Offer, Transcript } from '../../controller/dialects/transcript.ts';
import { VitrineError } from '../../controller/errors.ts';
import { offScreen } from '../../sandbox-image/wire/index.ts';

const display = { width: 1280, height: 800 };
const frame = { region: { x: 0, y: 0, ...display }, ...display, pointer: { x: 7, y: 8 } };
const weather = { name: 'weather', description: 'The weather', parameters: { type: 'object' } };
const everything: Offer = { shell: true, files: true, person: false, callerTools: [weather], answerFormat: { name: 'my answer', schema: { type: 'object', properties: { a: {} } }, strict: true } };
const pictures = new Map([['f1', 'data:image/png;base64,AAAA'], ['f2', 'data:image/png;base64,BBBB'], ['f3', 'data:image/png;base64,CCCC']]);

const space = (name: CoordinateSpace) => ({ space: name, resize: Resize.parse({}) });
const options = (offer: Offer = nothingOffered, name: CoordinateSpace = 'pixels') => ({ frame, coordinates: space(name), offer, waitMs: 2000 });
const completion = (message: object, more: object = {}) => ({ id: 'c1', choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }], usage: { prompt_tokens: 100, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 60 } } });
const toolCall = (id: string | undefined, name: string, given: unknown) => ({ ...(id === undefined ? {} : { id }), type: 'function', function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) } });
const read = (message: object, offer?: Offer, more?: object) => Turn.parse(readChat(completion(message, more), options(offer)));
const tars = (content: string, name: CoordinateSpace = 'pixels') => Turn.parse(readChat(completion({ content }), options(nothingOffered, name), readUiTarsAnswer));
const task: Entry = { kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] };
const results = (...list: (Partial<CallResult> & { callId: string })[]): Entry => ({ kind: 'results', results: list.map((one) => ({ isError: false, notes: [], acknowledged: [], frameId: null, ...one })) });
const chat = (transcript: Transcript, offer: Offer = nothingOffered, name: CoordinateSpace = 'pixels') =>
  ({ briefing: 'The briefing', transcript, pictures, offer, frame, coordinates: space(name), takesAnswerFormat: true });
const rolesOf = (written: { messages: readonly { role: string }[] }) => written.messages.map(({ role }) => role);
const click = { action: 'click', x: 1, y: 2 };

describe('readChat', () => {
  it('reads calls in order, thinking and words beside them, and the tokens', () => {
    const turn = read({ content: 'I click.', reasoning_content: 'Hm.', tool_calls: [toolCall('a', 'computer', click), toolCall('b', 'shell', { command: 'ls', timeout_seconds: 5 }), toolCall('c', 'edit_file', { command: 'view', path: 'x', first_line: 2 }), toolCall('d', 'weather', '{"city": "Aarhus"}')] }, everything);
    assert.deepEqual(turn.calls, [
      { callId: 'a', actions: [{ type: 'click', x: 1, y: 2, button: 'left', count: 1, modifiers: [] }], safetyChecks: [] },
      { callId: 'b', actions: [], tool: { type: 'shell', command: 'ls', restart: false, timeoutMs: 5000 }, safetyChecks: [] },
      { callId: 'c', actions: [], tool: { type: 'view', path: 'x', lines: [2, -1] }, safetyChecks: [] },
      { callId: 'd', actions: [], asks: { name: 'weather', arguments: '{"city": "Aarhus"}' }, safetyChecks: [] },
    ]);
    assert.deepEqual([turn.commentary, turn.message, turn.unfinished], ['Hm.\n\nI click.', null, null]);
    assert.deepEqual(turn.usage, { inputTokens: 100, cachedInputTokens: 60, outputTokens: 9, reasoningTokens: 0 });
  });

  it('reads calls written into the text, closed or not, and thinking in tags', () => {
    const turn = read({ content: '<think>Where?</think>Now.\n<tool_call>\n{"name": "computer", "arguments": {"action":"click","x":1,"y":2}}\n</tool_call><tool_call>{"name":"computer_use","arguments":"{\\"action\\":\\"wait\\",\\"time\\":1}"}' });
    assert.deepEqual(turn.calls.map(({ callId, actions }) => [callId, actions[0]?.type]), [['c1.0', 'click'], ['c1.1', 'wait']]);
    assert.equal(turn.commentary, 'Where?\n\nNow.');
  });

  it('gives calls without an id, or with one given twice, an id of their own', () => {
    const turn = read({ tool_calls: [toolCall(undefined, 'computer', click), toolCall('x', 'computer', click), toolCall('x', 'computer', click), toolCall('', 'computer', click)] });
    assert.deepEqual(turn.calls.map(({ callId }) => callId), ['c1.0', 'x', 'c1.2', 'c1.3']);
  });

  it('begins a drag where an earlier call of the answer leaves the pointer', () => {
    const turn = read({ tool_calls: [toolCall('a', 'computer', { action: 'mouse_move', coordinate: [50, 60] }), toolCall('b', 'computer', { action: 'left_click_drag', coordinate: [70, 80] })] });
    assert.deepEqual(turn.calls[1]?.actions[0], { type: 'drag', path: [{ x: 50, y: 60 }, { x: 70, y: 80 }], button: 'left', modifiers: [] });
  });

  for (const [name, message, final] of [
    ['plain text', { content: 'It is 42.' }, 'It is 42.'],
    ['text in parts, without thinking', { content: [{ type: 'text', text: '<think>Hm</think>It is 42.' }] }, 'It is 42.'],
    ['done', { content: null, tool_calls: [toolCall('a', 'computer', { action: 'done', text: '42' })] }, '42'],
    ['done without text: what was said', { content: 'All is set.', tool_calls: [toolCall('a', 'computer', { action: 'done' })] }, 'All is set.'],
    ['terminate in the text', { content: '<tool_call>{"name":"computer_use","arguments":{"action":"terminate","status":"success"}}</tool_call>' }, 'Done.'],
  ] as const) it(`takes ${name} as the final message`, () => assert.deepEqual([read(message).message, read(message).calls], [final, []]));

  for (const [name, message, words] of [
    ['an unknown function', { tool_calls: [toolCall('a', 'browser', {})] }, /no function "browser" here: use the function computer/],
    ['a shell that was not offered', { tool_calls: [toolCall('a', 'shell', { command: 'ls' })] }, /no function "shell"/],
    ['broken arguments', { tool_calls: [toolCall('a', 'computer', '{"action": "cl')] }, /no JSON/],
    ['a call without function', { tool_calls: [{ id: 'a', type: 'function' }] }, /names no function/],
    ['a broken call in the text', { content: '<tool_call>{"name": }</tool_call>' }, /no JSON/],
    ['a call in the text without name', { content: '<tool_call>{"x": 1}</tool_call>' }, /no name/],
    ['a last word beside a call', { tool_calls: [toolCall('a', 'computer', { action: 'done', text: 'x' }), toolCall('b', 'computer', click)] }, /finish in an answer of its own/],
  ] as const) it(`has a problem with ${name}`, () => assert.match(read(message).calls[0]?.problem ?? '', words));

  it('names what is missing for tools', () => {
    const turn = read({ tool_calls: [toolCall('a', 'shell', {}), toolCall('b', 'edit_file', { command: 'create', path: 'x' }), toolCall('c', 'edit_file', { command: 'burn', path: 'x' })] }, everything);
    assert.match(turn.calls[0]?.problem ?? '', /shell: the command is missing/);
    assert.match(turn.calls[1]?.problem ?? '', /edit_file: text/);
    assert.match(turn.calls[2]?.problem ?? '', /edit_file: command/);
  });

  it('does not use an answer that was cut off, or is empty', () => {
    assert.deepEqual([read({ tool_calls: [toolCall('a', 'computer', click)] }, undefined, { finish_reason: 'length' }).unfinished, read({ content: 'x' }, undefined, { finish_reason: 'content_filter' }).unfinished], ['length', 'content_filter']);
    assert.match(read({ content: '' }).unfinished ?? '', /neither a call nor a message/);
  });

  it('reads a refusal, and a server that failed behind a router', () => {
    assert.deepEqual([read({ content: null, refusal: 'No.' }).refusal, read({ content: null, refusal: 'No.' }).message], ['No.', null]);
    const fail = (code: unknown) => () => readChat({ error: { message: 'upstream', code } }, options());
    assert.throws(fail(503), (error) => error instanceof VitrineError && error.details?.['retryable'] === true);
    assert.throws(fail('bad_request'), (error) => error instanceof VitrineError && error.details?.['retryable'] === false);
  });

  it('throws nothing but model_failed, and never acts off the screen, whatever it is given', () => {
    const text = fc.oneof(fc.string(), fc.tuple(fc.constantFrom('<tool_call>', 'Action: ', '<think>', 'Thought: x\nAction: click(start_box=\''), fc.json(), fc.constantFrom('</tool_call>', '\')', '')).map((parts) => parts.join('')));
    const call = fc.oneof(fc.jsonValue(), fc.record({ id: fc.oneof(fc.string(), fc.integer()), function: fc.record({ name: fc.constantFrom('computer', 'shell', 'weather', 'x'), arguments: fc.oneof(fc.json(), fc.jsonValue(), fc.record({ action: fc.constantFrom('click', 'drag', 'type'), x: fc.integer(), y: fc.integer(), text: fc.string() })) }) }));
    const message = fc.record({ content: fc.oneof(text, fc.jsonValue()), tool_calls: fc.oneof(fc.array(call, { maxLength: 3 }), fc.jsonValue()), reasoning: fc.jsonValue() }, { requiredKeys: [] });
    const body = fc.oneof(fc.jsonValue(), fc.record({ id: fc.oneof(fc.string(), fc.jsonValue()), choices: fc.array(fc.record({ message, finish_reason: fc.oneof(fc.constant('stop'), fc.jsonValue()) }), { maxLength: 2 }), usage: fc.jsonValue() }, { requiredKeys: ['choices'] }));
    fc.assert(fc.property(body, fc.boolean(), (garbage, isTars) => {
      try {
        const turn = Turn.parse(readChat(garbage, options(everything, '0-1000'), isTars ? readUiTarsAnswer : undefined));
        return turn.calls.every((one) => one.actions.every((action) => offScreen(action, display) === undefined));
      } catch (error) {
        return error instanceof VitrineError && error.code === 'model_failed';
      }
    }), { numRuns: 1500 });
  });
});

describe('the text form of UI-TARS', () => {
  const click1 = { type: 'click', x: 412, y: 300, button: 'left', count: 1, modifiers: [] };
  for (const [written, action] of [
    ["click(start_box='(412,300)')", click1],
    ["click(start_box='[402,290,422,310]')", click1],
    ["click(start_box='<|box_start|>(412,300)<|box_end|>')", click1],
    ["click(point='<point>412 300</point>')", click1],
    ["left_single(start_box='(412,300)')", click1],
    ["left_double(start_box='(412,300)')", { ...click1, count: 2 }],
    ["right_single(start_box='(412,300)')", { ...click1, button: 'right' }],
    ["drag(start_box='(1,2)', end_box='(3,4)')", { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }], button: 'left', modifiers: [] }],
    ["hotkey(key='ctrl c')", { type: 'key', keys: ['ctrl', 'c'], repeat: 1 }],
    ["type(content='it\\'s \"so\"\\n')", { type: 'type', text: 'it\'s "so"\n' }],
    ["type(content='it's unescaped')", { type: 'type', text: "it's unescaped" }],
    ["scroll(start_box='(412,300)', direction='up')", { type: 'scroll', x: 412, y: 300, dx: 0, dy: -5, modifiers: [] }],
    ['wait()', { type: 'wait', ms: 5000 }],
  ] as const) it(`reads ${written}`, () => assert.deepEqual(tars(`Thought: So.\nAction: ${written}`).calls[0]?.actions, [action]));

  it('reads several actions as one call, and the thought', () => {
    const turn = tars("Thought: Both.\nAction: click(start_box='(1,2)')\n\ntype(content='a')");
    assert.deepEqual([turn.commentary, turn.calls.length, turn.calls[0]?.actions.map(({ type }) => type)], ['Both.', 1, ['click', 'type']]);
  });

  it('ends with finished and call_user', () => {
    assert.equal(tars("Thought: x\nAction: finished(content='It is 42')").message, 'It is 42');
    assert.equal(tars('Thought: All is set.\nAction: finished()').message, 'All is set.');
    assert.equal(tars('Thought: Which account do you mean?\nAction: call_user()').message, 'Which account do you mean?');
  });

  it('counts in the space of its picture', () => {
    assert.deepEqual(tars("Action: click(start_box='(500,1000)')", '0-1000').calls[0]?.actions, [{ ...click1, x: 640, y: 799 }]);
  });

  for (const [written, words] of [
    ['Thought: nothing more', /there is no action/],
    ["Action: fly(start_box='(1,2)')", /fly: unknown action/],
    ["Action: click(start_box='here')", /give start_box/],
    ["Action: click(start_box='(5000,2)')", /lies off/],
    ["Action: hotkey(key='frob')", /unknown key/],
    ["Action: scroll(start_box='(1,2)', direction='in')", /not up, down, left or right/],
    ["Action: click(start_box='(1,2)", /give start_box/],
    ['Action: click', /cannot be read/],
    ["Action: click(start_box='(1,2)')\nfinished(content='x')", /finish in an answer of its own/],
    ["Action: click(start_box='(1,2)')\nfrob_A(start_box='(3,4)')", /frob_A: unknown action/],
    ["Action: click(start_box='(1,2)') then click(start_box='(3,4)')", /give start_box/],
    ["Action: click(here, start_box='(1,2)')", /cannot be read/],
  ] as const) it(`has a problem with ${JSON.stringify(written)}`, () => assert.match(tars(written).calls[0]?.problem ?? '', words));

  it('is written as a chat: pictures from the user, answers as they came', () => {
    const turn = tars("Thought: So.\nAction: click(start_box='(1,2)')");
    const bad = tars('Thought: hm');
    const written = writeUiTarsChat(chat([task, { kind: 'turn', turn }, results({ callId: 'c1.0', frameId: 'f2' }), { kind: 'turn', turn: bad }, results({ callId: 'c1.0', isError: true, notes: ['there is no action'], frameId: 'f2' })]));
    assert.deepEqual(rolesOf(written), ['system', 'user', 'assistant', 'user', 'assistant', 'user']);
    assert.deepEqual(written.messages[3]?.['content'], [{ type: 'image_url', image_url: { url: pictures.get('f2') } }]);
    assert.match(JSON.stringify(written.messages[5]), /there is no action/);
    assert.match(String(written.messages[0]?.['content']), /Action Space/);
  });
});

describe('writeFunctionChat', () => {
  it('answers every call with a tool message, then shows the picture once', () => {
    const turn = read({ content: null, tool_calls: [toolCall(undefined, 'computer', { action: 'wait' }), { id: 'b', function: { name: 'computer', arguments: click } }, toolCall('c', 'shell', { command: 'ls' })] }, everything);
    const written = writeFunctionChat(chat([task, { kind: 'turn', turn }, results({ callId: 'c1.0', frameId: 'f2' }, { callId: 'b', isError: true, notes: ['stale'], frameId: 'f2' }, { callId: 'c', output: 'a.txt', frameId: 'f2' })], everything));
    assert.deepEqual(rolesOf(written), ['system', 'user', 'assistant', 'tool', 'tool', 'tool', 'user']);
    assert.deepEqual(written.messages.slice(3, 6).map((message) => [message['tool_call_id'], message['content']]), [['c1.0', 'ok'], ['b', 'Not performed as asked\nstale'], ['c', 'a.txt']]);
    assert.deepEqual(((written.messages[2]?.['tool_calls'] ?? []) as { id: string; function: { arguments: string } }[]).map((call) => [call.id, typeof call.function.arguments]), [['c1.0', 'string'], ['b', 'string'], ['c', 'string']]);
    assert.deepEqual(written.messages[6]?.['content'], [{ type: 'text', text: 'The screen after that:' }, { type: 'image_url', image_url: { url: pictures.get('f2') } }]);
    assert.deepEqual(written.tools?.map((tool) => (tool as { function: { name: string } }).function.name), ['computer', 'shell', 'edit_file', 'weather']);
    assert.deepEqual(written.response_format, { type: 'json_schema', json_schema: { name: 'my_answer', schema: everything.answerFormat?.schema, strict: true } });
  });

  it('answers calls that nothing is known of, those written as text, and a call that ended the task', () => {
    const inText = read({ content: '<tool_call>{"name":"computer","arguments":{"action":"wait"}}</tool_call>' });
    const done = read({ tool_calls: [toolCall('z', 'computer', { action: 'done', text: 'x' })] });
    const lost = read({ tool_calls: [toolCall('y', 'computer', click)] });
    const written = writeFunctionChat(chat([task, { kind: 'turn', turn: inText }, results({ callId: 'c1.0', frameId: 'f2' }), { kind: 'turn', turn: lost }, { kind: 'turn', turn: done }, { kind: 'note', from: 'person', text: 'Go on', frameId: null }]));
    assert.deepEqual(rolesOf(written), ['system', 'user', 'assistant', 'user', 'assistant', 'tool', 'assistant', 'tool', 'user']);
    assert.match(JSON.stringify(written.messages[3]), /<tool_response>\\nok\\n<\/tool_response>.*BBBB/);
    assert.match(String(written.messages[5]?.['content']), /nothing of this call was done/);
    assert.equal(written.messages[7]?.['content'], 'ok');
    assert.match(JSON.stringify(written.messages[8]), /A person who watches says: Go on/);
  });

  it('gives calls back with arguments that servers can read, broken ones as none', () => {
    const turn = read({ tool_calls: [toolCall('a', 'computer', '{"action": "cl'), toolCall('b', 'computer', 'null'), toolCall('c', 'computer', '{"action":  "wait"}'), { id: 'd', function: { name: 'computer', arguments: { action: 'wait' } } }] });
    const [, , said] = writeFunctionChat(chat([task, { kind: 'turn', turn }])).messages;
    const calls = said?.['tool_calls'] as { function: { arguments: string } }[];
    assert.deepEqual(calls.map((call) => call.function.arguments), ['{}', '{}', '{"action":  "wait"}', '{"action":"wait"}']);
  });

  it('shows of a turn with many calls what was looked at, and the screen at its end', () => {
    const turn = read({ tool_calls: [toolCall('a', 'computer', { action: 'screenshot' }), toolCall('b', 'computer', click), toolCall('c', 'computer', click)] });
    const entry = results({ callId: 'a', frameId: 'f1' }, { callId: 'b', frameId: 'f2' }, { callId: 'c', frameId: 'f3' });
    const pictures = new Map([['f0', 'data:0'], ['f1', 'data:1'], ['f2', 'data:2'], ['f3', 'data:3']]);
    const written = writeFunctionChat({ ...chat([{ ...task, frameId: 'f0' }, { kind: 'turn', turn }, entry]), pictures });
    assert.deepEqual([...JSON.stringify(written.messages).matchAll(/data:\d/g)].map(([url]) => url), ['data:0', 'data:1', 'data:3']);
  });

  it('brings what was said before, with pictures from the user only, and no two messages of the user in a row', () => {
    const earlier = [{ role: 'user' as const, text: 'Hi', pictures: ['data:image/png;base64,EEEE'] }, { role: 'assistant' as const, text: 'Hello', pictures: ['data:image/png;base64,GGGG'] }];
    const written = writeFunctionChat(chat([{ ...task, earlier, pictures: ['data:image/png;base64,HHHH'] }, { kind: 'note', from: 'vitrine', text: 'Look', frameId: 'f1' }, { kind: 'note', from: 'caller', text: 'and', frameId: 'f9' }]));
    assert.deepEqual(rolesOf(written), ['system', 'user', 'assistant', 'user']);
    const last = JSON.stringify(written.messages[3]);
    for (const data of ['GGGG', 'Do it', 'HHHH', 'AAAA', 'Vitrine says: Look']) assert.ok(last.includes(data), data);
    assert.equal(last.split('AAAA').length, 2, 'the picture is shown once');
  });

  it('says what coordinates count, and the answer\'s form in words where a schema would bind the calls as well', () => {
    const written = writeFunctionChat({ ...chat([task], everything, '0-999'), takesAnswerFormat: false });
    assert.match(String(written.messages[0]?.['content']), /relative to the latest screenshot.*0 to 999[\s\S]*must be JSON that fits this schema/);
    assert.equal(written.response_format, undefined);
  });

  it('refuses functions with the name of a tool', () => {
    const offer = (name: string): Offer => ({ ...everything, callerTools: [{ ...weather, name }] });
    for (const name of ['computer', 'shell', 'edit_file']) assert.throws(() => writeFunctionChat(chat([task], offer(name))), { code: 'invalid_request', message: new RegExp(`called ${name}`) });
  });
});

describe('writeQwenChat', () => {
  it('puts functions into the system message, and answers in the text', () => {
    const turn = read({ content: 'Now.\n<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [1, 2]}}\n</tool_call>' });
    const written = writeQwenChat(chat([task, { kind: 'turn', turn }, results({ callId: 'c1.0', frameId: 'f2' })], everything, '0-1000'));
    const system = String(written.messages[0]?.['content']);
    for (const words of ['<tools>', '"name":"computer_use"', '1000x1000', '"name":"shell"', '"name":"weather"', 'must be JSON']) assert.ok(system.includes(words), words);
    assert.equal(written.tools, undefined);
    assert.deepEqual(written.messages.slice(2).map((message) => message['content']), [
      'Now.\n<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [1, 2]}}\n</tool_call>',
      [{ type: 'text', text: '<tool_response>\nok\n</tool_response>' }, { type: 'text', text: 'The screen after that:' }, { type: 'image_url', image_url: { url: pictures.get('f2') } }],
    ]);
  });
});

describe('functions over the Responses API', () => {
  const response = (...output: object[]) => ({ id: 'resp_1', object: 'response', status: 'completed', output, usage: { input_tokens: 5, output_tokens: 6 } });
  const call = (callId: string, given: unknown, name = 'computer') => ({ type: 'function_call', id: `fc_${callId}`, call_id: callId, name, arguments: JSON.stringify(given), status: 'completed' });
  const readResponse = (...output: object[]) => Turn.parse(readFunctionResponse(response(...output), options(everything)));

  it('reads calls, the last word, and messages', () => {
    assert.deepEqual(readResponse(call('a', click), call('b', { command: 'ls' }, 'shell')).calls.map((one) => [one.callId, one.actions.length, one.tool?.type]), [['a', 1, undefined], ['b', 0, 'shell']]);
    assert.equal(readResponse(call('a', { action: 'done', text: '42' })).message, '42');
    assert.equal(readResponse(call('a', { action: 'done' })).message, 'Done.');
    assert.equal(readResponse({ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }).message, 'Hello');
    assert.equal(readResponse({ ...call('a', click), status: 'in_progress' }).unfinished, 'a call is in_progress');
  });

  it('is written with text outputs and the picture behind them', () => {
    const turn = readResponse({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null }, call('a', click), call('b', { command: 'ls' }, 'shell'));
    const written = writeFunctionResponse({ ...chat([task, { kind: 'turn', turn }, results({ callId: 'a', frameId: 'f2' }, { callId: 'b', output: 'x.txt', frameId: 'f2' })], everything), keepsReasoning: false });
    assert.deepEqual(written.input.map((item) => item['type']), ['message', 'reasoning', 'function_call', 'function_call', 'function_call_output', 'function_call_output', 'message']);
    assert.deepEqual(written.input.slice(4, 6).map((item) => [item['call_id'], item['output']]), [['a', 'ok'], ['b', 'x.txt']]);
    assert.deepEqual(written.input[6]?.['content'], [{ type: 'input_text', text: 'The screen after that:' }, { type: 'input_image', image_url: pictures.get('f2'), detail: 'auto' }]);
    assert.ok(!('encrypted_content' in (written.input[1] ?? {})) && !('include' in written));
    assert.deepEqual((written['tools'] as { name: string }[]).map(({ name }) => name), ['computer', 'shell', 'edit_file', 'weather']);
    assert.match(JSON.stringify(written['text']), /"name":"my_answer"/);
  });
});
