import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import Anthropic, { APIError, BadRequestError, InternalServerError, RateLimitError } from '@anthropic-ai/sdk';
import type { BetaMessage } from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { Message, MessageStreamEvent } from '@anthropic-ai/sdk/resources/messages/messages';
import fc from 'fast-check';
import type { AnswerToPrint } from '../../controller/dialects/answer-to-print.ts';
import { printError } from '../../controller/dialects/anthropic-messages/printed-error.ts';
import { messageStream, printMessage } from '../../controller/dialects/anthropic-messages/printed-message.ts';
import { readMessagesTask } from '../../controller/dialects/anthropic-messages/received-request.ts';
import type { ReceivedTask } from '../../controller/dialects/received-task.ts';

const png = 'iVBORw0KGgo=';
const answer: AnswerToPrint = {
  id: '1', createdAt: 1, model: 'claude-x', status: 'completed', thoughts: ['Looking'], text: 'Done “so”', refusal: null, calls: [], failure: null,
  usage: { inputTokens: 110, cachedInputTokens: 100, outputTokens: 7, reasoningTokens: 3 }, metadata: { vitrine_run: 'r1' }, previousResponseId: null, isBackground: false, echo: {},
};
const asking: AnswerToPrint = { ...answer, status: 'waiting', text: null, calls: [{ callId: 'toolu_1', name: 'weather', arguments: '{"city":"Ulm"}' }] };
const tools = [{ type: 'computer_20250124', name: 'computer', display_width_px: 1024, display_height_px: 768 }];
const body = (more: object = {}) => ({ model: 'claude-x', max_tokens: 9, tools, messages: [{ role: 'user', content: 'Do it' }], ...more });

function received(given: unknown): ReceivedTask {
  const read = readMessagesTask(given);
  assert.ok('received' in read, 'problem' in read ? read.problem.message : '');
  return read.received;
}

