import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { ControllerProcess } from '../support/controller-process.ts';

describe('the gateway on real desktops', () => {
  let controller: ControllerProcess;
  let client: OpenAI;
  const key = () => controller.headers['authorization']?.slice('Bearer '.length);
  before(async () => {
    controller = await ControllerProcess.start({ VITRINE_MAX_DESKTOPS: '1' });
    client = new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: key() });
  });
  after(async () => controller[Symbol.asyncDispose]());

  it('prints what the script printed on the desktop, for the call that mixes both vendors', async () => {
    const request = {
      model: 'gpt-4o',
      tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }],
      betas: ['computer-use-2024-10-22'],
      messages: [{ role: 'user', content: "Run a Python script that prints 'Hello from computer use'" }],
    };
    const { data, response } = await client.chat.completions.create(request as unknown as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming).withResponse();
    assert.equal(data.choices[0]?.message.content, 'Hello from computer use');
    assert.equal(data.model, 'gpt-4o');
    const desktop = await controller.get<DesktopView>(`/api/desktops/${response.headers.get('x-vitrine-desktop')}`);
    assert.deepEqual(desktop.display, { width: 1024, height: 768 });
    const run = await controller.run(response.headers.get('x-vitrine-run') ?? '');
    assert.ok(run.steps >= 4);
  });

  it('takes the place of a desktop that is merely kept, streams what happens, and goes on with the same desktop', async () => {
    const stream = client.responses.stream({ model: 'any', tools: [{ type: 'computer' }], input: 'Run a Python script that prints a random number' });
    const first = await stream.finalResponse();
    assert.match(first.output_text, /^\d{9}$/);
    assert.ok(first.output.filter(({ type }) => type === 'reasoning').length >= 2);
    const desktopId = first.metadata?.['vitrine_desktop'];
    const printed = await controller.request('GET', `/api/desktops/${desktopId}/files/number.txt`);
    assert.equal((await printed.text()).trim(), first.output_text);
    const second = await client.responses.create({ model: 'any', tools: [{ type: 'computer' }], input: "Run a Python script that prints 'Still here'", previous_response_id: first.id });
    assert.equal(second.output_text, 'Still here');
    assert.equal(second.metadata?.['vitrine_desktop'], desktopId);
  });

  it('answers Anthropic\'s client, artefacts included', async () => {
    const anthropic = new Anthropic({ baseURL: controller.url, apiKey: key() });
    const message = await anthropic.beta.messages.create({
      model: 'claude-any', max_tokens: 1024, betas: ['computer-use-2025-01-24'],
      tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 1280, display_height_px: 800 }],
      messages: [{ role: 'user', content: 'Write this text in the editor and save it as Outbox/note.txt: Grüße' }],
    });
    assert.equal(message.stop_reason, 'end_turn');
    const { metadata } = message as unknown as { metadata: Record<string, string> };
    const [artefact] = JSON.parse(metadata['vitrine_artefacts'] ?? '[]') as { name: string; url: string }[];
    assert.equal(artefact?.name, 'note.txt');
    const kept = await fetch(artefact.url, { headers: controller.headers });
    assert.equal((await kept.text()).trim(), 'Grüße');
  });

  it('says which variable to set for a task that the rehearsal does not know', async () => {
    const asked = client.responses.create({ model: 'any', tools: [{ type: 'computer' }], input: 'Bake a cake' });
    await assert.rejects(asked, (error: InstanceType<typeof OpenAI.APIError>) => /OPENAI_API_KEY/.test(error.message));
    assert.equal((await controller.get<{ runs: unknown[] }>('/api/runs?search=cake')).runs.length, 1);
  });
});
