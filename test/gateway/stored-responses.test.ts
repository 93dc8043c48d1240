import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import { asks, clicks, held, says, startGateway } from './gateway-world.ts';
import { waitFor } from '../support/wait-for.ts';

const computer = { type: 'computer' } as const;
const weather = { type: 'function' as const, name: 'weather', parameters: {}, strict: false };
const body = { model: 'any', tools: [computer], input: 'go' };
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAFklEQVR42mNYBQUMoVDAMCoyKkK0CABxoP8Bt8W21gAAAABJRU5ErkJggg==';

describe('GET /v1/responses/{id}?stream=true', () => {
  it('tells a response in the background from its beginning to its end, to the client\'s own accumulator too', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([clicks('I look.'), last.turn]);
    const { id } = await gateway.openai.responses.create({ ...body, background: true });
    const told = gateway.openai.responses.stream({ response_id: id });
    await gateway.newest(({ turns }) => turns === 2);
    last.release();
    const response = await told.finalResponse();
    assert.deepEqual([response.id, response.status, response.output_text], [id, 'completed', 'done']);
    assert.deepEqual(response.output.map(({ type }) => type), ['reasoning', 'message']);
  });

  it('goes on behind the last event that the client has, with the numbers that it would have seen', async () => {
    await using gateway = await startGateway([clicks('I look.'), says('done')]);
    const whole: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await gateway.openai.responses.create({ ...body, background: true, stream: true })) whole.push(event);
    const [first] = whole;
    assert.ok(first?.type === 'response.created' && whole.length > 8);
    const { id } = first.response;
    for (const after of [0, 4, whole.length - 2]) {
      const rest: AsyncIterable<OpenAI.Responses.ResponseStreamEvent> = await gateway.openai.responses.retrieve(id, { stream: true, starting_after: after });
      const events: OpenAI.Responses.ResponseStreamEvent[] = await Array.fromAsync(rest);
      assert.deepEqual(events.map(({ type, sequence_number: number }) => [type, number]), whole.slice(after + 1).map(({ type, sequence_number: number }) => [type, number]));
    }
  });

  it('ends without a last event when the controller stops: the response goes on, by the same numbers', async () => {
    const before = await startGateway([clicks('I look.'), new Promise(() => undefined)]);
    const events: OpenAI.Responses.ResponseStreamEvent[][] = [[], []];
    try {
      const [posted = [], got = []] = events;
      const post = await before.openai.responses.create({ ...body, background: true, stream: true });
      const telling = (async () => {
        for await (const event of post) posted.push(event);
      })();
      const [first] = await waitFor('the first event', () => (posted.length > 0 ? posted : undefined));
      assert.ok(first?.type === 'response.created');
      const { id } = first.response;
      const get = await before.openai.responses.retrieve(id, { stream: true });
      const tellingAgain = (async () => {
        for await (const event of get) got.push(event);
      })();
      for (const told of events) await waitFor('what the model said on the way', () => (told.some(({ type }) => type === 'response.output_item.done') ? told : undefined));
      await before.newest(({ turns }) => turns === 2);
      await before.stop();
      await Promise.all([telling, tellingAgain]);
      assert.deepEqual(events.map((told) => told.at(-1)?.type), ['response.output_item.done', 'response.output_item.done']);
    } finally {
      await rm(before.folder, { recursive: true, force: true });
    }
  });

  it('refuses a place that is no number, and a response that is not there', async () => {
    await using gateway = await startGateway([says('done')]);
    const { id } = await gateway.openai.responses.create(body);
    const wrong = await gateway.ask(`/responses/${id}?stream=true&starting_after=x`, { method: 'GET' });
    const { error } = (await wrong.json()) as { error: { param: string } };
    assert.deepEqual([wrong.status, error.param], [400, 'starting_after']);
    await assert.rejects(gateway.openai.responses.retrieve(`resp_${'0'.repeat(20)}`, { stream: true }), OpenAI.NotFoundError);
  });
});

describe('GET /v1/responses/{id}/input_items', () => {
  it('lists what was said, newest first, page by page', async () => {
    await using gateway = await startGateway([says('one'), says('two')]);
    const first = await gateway.openai.responses.create({ ...body, input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is it?' }, { type: 'input_image', image_url: pixel, detail: 'auto' }] }] });
    const second = await gateway.openai.responses.create({ ...body, input: 'And now?', previous_response_id: first.id });
    const said = (items: { type?: string; role?: string; content?: unknown }[]) => items.map(({ role, content }) => [role, (content as { text?: string; image_url?: string }[]).map(({ text, image_url: url }) => text ?? url)]);
    const all = [['user', ['And now?']], ['assistant', ['one']], ['user', ['What is it?', pixel]]];
    assert.deepEqual(said((await gateway.openai.responses.inputItems.list(second.id)).data as never), all);
    assert.deepEqual(said((await Array.fromAsync(gateway.openai.responses.inputItems.list(second.id, { limit: 1, order: 'asc' }))) as never), all.toReversed());
    assert.deepEqual(said((await gateway.openai.responses.inputItems.list(first.id)).data as never), all.slice(2));
  });

  it('lists what the caller\'s functions gave, read in pieces, and nothing of what is not there', async (test) => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{}' }), says('sunny')]);
    const first = await gateway.openai.responses.create({ ...body, tools: [computer, weather] });
    const call = first.output.find(({ type }) => type === 'function_call');
    assert.ok(call?.type === 'function_call');
    const second = await gateway.openai.responses.create({ ...body, previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'blue sky' }] });
    const events = test.mock.method(gateway.runs, 'events');
    const [item] = (await gateway.openai.responses.inputItems.list(second.id)).data;
    const pieces = events.mock.calls.map(({ arguments: [{ limit }] }) => limit);
    assert.ok(pieces.length > 0 && pieces.every((limit) => limit <= 25), pieces.join());
    assert.ok(item?.type === 'function_call_output');
    assert.deepEqual([item.call_id, item.output], [call.call_id, 'blue sky']);
    await gateway.openai.responses.delete(second.id);
    for (const id of [second.id, `${first.id}_9`]) await assert.rejects(Promise.resolve(gateway.openai.responses.inputItems.list(id)), OpenAI.NotFoundError);
    await assert.rejects(Promise.resolve(gateway.openai.responses.inputItems.list(first.id, { limit: 101 })), OpenAI.BadRequestError);
  });
});

