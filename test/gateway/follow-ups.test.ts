import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import { asks, clicks, held, says, startGateway } from './gateway-world.ts';

type World = Awaited<ReturnType<typeof startGateway>>;
const computer = { type: 'computer' } as const;
const body = { model: 'any', tools: [computer], input: 'go' };
const weather = { type: 'function', name: 'weather', parameters: {} };
const sized = (width: number, height: number) => ({ type: 'computer_use_preview', display_width: width, display_height: height, environment: 'ubuntu' });
const anthropicBody = (width: number) => ({ model: 'any', max_tokens: 9, tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: width, display_height_px: 768 }], messages: [{ role: 'user', content: 'go' }] });

type Shown = { readonly id: string; readonly metadata: Record<string, string>; readonly error?: { readonly message: string; readonly type: string; readonly param?: string | null; readonly code?: string | null } };
const post = async (gateway: World, path: string, sent: unknown, headers: Record<string, string> = {}) => {
  const response = await gateway.ask(path, { body: sent, headers });
  return { status: response.status, headers: response.headers, shown: (await response.json()) as Shown };
};

/** Whether the response is gone to everybody who asks for it. */
async function isGone(gateway: World, id: string): Promise<boolean> {
  const got = await gateway.ask(`/responses/${id}`, { method: 'GET' });
  const { error } = (await got.json()) as Shown;
  const followUp = await post(gateway, '/responses', { ...body, previous_response_id: id });
  return got.status === 404 && error?.type === 'invalid_request_error' && followUp.status === 400
    && followUp.shown.error?.code === 'previous_response_not_found' && followUp.shown.error.param === 'previous_response_id';
}

describe('a response that was deleted', () => {
  it('is gone, with the desktop that was kept for it, after a restart too', async () => {
    const before = await startGateway([clicks(), says('done')]);
    const after: World[] = [];
    try {
      const { id } = (await post(before, '/responses', body, { 'idempotency-key': 'k' })).shown;
      const desktopId = before.all()[0]?.desktopId ?? '';
      assert.ok(before.desktops.get(desktopId) !== undefined);
      assert.equal((await before.ask(`/responses/${id}`, { method: 'DELETE' })).status, 200);
      assert.equal(before.desktops.get(desktopId), undefined);
      assert.ok(await isGone(before, id));
      await before.stop();
      const again = await startGateway([says('anew')], { folder: before.folder });
      after.push(again);
      assert.ok(await isGone(again, id));
      assert.equal((await again.ask(`/responses/${id}`, { method: 'DELETE' })).status, 404);
      assert.notEqual((await post(again, '/responses', body, { 'idempotency-key': 'k' })).shown.id, id);
    } finally {
      for (const each of after) await each.stop();
      await rm(before.folder, { recursive: true, force: true });
    }
  });

  it('ends the run that works on it', async () => {
    await using gateway = await startGateway([clicks(), held(says('never')).turn]);
    const { id } = (await post(gateway, '/responses', { ...body, background: true })).shown;
    await gateway.newest(({ turns }) => turns === 2);
    assert.deepEqual(await (await gateway.ask(`/responses/${id}`, { method: 'DELETE' })).json(), { id, object: 'response', deleted: true });
    assert.equal(gateway.all()[0]?.state, 'cancelled');
    assert.equal(gateway.desktops.get(gateway.all()[0]?.desktopId ?? ''), undefined);
  });

  it('leaves later ones and their desktop alone, and a desktop of the caller\'s own', async () => {
    await using gateway = await startGateway([says('1'), says('2'), says('3')]);
    const first = await gateway.openai.responses.create({ ...body });
    const second = await gateway.openai.responses.create({ ...body, previous_response_id: first.id });
    await gateway.openai.responses.delete(first.id);
    assert.equal((await gateway.openai.responses.retrieve(second.id)).output_text, '2');
    const desktopId = gateway.all()[0]?.desktopId ?? '';
    assert.ok(gateway.desktops.get(desktopId) !== undefined);
    await gateway.openai.responses.delete(second.id);
    assert.equal(gateway.desktops.get(desktopId), undefined);
    const own = await gateway.desktops.launch('desktop-of-mine', { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => undefined, AbortSignal.timeout(1000));
    const third = await gateway.openai.responses.create({ ...body }, { headers: { 'x-vitrine-desktop': own.id } });
    await gateway.openai.responses.delete(third.id);
    assert.ok(gateway.desktops.get(own.id) !== undefined);
  });

  it('is one of several of a run: the others are still there', async () => {
    await using gateway = await startGateway([asks({ name: 'weather', arguments: '{}' }), says('sunny')]);
    const first = await gateway.openai.responses.create({ ...body, tools: [computer, { ...weather, type: 'function', strict: false }] });
    const [call] = first.output;
    assert.ok(call?.type === 'function_call');
    const second = await gateway.openai.responses.create({ ...body, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sun' }] });
    await gateway.openai.responses.delete(first.id);
    await assert.rejects(gateway.openai.responses.retrieve(first.id), OpenAI.NotFoundError);
    assert.equal((await gateway.openai.responses.retrieve(second.id)).output_text, 'sunny');
  });
});

describe('what a response repeats of its request', () => {
  const fields = {
    instructions: 'Be brief.', max_output_tokens: 77, parallel_tool_calls: false, prompt_cache_key: 'p', reasoning: { effort: 'low' }, safety_identifier: 's', temperature: 0.25,
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } }, tool_choice: { type: 'computer' }, top_p: 0.5, truncation: 'auto', user: 'u',
  };

  it('is as it came: the tools of either vendor, and the settings; after a restart too', async () => {
    const before = await startGateway([clicks(), says('1'), clicks(), says('2'), clicks(), says('{}')]);
    const toolsSent = [[sized(1024, 768)], [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }], [computer, { ...weather, description: 'd' }]];
    const ids: string[] = [];
    const repeats = async (gateway: World, id: string, tools: unknown) => {
      const shown = (await (await gateway.ask(`/responses/${id}`, { method: 'GET' })).json()) as Record<string, unknown>;
      assert.deepEqual(shown['tools'], tools);
      for (const [name, value] of Object.entries(fields)) assert.deepEqual(shown[name], value, name);
    };
    try {
      for (const tools of toolsSent) {
        const { shown } = await post(before, '/responses', { ...body, ...fields, tools });
        ids.push(shown.id);
        await repeats(before, shown.id, tools);
      }
      await before.stop();
      const after = await startGateway([], { folder: before.folder });
      try {
        for (const [index, id] of ids.entries()) await repeats(after, id, toolsSent[index]);
      } finally {
        await after.stop();
      }
    } finally {
      await rm(before.folder, { recursive: true, force: true });
    }
  });

  it('is the vendor\'s default where nothing was sent', async () => {
    await using gateway = await startGateway([says('1')]);
    const shown = (await post(gateway, '/responses', body)).shown as unknown as Record<string, unknown>;
    const names = ['instructions', 'max_output_tokens', 'parallel_tool_calls', 'temperature', 'text', 'tool_choice', 'top_p', 'truncation'];
    assert.deepEqual(names.map((name) => shown[name]), [null, null, true, null, { format: { type: 'text' } }, 'auto', null, 'disabled']);
  });
});