describe('readMessagesTask', () => {
  it('reads the task, whatever the form of its tool', () => {
    const task = received(body());
    assert.deepEqual(task.computer, { type: 'computer_20250124', display: { width: 1024, height: 768 } });
    assert.deepEqual([task.model, task.task, task.stream, task.answers, task.earlier, task.pictures, task.instructions, task.unsupported], ['claude-x', 'Do it', false, [], [], [], null, []]);
    for (const type of ['computer_toolset_20260801', 'computer', 'computer_20251124', 'computer_20241022', 'computer_use_preview']) assert.equal(received(body({ tools: [{ type }] })).computer?.type, type);
    assert.equal(received(body({ tools: undefined })).computer, null);
  });

  it('reads companions, own functions, system, labels and the form of the answer', () => {
    const task = received(body({
      tools: [...tools, { type: 'bash_20250124', name: 'bash' }, { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' }, { name: 'weather', description: 'W', input_schema: { type: 'object' } }],
      system: [{ type: 'text', text: 'One', cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'Two' }], metadata: { user_id: 'u1', other: 5 }, stream: true,
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } }, temperature: 0, thinking: { type: 'adaptive' }, betas: ['x'], whatever: 1,
    }));
    assert.deepEqual([task.wantsShell, task.wantsFiles, task.callerTools], [true, true, [{ name: 'weather', description: 'W', parameters: { type: 'object' } }]]);
    assert.deepEqual([task.instructions, task.metadata, task.stream], ['One\n\nTwo', { user_id: 'u1' }, true]);
    assert.deepEqual(task.answerFormat, { name: 'answer', schema: { type: 'object' }, strict: true });
    assert.deepEqual(task.unsupported, []);
    assert.equal(received(body({ system: 'One' })).instructions, 'One');
  });

  it('reads what was said before, and the answers that stand last', () => {
    const task = received(body({ messages: [
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: [{ type: 'text', text: 'See' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 's' }, { type: 'text', text: 'I look' }, { type: 'tool_use', id: 't0', name: 'computer', input: { action: 'screenshot' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't0', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }, { type: 'tool_use', id: 't2', name: 'left_click', toolset_name: 'computer', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', is_error: true, content: [{ type: 'text', text: 'storm' }] }, { type: 'tool_result', tool_use_id: 't2', content: 'Clicked.' }, { type: 'text', text: 'Go on' }] },
      { role: 'user', content: 'please' },
    ] }));
    assert.deepEqual(task.earlier, [{ role: 'user', text: 'See', pictures: [`data:image/png;base64,${png}`] }, { role: 'assistant', text: 'I look', pictures: [] }]);
    assert.deepEqual(task.answers, [{ callId: 't1', output: 'storm', isError: true }]);
    assert.deepEqual([task.task, task.instructions], ['Go on\n\nplease', 'Be brief']);
  });

  it('names what it knows and cannot honour', () => {
    const task = received(body({
      tools: [...tools, { type: 'web_search_20250305', name: 'web_search' }, { type: 'computer_toolset_20260801', configs: { type: { enabled: false }, zoom: { enabled: false }, key: null } }],
      stop_sequences: ['x'], tool_choice: { type: 'none' }, mcp_servers: [{}], container: 'c',
    }));
    assert.deepEqual(task.unsupported.map(({ param }) => param), ['stop_sequences', 'mcp_servers', 'container', 'tool_choice', 'tools[2].configs.type', 'tools[1].type']);
    assert.deepEqual(received(body({ stop_sequences: [], mcp_servers: null, tool_choice: { type: 'tool', name: 'computer' } })).unsupported, []);
  });

  for (const [name, given, words] of [
    ['no object', 7, /Invalid 'body'/],
    ['no model', { messages: [{}] }, /'model'/],
    ['no messages', body({ messages: [] }), /'messages'/],
    ['a message of nobody', body({ messages: [{ role: 'wizard', content: 'x' }] }), /'messages\[0\]\.role'/],
    ['a call without result', body({ messages: [{ role: 'user', content: 'x' }, { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] }, { role: 'user', content: 'y' }] }), /`tool_use` ids were found without `tool_result` blocks immediately after: t1/],
    ['a picture elsewhere', body({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://example.org/x.png' } }] }] }), /no address is fetched/],
    ['a picture that is none', body({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }] }] }), /not those of image\/png/],
    ['a document', body({ messages: [{ role: 'user', content: [{ type: 'document', source: {} }] }] }), /'document' is not taken here/],
    ['a result of nothing', body({ messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }), /tool_use_id/],
    ['a text that is none', body({ messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] }), /content\[0\]\.text/],
    ['a tool without name', body({ tools: [{ input_schema: {} }] }), /tools\[0\]\.name/],
  ] as const) {
    it(`refuses ${name}`, () => {
      const read = readMessagesTask(given);
      assert.match('problem' in read ? read.problem.message : 'it was read', words);
    });
  }

  it('never throws', () => {
    const block = fc.oneof(fc.anything(), fc.record({ type: fc.constantFrom('text', 'image', 'tool_use', 'tool_result', 'thinking', 'x'), text: fc.anything(), source: fc.anything(), id: fc.anything(), name: fc.anything(), tool_use_id: fc.anything(), content: fc.anything() }, { requiredKeys: ['type'] }));
    const message = fc.oneof(fc.anything(), fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content: fc.oneof(fc.string(), fc.array(block)) }));
    const given = fc.oneof(fc.anything(), fc.record({ model: fc.constant('m'), messages: fc.array(message, { maxLength: 5 }), tools: fc.anything(), system: fc.anything(), metadata: fc.anything(), tool_choice: fc.anything() }, { requiredKeys: ['model', 'messages'] }));
    fc.assert(fc.property(given, (one) => void readMessagesTask(one)), { numRuns: 1000 });
  });
});

/** A server on a free port that answers each request for a message as told. */
async function startServer(reply: (response: ServerResponse, task: ReceivedTask) => void) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const read = readMessagesTask(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('request-id', 'req_1');
      if ('received' in read) return reply(response, read.received);
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(printError(400, read.problem.message, 'req_1')));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new Anthropic({ apiKey: 'k', baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxRetries: 0, logLevel: 'off' });
  return {
    client,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers plainly, or as a stream with thoughts and keep-alives. */
function give(response: ServerResponse, task: ReceivedTask, given: AnswerToPrint): void {
  if (!task.stream) return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(printMessage(given)));
  const stream = messageStream();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(stream.begin({ ...given, status: 'in_progress', usage: { ...given.usage, inputTokens: 0, cachedInputTokens: 0 } }));
  for (const thought of given.thoughts) response.write(stream.keepAlive() + stream.thought(thought));
  response.end(stream.end(given));
}

