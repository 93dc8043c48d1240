import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Anthropic } from '@anthropic-ai/sdk';
import { click, turnWith } from '../runs/random-commands.ts';
import { asksSaying, says, startGateway } from './gateway-world.ts';

const call = { name: 'weather', arguments: '{"city":"Ulm"}' };
const asking = () => asksSaying('I should ask.', 'Let me look at the sky.', call);
const screen = { type: 'computer_20250124', name: 'computer', display_width_px: 1024, display_height_px: 768 } as const;
const user = [{ role: 'user' as const, content: 'go' }];
const chat = { model: 'any', messages: user, tools: [{ type: 'function' as const, function: { name: 'weather', parameters: {} } }, screen as never] };
const messages = { model: 'any', max_tokens: 99, messages: user, tools: [screen, { name: 'weather', input_schema: { type: 'object' as const } }], betas: ['computer-use-2025-01-24'] as Anthropic.Beta.AnthropicBeta[] };
const flat = { model: 'any', input: 'go', tools: [{ type: 'computer' as const }, { type: 'function' as const, name: 'weather', parameters: {}, strict: false }] };

describe('what the model says beside a call of the caller\'s function', () => {
  it('is the content of a completion with the call, streamed and not', async () => {
    await using gateway = await startGateway([asking(), asking()]);
    const whole = await gateway.openai.chat.completions.create(chat);
    const streamed = await gateway.openai.chat.completions.stream({ ...chat, stream: true }).finalChatCompletion();
    for (const { choices: [choice] } of [whole, streamed]) {
      assert.equal(choice?.message.content, 'Let me look at the sky.');
      assert.deepEqual([choice?.finish_reason, choice?.message.tool_calls?.length], ['tool_calls', 1]);
    }
  });

  it('is the text block before the tool_use of a message, streamed and not', async () => {
    await using gateway = await startGateway([asking(), asking()]);
    const whole = await gateway.anthropic.beta.messages.create(messages);
    const streamed = await gateway.anthropic.beta.messages.stream(messages).finalMessage();
    for (const { content, stop_reason: reason } of [whole, streamed]) {
      const spoken = content.filter(({ type }) => type !== 'thinking');
      assert.deepEqual(spoken.map((block) => (block.type === 'text' ? block.text : block.type)), ['Let me look at the sky.', 'tool_use']);
      assert.equal(reason, 'tool_use');
    }
  });

  it('is a commentary before the function_call of a response, streamed and not; what it thought is reasoning', async () => {
    await using gateway = await startGateway([asking(), asking()]);
    const whole = await gateway.openai.responses.create(flat);
    const streamed = await gateway.openai.responses.stream(flat).finalResponse();
    for (const { output, output_text: text } of [whole, streamed]) {
      assert.deepEqual(output.map((item) => (item.type === 'message' ? item.phase : item.type)), ['reasoning', 'commentary', 'function_call']);
      assert.equal(text, 'Let me look at the sky.');
      const [reasoning] = output;
      assert.ok(reasoning?.type === 'reasoning');
      assert.deepEqual(reasoning.summary.map(({ text: thought }) => thought), ['I should ask.']);
    }
  });

  it('was said on the way if the call is not put to the caller', async () => {
    const wrong = turnWith([{ callId: 'call_0', actions: [], asks: call, safetyChecks: [] }, { callId: 'call_1', actions: [click], safetyChecks: [], problem: 'not so' }]);
    await using gateway = await startGateway([{ ...wrong, commentary: 'Let me look.', said: 'Let me look.' }, says('done')]);
    const { output } = await gateway.openai.responses.create(flat);
    assert.deepEqual(output.map((item) => (item.type === 'reasoning' ? item.summary[0]?.text : item.type)), ['Let me look.', 'message']);
  });
});
