import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { RunRequest } from '../../controller/runs/run.ts';
import { NewToken } from '../../controller/access/token-book.ts';
import type { SecretBook } from '../../controller/secret-book.ts';
import { Secret } from '../../controller/secret.ts';
import { asks, says, startGateway, token } from './gateway-world.ts';

type World = Awaited<ReturnType<typeof startGateway>>;

const secrets: SecretBook = { find: (project, name) => (project === 'default' && name === 'bank' ? new Secret('correct horse') : undefined), names: () => ['bank'] };
const network = { mode: 'allow', allow: [{ host: 'Example.org' }], maxUpBytes: 5000 };
const rule = { name: 'no-mail', verdict: 'refuse', reason: 'no mail', when: { actions: ['type'], text: { contains: 'mail' } } };
const headers = { 'x-vitrine-network': JSON.stringify(network), 'x-vitrine-secrets': '["bank"]', 'x-vitrine-policy': JSON.stringify([rule]), 'x-vitrine-budgets': '{"maxSteps":7,"maxCostUsd":2}', 'x-vitrine-tools': '["ask_person"]' };
const task = { model: 'any', tools: [{ type: 'computer' as const }], input: 'go' };
const message = { model: 'any', max_tokens: 100, tools: [{ type: 'computer_20250124' as const, name: 'computer' as const, display_width_px: 1280, display_height_px: 800 }], messages: [{ role: 'user' as const, content: 'go' }] };

/** What the newest run was asked for. */
function requested(world: World): RunRequest {
  const [run] = world.all();
  const [first] = world.runs.events({ runId: run?.id, after: 0, limit: 1 }, world.by);
  assert.ok(first?.fact.type === 'run.created');
  return first.fact.request;
}

function openai(world: World, defaultHeaders: Record<string, string>, apiKey = token): OpenAI {
  return new OpenAI({ baseURL: `${world.url}/v1`, apiKey, maxRetries: 0, defaultHeaders });
}

async function refused(request: Promise<unknown>): Promise<{ status: number; message: string; param: unknown; type: unknown }> {
  const error: unknown = await request.then(() => assert.fail('it was served'), (reason: unknown) => reason);
  if (error instanceof OpenAI.APIError) return { status: Number(error.status), message: error.message, param: error.param, type: error.type };
  assert.ok(error instanceof Anthropic.APIError, String(error));
  return { status: Number(error.status), message: error.message, param: null, type: error.type };
}

