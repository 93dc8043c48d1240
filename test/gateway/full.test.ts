import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { held, says, startGateway, token } from './gateway-world.ts';

const input = { model: 'any', tools: [{ type: 'computer' }], input: 'go' } as const;
const chat = { model: 'any', tools: [{ type: 'computer' }], messages: [{ role: 'user', content: 'go' }] };
const messages = { model: 'any', max_tokens: 100, tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 1280, display_height_px: 800 }], messages: [{ role: 'user', content: 'go' }] };

describe('a gateway whose desktops are all in use and whose queue is full', () => {
  it('refuses in the vendors\' words, with when to try again', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([last.turn], { maxDesktops: 1, maxQueued: 0 });
    const first = gateway.ask('/responses', { body: input });
    await gateway.newest(({ state }) => state === 'awaitingModel');
    for (const [path, body] of [['/responses', input], ['/chat/completions', chat]] as const) {
      const response = await gateway.ask(path, { body });
      const { error } = (await response.json()) as { error: { type: string; code: string; message: string } };
      assert.deepEqual([response.status, error.type, error.code], [429, 'rate_limit_error', 'rate_limit_exceeded']);
      assert.match(error.message, /at most 0 may \(VITRINE_MAX_QUEUED\)/);
      assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
    }
    const response = await gateway.ask('/messages', { body: messages, headers: { 'anthropic-version': '2023-06-01' } });
    const refused = (await response.json()) as { type: string; error: { type: string } };
    assert.deepEqual([response.status, refused.type, refused.error.type], [429, 'error', 'rate_limit_error']);
    assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
    last.release();
    assert.equal((await first).status, 200);
    assert.equal(gateway.all().length, 1);
  });

  it('is asked again by the official clients after the time it names', async () => {
    const last = held(says('one'));
    await using gateway = await startGateway([says('measured'), last.turn, says('two'), says('three')], { maxDesktops: 1, maxQueued: 0 });
    await gateway.ask('/responses', { body: input });
    const first = gateway.ask('/responses', { body: input });
    await gateway.newest(({ state }) => state === 'awaitingModel');
    const refusals: string[] = [];
    const watched: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (response.status === 429) {
        refusals.push(response.headers.get('retry-after') ?? '');
        last.release();
      }
      return response;
    };
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: token, maxRetries: 4, fetch: watched });
    const began = performance.now();
    const answer = await openai.responses.create({ ...input, input: 'go on', tools: [{ type: 'computer' }] });
    assert.equal(answer.output_text, 'two');
    assert.ok(performance.now() - began >= 1000 * Number(refusals[0]), `waited ${performance.now() - began} ms, told ${refusals.join(', ')} s`);
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: token, maxRetries: 4, fetch: watched });
    const message = await anthropic.beta.messages.create({ ...messages, betas: ['computer-use-2025-01-24'] } as Parameters<typeof anthropic.beta.messages.create>[0] & { stream: false });
    assert.equal(message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''), 'three');
    assert.equal((await first).status, 200);
    assert.ok(refusals.length >= 1 && refusals.every((seconds) => /^[1-9]\d?$/.test(seconds)), refusals.join(', '));
  });
});