describe('the display of a follow-up', () => {
  it('is that of its desktop: another one is refused, in each vendor\'s shape', async () => {
    await using gateway = await startGateway([says('1'), says('2'), says('3')]);
    const first = await post(gateway, '/responses', { ...body, tools: [sized(1024, 768)] });
    assert.equal(first.shown.metadata['vitrine_display'], '1024x768');
    const other = await post(gateway, '/responses', { ...body, tools: [sized(1280, 768)], previous_response_id: first.shown.id });
    assert.deepEqual([other.status, other.shown.error?.type, other.shown.error?.param], [400, 'invalid_request_error', 'tools']);
    assert.match(other.shown.error?.message ?? '', /is 1024x768/);
    const headers = { 'x-vitrine-desktop': first.headers.get('x-vitrine-desktop') ?? '' };
    const messages = await post(gateway, '/messages', anthropicBody(1280), headers);
    assert.deepEqual([messages.status, messages.shown.error?.type], [400, 'invalid_request_error']);
    assert.match(messages.shown.error?.message ?? '', /is 1024x768/);
    assert.equal(gateway.all().length, 1);
    assert.equal((await post(gateway, '/messages', anthropicBody(1024), headers)).shown.metadata['vitrine_display'], '1024x768');
    const unsized = await post(gateway, '/responses', { ...body, previous_response_id: first.shown.id });
    assert.equal(unsized.shown.metadata['vitrine_display'], '1024x768');
  });

  it('is told where none was asked for', async () => {
    await using gateway = await startGateway([says('1')]);
    assert.equal((await post(gateway, '/responses', body)).shown.metadata['vitrine_display'], '1280x800');
  });
});