describe('directions of a request to its run', () => {
  it('reach the run by default headers of both clients, on all endpoints', async () => {
    await using world = await startGateway([says('one'), says('two'), says('three')], { secrets });
    const client = openai(world, headers);
    const anthropic = new Anthropic({ baseURL: world.url, apiKey: token, maxRetries: 0, defaultHeaders: headers });
    const calls = [
      () => client.responses.create(task),
      () => client.chat.completions.create({ model: 'any', tools: [{ type: 'computer' }], messages: [{ role: 'user', content: 'go' }] } as unknown as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming),
      () => anthropic.beta.messages.create({ ...message, betas: ['computer-use-2025-01-24'] }),
    ];
    for (const call of calls) {
      await call();
      const { network: way, secrets: named, policy, budgets, tools } = requested(world);
      assert.deepEqual(tools, ['ask_person']);
      assert.deepEqual(way, { mode: 'allow', allow: [{ host: 'example.org', ports: [443] }], maxUpBytes: 5000, maxDownBytes: 8 * 2 ** 30 });
      assert.deepEqual([named, policy.map(({ name, verdict }) => [name, verdict]), budgets.maxSteps, budgets.maxCostUsd], [['bank'], [['no-mail', 'refuse']], 7, 2]);
    }
    assert.equal(world.all().length, 3);
  });

  it('may stand in OpenAI\'s metadata, where a header of that name goes before', async () => {
    await using world = await startGateway([says('one')]);
    await openai(world, { 'x-vitrine-budgets': '{"maxSteps":3}' }).responses.create({ ...task, metadata: { vitrine_budgets: '{"maxSteps":9}', vitrine_network: JSON.stringify(network), mine: 'kept' } });
    const request = requested(world);
    assert.deepEqual([request.budgets.maxSteps, request.network.mode, request.metadata['mine'], request.metadata['vitrine_network']], [3, 'allow', 'kept', undefined]);
  });

  it('leave a run as it is without them', async () => {
    await using world = await startGateway([says('one')]);
    await openai(world, {}).responses.create(task);
    const { network: way, secrets: named, policy, budgets } = requested(world);
    assert.deepEqual([way, named, policy, budgets.maxSteps], [{ mode: 'none' }, [], [], 200]);
  });

  it('offer no tool of the name of a function of the caller\'s', async () => {
    await using world = await startGateway([]);
    const tools = [...task.tools, { type: 'function' as const, name: 'ask_person', parameters: {}, strict: false }];
    const failure = await refused(openai(world, { 'x-vitrine-tools': '["ask_person"]' }).responses.create({ ...task, tools }));
    assert.equal(failure.status, 400);
    assert.match(failure.message, /two tools are called ask_person/);
    assert.equal(world.all().length, 0);
  });

  it('are refused in the vendor\'s shape, naming the header, and start nothing', async () => {
    await using world = await startGateway([], { secrets });
    const wrong: readonly (readonly [string, string, RegExp])[] = [
      ['x-vitrine-network', 'example.org', /not valid JSON/],
      ['x-vitrine-network', '{"mode":"allow","allow":[{"host":"*.co.uk"}]}', /allow\.0\.host.*public suffix/],
      ['x-vitrine-network', '{"mode":"everything"}', /mode/],
      ['x-vitrine-secrets', '"bank"', /array/],
      ['x-vitrine-policy', '[{"name":"r"}]', /0\./],
      ['x-vitrine-budgets', '{"maxStep":5}', /maxStep/],
      ['x-vitrine-tools', '["ask_anyone"]', /0/],
      ['x-vitrine-budgets', '{"__proto__":{"maxSteps":5},"maxSteps":0}', /maxSteps|__proto__/],
    ];
    for (const [header, value, words] of wrong) {
      const failure = await refused(openai(world, { [header]: value }).responses.create(task));
      assert.deepEqual([failure.status, failure.param, failure.type], [400, header, 'invalid_request_error'], failure.message);
      assert.match(failure.message, words);
      assert.ok(failure.message.includes(header));
      const anthropic = new Anthropic({ baseURL: world.url, apiKey: token, maxRetries: 0, defaultHeaders: { [header]: value } });
      const same = await refused(anthropic.messages.create(message as unknown as Anthropic.MessageCreateParamsNonStreaming));
      assert.deepEqual([same.status, same.type], [400, 'invalid_request_error']);
      assert.ok(same.message.includes(header));
    }
    const twice = await refused(openai(world, {}).responses.create({ ...task, metadata: { vitrine_budgets: 'many' } }));
    assert.deepEqual([twice.status, twice.param], [400, 'metadata.vitrine_budgets']);
    assert.equal(world.all().length, 0);
  });

  it('want the rights that POST /api/runs wants', async () => {
    await using world = await startGateway([says('one')], { secrets });
    const { token: operator } = world.tokens.create(NewToken.parse({ name: 'ci', role: 'operator' }), 'test');
    for (const [header, value, scope] of [['x-vitrine-network', '{"mode":"open"}', 'network:write'], ['x-vitrine-secrets', '["bank"]', 'secrets:use']] as const) {
      const failure = await refused(openai(world, { [header]: value }, operator).responses.create(task));
      assert.deepEqual([failure.status, failure.param, failure.type], [403, header, 'permission_error'], failure.message);
      assert.ok(failure.message.includes(header) && failure.message.includes(scope), failure.message);
    }
    assert.equal((await refused(openai(world, { 'x-vitrine-secrets': '["mail"]' }).responses.create(task))).status, 422);
    assert.equal(world.all().length, 0);
    await openai(world, { 'x-vitrine-network': '{"mode":"none"}', 'x-vitrine-secrets': '[]' }, operator).responses.create(task);
  });

  it('count when a run begins: who answers its calls may send them again, and a key stands for one set of them', async () => {
    await using world = await startGateway([asks({ name: 'lookup', arguments: '{}' }), says('done')]);
    const client = openai(world, { 'x-vitrine-budgets': '{"maxSteps":7}' });
    const tools: OpenAI.Responses.Tool[] = [{ type: 'computer' }, { type: 'function', name: 'lookup', parameters: {}, strict: null }];
    const first = await client.responses.create({ ...task, tools }, { headers: { 'idempotency-key': 'k-1' } });
    const call = first.output.find((item) => item.type === 'function_call');
    assert.ok(call !== undefined);
    const other = await refused(client.responses.create({ ...task, tools }, { headers: { 'idempotency-key': 'k-1', 'x-vitrine-budgets': '{"maxSteps":8}' } }));
    assert.equal(other.status, 409);
    const second = await client.responses.create({ ...task, tools, previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'x' }] });
    assert.equal(second.output_text, 'done');
    assert.deepEqual([world.all().length, requested(world).budgets.maxSteps], [1, 7]);
  });
});
