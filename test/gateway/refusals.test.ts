import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VitrineError } from '../../controller/errors.ts';
import { turnWith, click } from '../runs/random-commands.ts';
import { clicks, says, startGateway } from './gateway-world.ts';

const user = [{ role: 'user', content: 'go' }];
const tools = [{ type: 'computer' }];
const chat = { model: 'm', tools, messages: user };
const flat = { model: 'm', tools, input: 'go' };
const messages = { model: 'm', max_tokens: 10, tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 1024, display_height_px: 768 }], messages: user };

/** Endpoint, body, and the field that the refusal names. */
const refusals: readonly (readonly [string, unknown, RegExp])[] = [
  ['/chat/completions', { ...chat, tools: undefined }, /computer tool/],
  ['/chat/completions', { ...chat, tools: [{ type: 'function', function: { name: 'f' } }] }, /computer tool/],
  ['/chat/completions', { ...chat, n: 2 }, /'n'/],
  ['/chat/completions', { ...chat, logprobs: true }, /'logprobs'/],
  ['/chat/completions', { ...chat, stop: ['x'] }, /'stop'/],
  ['/chat/completions', { ...chat, tools: [...tools, { type: 'web_search' }] }, /'web_search'/],
  ['/chat/completions', { ...chat, messages: [{ role: 'assistant', content: 'hello' }] }, /no task/],
  ['/chat/completions', { ...chat, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }] }, /no address is fetched/],
  ['/chat/completions', { ...chat, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }] }] }, /empty/],
  ['/chat/completions', { ...chat, messages: [...user, { role: 'tool', tool_call_id: 'call_foreign', content: 'x' }] }, /call_foreign/],
  ['/chat/completions', { ...chat, tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 3, display_height_px: 768 }] }, /'tools'/],
  ['/responses', { ...flat, tools: [] }, /computer tool/],
  ['/responses', { ...flat, conversation: 'conv_1' }, /'conversation'/],
  ['/responses', { ...flat, tools: [...tools, { type: 'code_interpreter', container: {} }] }, /'code_interpreter'/],
  ['/responses', { ...flat, previous_response_id: 'resp_foreign' }, /not found/],
  ['/responses', { ...flat, previous_response_id: `resp_${'0'.repeat(20)}` }, /not found/],
  ['/responses', { ...flat, input: [{ type: 'mcp_call', id: 'x' }] }, /'mcp_call'/],
  ['/responses', { ...flat, input: [{ type: 'function_call_output', call_id: `call_${'0'.repeat(20)}_0_0`, output: 'x' }] }, /No tool call found/],
  ['/responses', { ...flat, model: undefined }, /'model'/],
  ['/responses', { ...flat, metadata: { vitrine_mode: 'pass-through' } }, /executed here/],
  ['/responses', { ...flat, metadata: { vitrine_mode: 'both' } }, /no mode 'both'/],
  ['/messages', { ...messages, tools: [] }, /computer tool/],
  ['/messages', { ...messages, stop_sequences: ['x'] }, /'stop_sequences'/],
  ['/messages', { ...messages, tools: [...messages.tools, { type: 'web_search_20250305', name: 'web_search' }] }, /'web_search_20250305'/],
];

