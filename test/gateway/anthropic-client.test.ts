import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import type { AnswerToPrint } from '../../controller/dialects/answer-to-print.ts';
import { printMessage } from '../../controller/dialects/anthropic-messages/printed-message.ts';
import { asks, clicks, says, startGateway, token } from './gateway-world.ts';

const request = {
  model: 'claude-any', max_tokens: 1024,
  tools: [{ type: 'computer_20250124' as const, name: 'computer' as const, display_width_px: 1024, display_height_px: 768 }],
  messages: [{ role: 'user' as const, content: 'Read the number' }],
};
const betas: Anthropic.Beta.AnthropicBeta[] = ['computer-use-2025-01-24'];

/* The printed body is what the client's own types say. */
export const typedMessage = (answer: AnswerToPrint): Anthropic.Message => printMessage(answer);

describe('the @anthropic-ai/sdk client against the gateway', () => {
  it('gets a message, over the beta path and with x-api-key too', async () => {
    await using gateway = await startGateway([clicks(), says('It says 42'), says('again')]);
    const { data, response } = await gateway.anthropic.beta.messages.create({ ...request, betas }).withResponse();
    assert.deepEqual(data.content.map((block) => (block.type === 'text' ? block.text : block.type)), ['It says 42']);
    assert.deepEqual([data.stop_reason, data.model], ['end_turn', 'claude-any']);
    assert.equal(response.headers.get('x-vitrine-run'), gateway.all()[0]?.id);
    assert.deepEqual(gateway.desktops.made.get(gateway.all()[0]?.desktopId ?? '')?.display, { width: 1024, height: 768 });
    const other = await fetch(`${gateway.url}/v1/messages?beta=true`, { method: 'POST', headers: { 'x-api-key': token, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' }, body: JSON.stringify(request) });
    assert.equal(other.status, 200, await other.clone().text());
  });

  it('takes the toolset', async () => {
    await using gateway = await startGateway([says('done')]);
    const message = await gateway.anthropic.messages.create({ ...request, tools: [{ type: 'computer_toolset_20260801' }] });
    assert.equal(message.stop_reason, 'end_turn');
  });

  it('iterates over a streamed message', async () => {
    await using gateway = await startGateway([clicks(), says('done')]);
    const types: string[] = [];
    for await (const event of await gateway.anthropic.beta.messages.create({ ...request, betas, stream: true })) types.push(event.type);
    assert.equal(types[0], 'message_start');
    assert.deepEqual(types.slice(-5), ['content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  });

  it('accumulates a message with its stream helper', async () => {
    await using gateway = await startGateway([clicks(), says('done')]);
    const stream = gateway.anthropic.beta.messages.stream({ ...request, betas });
    assert.equal(await stream.finalText(), 'done');
  });

  it('answers a tool of its own and goes on with the same run', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{"city":"Ulm"}' }), says('sunny')]);
    const tools = [...request.tools, { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } }];
    const first = await gateway.anthropic.beta.messages.create({ ...request, tools, betas });
    assert.equal(first.stop_reason, 'tool_use');
    const use = first.content.find((block) => block.type === 'tool_use');
    assert.ok(use !== undefined);
    assert.deepEqual([use.name, use.input], ['weather', { city: 'Ulm' }]);
    assert.match(use.id, /^toolu_/);
    const second = await gateway.anthropic.beta.messages.create({
      ...request, tools, betas,
      messages: [...request.messages, { role: 'assistant', content: first.content as Anthropic.Beta.BetaContentBlockParam[] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'blue sky' }] }],
    });
    assert.equal(second.content[0]?.type === 'text' ? second.content[0].text : '', 'sunny');
    assert.equal(gateway.all().length, 1);
  });

  it('gets errors and models in its own shape', async () => {
    await using gateway = await startGateway([]);
    await assert.rejects(gateway.anthropic.messages.create({ ...request, tools: [] }), (error: InstanceType<typeof Anthropic.BadRequestError>) => error.status === 400 && /computer tool/.test(error.message) && error.requestID?.startsWith('req_') === true);
    const stranger = new Anthropic({ baseURL: gateway.url, apiKey: 'wrong-token-0123456789', maxRetries: 0 });
    await assert.rejects(stranger.messages.create({ ...request, tools: [] }), Anthropic.AuthenticationError);
    const models = await Array.fromAsync(gateway.anthropic.models.list());
    assert.deepEqual(models.map(({ id, type }) => [id, type]), [['scripted', 'model']]);
    assert.equal(gateway.all().length, 0);
  });

  it('lets its tool runner run, which begins a thread and is told that there are none', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{"city":"Ulm"}' }), says('sunny')]);
    const asked: unknown[] = [];
    const weather = betaTool({ name: 'weather', description: '', inputSchema: { type: 'object', properties: { city: { type: 'string' } } } as const, run: (input) => {
      asked.push(input);
      return 'sunny';
    } });
    const message = await gateway.anthropic.beta.messages.toolRunner({ ...request, tools: [...request.tools, weather], betas });
    assert.deepEqual([asked, message.content.map((block) => (block.type === 'text' ? block.text : block.type))], [[{ city: 'Ulm' }], ['sunny']]);
    assert.equal(gateway.all().length, 1);
  });
});
