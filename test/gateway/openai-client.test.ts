import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import { printAnswer } from '../../controller/dialects/openai-responses/printed-answer.ts';
import { printCompletion } from '../../controller/dialects/openai-chat/printed-completion.ts';
import type { AnswerToPrint } from '../../controller/dialects/answer-to-print.ts';
import { asks, clicks, says, startGateway } from './gateway-world.ts';

const computer = { type: 'computer' } as const;
const weather = { type: 'function', name: 'weather', description: 'What the sky does', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false } as const;
/** The call that the README shows; its tool is Anthropic's, which the client's types do not know. */
const verbatim = {
  model: 'gpt-4o',
  tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }],
  betas: ['computer-use-2024-10-22'],
  messages: [{ role: 'user', content: "Run a Python script that prints 'Hello from computer use'" }],
} as unknown as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;

/* The printed bodies are what the client's own types say; these fields are repeated as the caller sent them. */
type Repeated = Pick<OpenAI.Responses.Response, 'tools' | 'tool_choice' | 'text' | 'reasoning'>;
export const typedResponse = (answer: AnswerToPrint, repeated: Required<Repeated>): OpenAI.Responses.Response => ({ ...printAnswer(answer), ...repeated });
export const typedCompletion = (answer: AnswerToPrint): OpenAI.Chat.ChatCompletion => printCompletion(answer);