describe('what cannot be served', () => {
  it('is refused by name, in the shape of the vendor, and starts nothing', async () => {
    await using gateway = await startGateway([]);
    for (const [path, body, words] of refusals) {
      const response = await gateway.ask(path, { body });
      const text = await response.text();
      assert.equal(response.status, 400, `${path} ${JSON.stringify(body)}: ${text}`);
      const { type, error, request_id: requestId } = JSON.parse(text) as { type?: string; error: { type: string; message: string; param?: unknown; code?: unknown }; request_id?: string };
      assert.match(error.message, words);
      assert.equal(error.type, 'invalid_request_error');
      if (path === '/messages') assert.deepEqual([type, requestId], ['error', response.headers.get('request-id')]);
      else assert.ok('param' in error && 'code' in error && type === undefined && response.headers.has('x-request-id'));
    }
    assert.equal(gateway.all().length, 0);
  });

  it('is refused before it is read when it comes from elsewhere, or without a token', async () => {
    await using gateway = await startGateway([]);
    const status = async (headers: Record<string, string>, path = '/responses') => (await gateway.ask(path, { body: flat, headers })).status;
    assert.equal(await status({ origin: 'https://example.com' }), 403);
    assert.equal(await status({ authorization: 'Bearer wrong-token-0123456789' }), 401);
    assert.equal(await status({ 'content-type': 'text/plain' }), 415);
    assert.equal(await status({}, '/embeddings'), 404);
    assert.equal((await gateway.ask('/responses', { method: 'PUT', body: flat })).status, 404);
    assert.equal((await gateway.ask(`/responses/resp_${'0'.repeat(20)}`, { method: 'GET' })).status, 404);
    assert.equal(gateway.all().length, 0);
  });

  it('passes over fields that nobody knows', async () => {
    await using gateway = await startGateway([says('done')]);
    assert.equal((await gateway.ask('/chat/completions', { body: { ...chat, frobnicate: 7, temperature: 0.2, max_tokens: 5, betas: ['x'] } })).status, 200);
  });

  it('tells what a run failed with, and not to send it again', async () => {
    await using gateway = await startGateway([new VitrineError('model_failed', 'set OPENAI_API_KEY'), clicks(), new VitrineError('model_failed', 'no quota')]);
    const response = await gateway.ask('/chat/completions', { body: chat });
    assert.deepEqual([response.status, response.headers.get('x-should-retry')], [502, 'false']);
    assert.match(await response.text(), /set OPENAI_API_KEY/);
    assert.equal(response.headers.get('x-vitrine-run'), gateway.all()[0]?.id);
    const streamed = await (await gateway.ask('/responses', { body: { ...flat, stream: true } })).text();
    assert.match(streamed, /event: response\.failed\n.*no quota/);
  });

  it('says in the answer that a person denied a check', async () => {
    const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look at this' };
    await using gateway = await startGateway([turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [check] }]), says('I stopped.')]);
    const asked = gateway.ask('/responses', { body: { ...flat, stream: true } });
    const run = await gateway.newest(({ state }) => state === 'awaitingSafetyAck');
    gateway.runs.decide(run.approvalId ?? '', { decision: 'deny', reason: 'not today' }, gateway.by);
    const text = await (await asked).text();
    assert.match(text, /Waiting for a person to decide on approval [^"]*: Look at this/);
    const completed = /event: response\.completed\ndata: (.*)/.exec(text)?.[1] ?? '{}';
    const { response } = JSON.parse(completed) as { response: { output_text: string; metadata: Record<string, string> } };
    assert.match(response.output_text, /I stopped\.\n\n\(Approval .* was denied: not today/);
    assert.match(response.metadata['vitrine_denied'] ?? '', /not today/);
    const [approval] = gateway.runs.approvals({ limit: 1 }, gateway.by).items;
    assert.equal(approval?.expiresAt, (approval?.openedAt ?? 0) + 480_000);
  });

  it('keeps a stream open with what no client takes for content', async () => {
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof says>>();
    await using gateway = await startGateway([promise], { keepAliveMs: 20 });
    const reader = (await gateway.ask('/chat/completions', { body: { ...chat, stream: true } })).body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let isResolved = false; ;) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) break;
      text += value;
      if (!isResolved && text.includes(': keepalive')) {
        isResolved = true;
        resolve(says('done'));
      }
    }
    assert.match(text, /: keepalive\n\n/);
    assert.match(text, /"content":"done"/);
    assert.match(text, /data: \[DONE\]\n\n$/);
  });
});

/** Any JSON, and requests that are almost right. */
const json = fc.jsonValue({ maxDepth: 3 });
const almost = (base: Record<string, unknown>) => fc.record({ field: fc.constantFrom(...Object.keys(base), 'stream', 'metadata', 'response_format', 'text', 'previous_response_id', 'background', 'store', 'tool_choice', 'system'), value: json })
  .map(({ field, value }) => ({ ...base, [field]: value }));
const withJunk = (base: { tools: readonly unknown[] }) => fc.record({ tool: json, part: json }).map(({ tool, part }) => ({ ...base, tools: [...base.tools, tool], ...('messages' in base ? { messages: [{ role: 'user', content: [part] }] } : { input: [part] }) }));
const malformed = fc.oneof(
  ...([['/responses', flat], ['/chat/completions', chat], ['/messages', messages]] as const).flatMap(([path, base]) => [
    fc.tuple(fc.constant(path), almost(base)), fc.tuple(fc.constant(path), withJunk(base)), fc.tuple(fc.constant(path), json), fc.tuple(fc.constant(path), fc.string().map((text) => `{"model": ${text}`)),
  ]),
);

describe('generated malformed requests', () => {
  it('are refused or served, never with a 5xx, and leave no run behind: 300 of them', async (test) => {
    await using gateway = await startGateway(Array.from({ length: 600 }, () => says('done')));
    const seen = new Map<number, number>();
    await fc.assert(fc.asyncProperty(malformed, async ([path, body]) => {
      const response = await gateway.ask(path, { body });
      const text = await response.text();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      assert.ok(response.status < 500, `${response.status} ${text}`);
      if (response.status >= 400) assert.equal(typeof (JSON.parse(text) as { error: { message: unknown } }).error.message, 'string', text);
    }), { numRuns: 300, seed: 20_261_122 });
    test.diagnostic(`by status: ${[...seen].map(([status, count]) => `${status}: ${count}`).join(', ')}`);
    assert.equal([...seen.values()].reduce((sum, count) => sum + count, 0), 300);
    assert.ok((seen.get(400) ?? 0) > 200, JSON.stringify([...seen]));
    assert.ok((seen.get(200) ?? 0) > 0, JSON.stringify([...seen]));
    await gateway.newest(() => true);
    assert.deepEqual(gateway.all().filter(({ endedAt, metadata }) => endedAt === null && !metadata['vitrine_gateway']?.includes('"background":true')), []);
  });
});