const params = { model: 'claude-x', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Do it' }] };

describe('printMessage and messageStream, through the vendor’s client', () => {
  it('have the types that the client declares', () => {
    const { metadata, ...message } = printMessage(answer);
    const stable: Message = message;
    const beta: BetaMessage = message;
    assert.deepEqual([metadata, stable.type, beta.stop_reason], [{ vitrine_run: 'r1' }, 'message', 'end_turn']);
  });

  it('give the answer plainly, on both of the client’s APIs', async () => {
    await using server = await startServer((response, task) => give(response, task, answer));
    const message = await server.client.messages.create({ ...params, tools: [{ type: 'computer_toolset_20260801' }] });
    assert.deepEqual(message.content, [{ type: 'text', text: 'Done “so”', citations: null }]);
    assert.deepEqual([message.id, message.stop_reason, message.model, message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens], ['msg_1', 'end_turn', 'claude-x', 10, 100, 7]);
    assert.equal(message._request_id, 'req_1');
    const beta = await server.client.beta.messages.create({ ...params, betas: ['computer-use-2025-01-24'], tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 1024, display_height_px: 768 }] });
    assert.equal(beta.content[0]?.type === 'text' && beta.content[0].text, 'Done “so”');
  });

  it('give the answer as a stream, to iterator and helper', async () => {
    await using server = await startServer((response, task) => give(response, task, answer));
    const types: MessageStreamEvent['type'][] = [];
    for await (const event of await server.client.messages.create({ ...params, stream: true })) types.push(event.type);
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop'];
    assert.deepEqual(types, ['message_start', ...block, ...block, 'message_delta', 'message_stop']);
    const stream = server.client.messages.stream(params);
    assert.equal(await stream.finalText(), 'Done “so”');
    const final = await stream.finalMessage();
    assert.deepEqual(final.content, [{ type: 'thinking', thinking: 'Looking', signature: '' }, { type: 'text', text: 'Done “so”', citations: null }]);
    assert.deepEqual([final.stop_reason, final.usage.output_tokens, final.usage.input_tokens], ['end_turn', 7, 10]);
    assert.equal((await server.client.beta.messages.stream(params).finalMessage()).stop_reason, 'end_turn');
  });

  it('ask the caller’s functions, and the answer comes back', async () => {
    const answers: ReceivedTask['answers'][] = [];
    await using server = await startServer((response, task) => {
      answers.push(task.answers);
      give(response, task, task.answers.length === 0 ? asking : answer);
    });
    for (const ask of [() => server.client.messages.create(params), () => server.client.messages.stream(params).finalMessage()]) {
      const message = await ask();
      assert.equal(message.stop_reason, 'tool_use');
      const use = message.content.find((one) => one.type === 'tool_use');
      assert.deepEqual(use, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Ulm' }, caller: { type: 'direct' } });
      const follow = await server.client.messages.create({ ...params, messages: [...params.messages, { role: 'assistant', content: message.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' }] }] });
      assert.equal(follow.stop_reason, 'end_turn');
    }
    assert.deepEqual(answers, [[], [{ callId: 'toolu_1', output: 'rain', isError: false }], [], [{ callId: 'toolu_1', output: 'rain', isError: false }]]);
  });

  it('give a refusal as the vendor does', async () => {
    await using server = await startServer((response, task) => give(response, task, { ...answer, text: null, refusal: 'I will not' }));
    for (const message of [await server.client.messages.create(params), await server.client.messages.stream(params).finalMessage()]) {
      assert.deepEqual([message.stop_reason, message.stop_details?.type, message.stop_details?.explanation], ['refusal', 'refusal', 'I will not']);
    }
  });

  it('give arguments that are no object in one', () => {
    const [use] = printMessage({ ...asking, calls: [{ callId: 'c', name: 'n', arguments: '[1' }] }).content;
    assert.deepEqual(use?.type === 'tool_use' && use.input, { arguments: '[1' });
  });

  it('fail a stream in the middle so that the client throws', async () => {
    await using server = await startServer((response) => {
      const stream = messageStream();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(stream.begin(answer) + stream.keepAlive() + stream.thought('x') + stream.fail(answer, 'the desktop broke'));
    });
    await assert.rejects(server.client.messages.stream(params).finalMessage(), (error) => error instanceof APIError && error.message.includes('the desktop broke'));
    await assert.rejects(async () => {
      for await (const _event of await server.client.messages.create({ ...params, stream: true }));
    }, /the desktop broke/);
  });
});

describe('printError', () => {
  it('makes the client throw the error of that status, with words and request id', async () => {
    for (const [status, type, Expected] of [[400, 'invalid_request_error', BadRequestError], [429, 'rate_limit_error', RateLimitError], [529, 'overloaded_error', InternalServerError], [500, 'api_error', InternalServerError], [418, 'invalid_request_error', APIError]] as const) {
      await using server = await startServer((response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(printError(status, 'No more', 'req_1'))));
      await assert.rejects(server.client.messages.create(params), (error) => error instanceof Expected && error.type === type && error.apiMessage === 'No more' && error.requestID === 'req_1', `status ${status}`);
    }
  });
});