describe('an item_reference', () => {
  it('to an earlier answer stands for its words; to what belongs to a loop, for nothing', async () => {
    await using gateway = await startGateway([clicks(), says('It is 42'), says('done')]);
    const first = await gateway.openai.responses.create(body);
    const references = first.output.map(({ id }) => ({ type: 'item_reference' as const, id: id ?? '' }));
    assert.equal(references.length, 2);
    await gateway.openai.responses.create({ ...body, input: [{ role: 'user', content: 'go' }, ...references, { role: 'user', content: 'Why?' }] });
    const [task] = gateway.model.asked.at(-1)?.transcript ?? [];
    assert.ok(task?.kind === 'task');
    assert.deepEqual([task.text, ...task.earlier.map(({ role, text }) => `${role}: ${text}`)], ['Why?', 'user: go', 'assistant: It is 42']);
  });

  it('comes with the answers to calls, as the AI SDK sends them', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{}' }), says('sunny')]);
    const first = await gateway.openai.responses.create({ ...body, tools: [computer, weather] });
    const [call] = first.output;
    assert.ok(call?.type === 'function_call');
    const input = [{ role: 'user' as const, content: 'go' }, { type: 'item_reference' as const, id: call.id ?? '' }, { type: 'function_call_output' as const, call_id: call.call_id, output: 'blue sky' }];
    assert.equal((await gateway.openai.responses.create({ ...body, tools: [computer, weather], input })).output_text, 'sunny');
    assert.equal(gateway.all().length, 1);
  });

  it('to a message that was listed stands for it, in the role of who said it', async () => {
    await using gateway = await startGateway([says('one'), says('two'), says('three')]);
    const first = await gateway.openai.responses.create({ ...body, input: 'What is it?' });
    const second = await gateway.openai.responses.create({ ...body, input: 'And now?', previous_response_id: first.id });
    const { data } = await gateway.openai.responses.inputItems.list(second.id, { order: 'asc' });
    await gateway.openai.responses.create({ ...body, input: data.map(({ id }) => ({ type: 'item_reference' as const, id: id ?? '' })) });
    const [task] = gateway.model.asked.at(-1)?.transcript ?? [];
    assert.ok(task?.kind === 'task');
    assert.deepEqual([task.text, ...task.earlier.map(({ role, text }) => `${role}: ${text}`)], ['And now?', 'user: What is it?', 'assistant: one']);
  });

  it('is read once however often it is sent, and in pieces', async (test) => {
    await using gateway = await startGateway([...Array.from({ length: 8 }, () => clicks()), says('It is 42'), says('done')]);
    const first = await gateway.openai.responses.create(body);
    const events = test.mock.method(gateway.runs, 'events');
    const reference = { type: 'item_reference' as const, id: first.id.replace('resp_', 'msg_') };
    await gateway.openai.responses.create({ ...body, input: [...Array.from({ length: 300 }, () => reference), { role: 'user', content: 'Why?' }] });
    const runId = gateway.all().at(-1)?.id;
    const reads = events.mock.calls.map(({ arguments: [filter] }) => filter).filter((filter) => filter.runId === runId);
    assert.ok(reads.length > 1 && reads.length < 20, `${reads.length} times`);
    assert.ok(reads.filter(({ after }) => after === 0).every(({ limit }) => limit <= 25));
  });

  it('is one of 100 at most', async () => {
    await using gateway = await startGateway([]);
    const input = [...Array.from({ length: 101 }, (_, index) => ({ type: 'item_reference' as const, id: `msg_${String(index).padStart(20, '0')}` })), { role: 'user' as const, content: 'Why?' }];
    await assert.rejects(gateway.openai.responses.create({ ...body, input }), (error: InstanceType<typeof OpenAI.BadRequestError>) => error.status === 400 && error.param === 'input' && /101 messages.*may refer to 100/.test(error.message));
  });

  it('to a message that is not known is refused', async () => {
    await using gateway = await startGateway([]);
    const asked = gateway.openai.responses.create({ ...body, input: [{ type: 'item_reference', id: `msg_${'0'.repeat(20)}` }, { role: 'user', content: 'Why?' }] });
    await assert.rejects(asked, (error: InstanceType<typeof OpenAI.BadRequestError>) => error.status === 400 && error.param === 'input[0]' && /not found: send the item itself/.test(error.message));
  });
});

it('tokens cannot be counted beforehand, which both clients are told', async () => {
  await using gateway = await startGateway([]);
  await assert.rejects(gateway.openai.responses.inputTokens.count({ model: 'any', input: 'go' }), /cannot be counted before a run/);
  await assert.rejects(gateway.anthropic.messages.countTokens({ model: 'any', messages: [{ role: 'user', content: 'go' }] }), /cannot be counted before a run/);
});