describe('the openai client against the gateway', () => {
  it('gets an answer to the call that mixes both vendors, on a desktop of the size asked for', async () => {
    await using gateway = await startGateway([clicks(), says('Hello from computer use')]);
    const { data, response } = await gateway.openai.chat.completions.create(verbatim).withResponse();
    assert.equal(data.choices[0]?.message.content, 'Hello from computer use');
    assert.equal(data.choices[0]?.finish_reason, 'stop');
    assert.equal(data.model, 'gpt-4o');
    assert.equal(data.usage?.total_tokens, 30);
    const [run] = gateway.all();
    assert.equal(response.headers.get('x-vitrine-run'), run?.id);
    assert.equal(response.headers.get('x-vitrine-desktop'), run?.desktopId);
    assert.match(response.headers.get('x-request-id') ?? '', /^req_/);
    assert.deepEqual(gateway.desktops.made.get(run?.desktopId ?? '')?.display, { width: 1024, height: 768 });
  });

  it('iterates over a streamed completion', async () => {
    await using gateway = await startGateway([clicks('I look.'), says('done')]);
    const stream = await gateway.openai.chat.completions.create({ ...verbatim, stream: true, stream_options: { include_usage: true } });
    const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'done');
    assert.match(JSON.stringify(chunks), /"reasoning_content":"I look\.\\n"/);
    assert.equal(chunks.at(-1)?.usage?.prompt_tokens, 20);
    assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop');
  });

  it('accumulates a completion with its stream helper', async () => {
    await using gateway = await startGateway([clicks(), says('done')]);
    const stream = gateway.openai.chat.completions.stream(verbatim as unknown as Parameters<typeof gateway.openai.chat.completions.stream>[0]);
    assert.equal((await stream.finalChatCompletion()).choices[0]?.message.content, 'done');
  });

  it('gets a response, whose items hold no call of the screen', async () => {
    await using gateway = await startGateway([clicks('I click the button.'), says('It says 42')]);
    const response = await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'Read the number', metadata: { ticket: '7' } });
    assert.equal(response.output_text, 'It says 42');
    assert.equal(response.status, 'completed');
    assert.deepEqual(response.output.map((item) => item.type), ['reasoning', 'message']);
    assert.equal(response.metadata?.['ticket'], '7');
    const [run] = gateway.all();
    assert.equal(response.metadata?.['vitrine_run'], run?.id);
    assert.match(response.metadata?.['vitrine_replay'] ?? '', /^http:\/\/127\.0\.0\.1:\d+\/api\/runs\/run-/);
  });

  it('iterates over a streamed response, in the order of the vendor', async () => {
    await using gateway = await startGateway([clicks('I click.'), says('done')]);
    const types: string[] = [];
    const numbers: number[] = [];
    for await (const event of await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'go', stream: true })) {
      types.push(event.type);
      numbers.push(event.sequence_number);
    }
    assert.deepEqual(types, [
      'response.created', 'response.in_progress',
      'response.output_item.added', 'response.reasoning_summary_part.added', 'response.reasoning_summary_text.delta', 'response.reasoning_summary_text.done', 'response.reasoning_summary_part.done', 'response.output_item.done',
      'response.output_item.added', 'response.content_part.added', 'response.output_text.delta', 'response.output_text.done', 'response.content_part.done', 'response.output_item.done',
      'response.completed',
    ]);
    assert.deepEqual(numbers, types.map((_type, index) => index));
  });

  it('accumulates a response with its stream helper', async () => {
    await using gateway = await startGateway([clicks('One.'), clicks('Two.'), says('done')]);
    const response = await gateway.openai.responses.stream({ model: 'any', tools: [computer], input: 'go' }).finalResponse();
    assert.equal(response.output_text, 'done');
    assert.equal(response.status, 'completed');
    assert.deepEqual(response.output.map((item) => item.type), ['reasoning', 'reasoning', 'message']);
  });

  it('answers functions over responses, and goes on with the same run', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{"city":"Ulm"}' }), clicks(), says('sunny')]);
    const tools = [computer, weather];
    const first = await gateway.openai.responses.create({ model: 'any', tools, input: 'Write down the weather' });
    const [call] = first.output;
    assert.ok(call?.type === 'function_call');
    assert.deepEqual([call.name, call.arguments], ['weather', '{"city":"Ulm"}']);
    assert.equal(gateway.all()[0]?.state, 'awaitingCaller');
    const second = await gateway.openai.responses.create({ model: 'any', tools, previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'blue sky' }] });
    assert.equal(second.output_text, 'sunny');
    assert.equal(second.previous_response_id, first.id);
    assert.notEqual(second.id, first.id);
    assert.equal(gateway.all().length, 1);
    const told = gateway.model.asked.at(1)?.transcript.flatMap((entry) => (entry.kind === 'results' ? entry.results.map(({ output }) => output) : []));
    assert.deepEqual(told, ['blue sky']);
    assert.deepEqual((await gateway.openai.responses.retrieve(first.id)).output.map((item) => item.type), ['function_call']);
    await assert.rejects(gateway.openai.responses.create({ model: 'any', tools, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'again' }] }), (error: InstanceType<typeof OpenAI.BadRequestError>) => error.status === 400 && /answered already/.test(error.message));
  });

  it('answers functions over chat completions, several at once, streamed too', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{"city":"Ulm"}' }, { name: 'weather', arguments: '{"city":"Bonn"}' }), says('both sunny')]);
    const tools = [...verbatim.tools ?? [], { type: 'function' as const, function: { name: 'weather', parameters: {} } }];
    const first = await gateway.openai.chat.completions.stream({ ...verbatim, tools, stream: true }).finalChatCompletion();
    const message = first.choices[0]?.message;
    assert.equal(first.choices[0]?.finish_reason, 'tool_calls');
    assert.equal(message?.tool_calls?.length, 2);
    const [one, two] = message?.tool_calls ?? [];
    assert.ok(message !== undefined && one?.type === 'function' && two?.type === 'function');
    const answers = [one, two].map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: `${call.function.arguments}: sun` }));
    const half = gateway.openai.chat.completions.create({ ...verbatim, tools, messages: [...verbatim.messages, message, ...answers.slice(1)] });
    await assert.rejects(half, (error: InstanceType<typeof OpenAI.BadRequestError>) => error.status === 400);
    const second = await gateway.openai.chat.completions.create({ ...verbatim, tools, messages: [...verbatim.messages, message, ...answers] });
    assert.equal(second.choices[0]?.message.content, 'both sunny');
    assert.equal(gateway.all().length, 1);
  });

  it('goes on with the same desktop after previous_response_id, which keeps what was said', async () => {
    await using gateway = await startGateway([clicks(), says('The number is 7'), says('Doubled: 14')]);
    const first = await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'Read the number' });
    const second = await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'Double it', previous_response_id: first.id });
    assert.equal(second.output_text, 'Doubled: 14');
    const [newer, older] = gateway.all();
    assert.equal(newer?.desktopId, older?.desktopId);
    assert.equal(gateway.desktops.made.size, 1);
    const task = gateway.model.asked.at(-1)?.transcript[0];
    assert.ok(task?.kind === 'task');
    assert.deepEqual(task.earlier.map(({ role, text }) => [role, text]), [['user', 'Read the number'], ['assistant', 'The number is 7']]);
    await gateway.desktops.release(newer?.desktopId ?? '', 'the test');
    await assert.rejects(gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'Again', previous_response_id: second.id }), (error: InstanceType<typeof OpenAI.BadRequestError>) => error.code === 'previous_response_not_found');
  });

  it('goes on with the desktop that a header names, as long as its follow-ups go', async () => {
    await using gateway = await startGateway([says('1'), says('2'), says('3')]);
    const { response } = await gateway.openai.chat.completions.create(verbatim).withResponse();
    const headers = { 'x-vitrine-desktop': response.headers.get('x-vitrine-desktop') ?? '' };
    await gateway.openai.chat.completions.create(verbatim, { headers });
    await gateway.openai.chat.completions.create(verbatim, { headers });
    assert.deepEqual(gateway.all().map(({ desktopId }) => desktopId), Array.from({ length: 3 }, () => headers['x-vitrine-desktop']));
    const kept = gateway.all().map(({ id }) => gateway.runs.events({ runId: id, after: 0, limit: 1 }, gateway.by)[0]?.fact).map((fact) => (fact?.type === 'run.created' ? fact.request.keepForMs : 0));
    assert.deepEqual(kept, [120_000, 120_000, 120_000]);
    const other = gateway.openai.chat.completions.create(verbatim, { headers: { 'x-vitrine-desktop': 'desktop-of-nobody' } });
    await assert.rejects(other, OpenAI.NotFoundError);
  });

  it('lets the desktop go when nothing is to be stored', async () => {
    await using gateway = await startGateway([says('1')]);
    await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'go', store: false });
    assert.equal(gateway.desktops.made.size, 0);
  });

  it('runs in the background, is polled, cancelled and deleted', async () => {
    await using gateway = await startGateway([new Promise(() => undefined)]);
    const response = await gateway.openai.responses.create({ model: 'any', tools: [computer], input: 'go', background: true });
    assert.ok(response.status === 'queued' || response.status === 'in_progress');
    await gateway.newest((run) => run.state === 'awaitingModel');
    assert.equal((await gateway.openai.responses.retrieve(response.id)).status, 'in_progress');
    await gateway.openai.responses.cancel(response.id);
    await gateway.newest((run) => run.state === 'cancelled');
    assert.equal((await gateway.openai.responses.retrieve(response.id)).status, 'cancelled');
    await gateway.openai.responses.delete(response.id);
    await assert.rejects(gateway.openai.responses.retrieve(response.id), OpenAI.NotFoundError);
  });

  it('gives instructions, earlier turns, pictures and the answer\'s form to the model', async () => {
    await using gateway = await startGateway([says('{"ok":true}')]);
    const picture = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await gateway.openai.chat.completions.create({
      ...verbatim,
      messages: [
        { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' },
        { role: 'user', content: [{ type: 'text', text: 'Is it there?' }, { type: 'image_url', image_url: { url: picture } }] },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: { type: 'object' }, strict: true } },
    });
    const [asked] = gateway.model.asked;
    assert.match(asked?.briefing ?? '', /Be brief\./);
    assert.deepEqual(asked?.offer.answerFormat, { name: 'verdict', schema: { type: 'object' }, strict: true });
    const task = asked?.transcript[0];
    assert.ok(task?.kind === 'task');
    assert.deepEqual([task.text, task.earlier.map(({ text }) => text), task.pictures], ['Is it there?', ['Hi', 'Hello'], [picture]]);
  });

  it('lists the models', async () => {
    await using gateway = await startGateway([]);
    const models = await Array.fromAsync(gateway.openai.models.list());
    assert.deepEqual(models.map(({ id }) => id), ['scripted']);
  });
});
