import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { pino } from 'pino';
import type { GatewayOptions } from '../../controller/gateway/create-gateway.ts';
import type { ModelEntryInput } from '../../controller/models/model-entry.ts';
import { createModels } from '../../controller/models/models.ts';
import { runLoop } from '../../examples/anthropic-own-loop.ts';
import { json, startVendor, vendorError } from '../models/vendor-server.ts';
import type { Reply } from '../models/vendor-server.ts';
import { warningsDuring } from '../support/process-warnings.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';
import { startGateway, token } from './gateway-world.ts';

const apiKey = 'sk-canary-0123456789abcdef';
const mode = { 'x-vitrine-mode': 'pass-through' };
const flat = { model: 'my-alias', tools: [{ type: 'computer' as const }], input: 'go' };
const click = { type: 'click', button: 'left', x: 3, y: 4 };
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look' };
const response = (output: readonly unknown[], more: object = {}): unknown => ({ id: 'resp_vendor', object: 'response', created_at: 1, status: 'completed', model: 'vendor-model-2026', output, error: null, x_unknown: [1.5, null], ...more });
const turn = response([{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'abc' }, computerCall('call_1', [click], [check])]);

/** The gateway before a vendor's server that answers with these replies in turn. */
async function world(replies: readonly Reply[], entry: Partial<ModelEntryInput> = {}, options: Pick<GatewayOptions, 'idleMs' | 'sweepMs' | 'recordLaunch'> = {}) {
  const vendor = await startVendor(...replies);
  const own: ModelEntryInput = { name: 'own', provider: 'openai', dialect: 'openai-responses', model: 'vendor-model', aliases: ['my-alias'], baseUrl: vendor.url, apiKey, ...entry };
  const models = createModels({ entries: [own], rehearsalUrl: 'http://127.0.0.1:9', log: pino({ level: 'silent' }) });
  const gateway = await startGateway([], { models, ...options });
  return Object.assign(gateway, {
    vendor,
    act: (desktopId: string, actions: unknown[]) => fetch(`${gateway.url}/api/desktops/${desktopId}/actions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ actions }) }),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await vendor[Symbol.asyncDispose]();
    },
  });
}

describe('a request in pass-through', () => {
  it('is known to the audit before its desktop is launched, once', async () => {
    const launched: string[] = [];
    await using gateway = await world([json(200, turn), json(200, turn)], {}, { recordLaunch: (desktopId, { name }) => void launched.push(`${name} ${desktopId}`) });
    const first = await gateway.ask('/responses', { body: flat, headers: mode });
    const desktopId = first.headers.get('x-vitrine-desktop') ?? '';
    await gateway.ask('/responses', { body: flat, headers: { ...mode, 'x-vitrine-desktop': desktopId } });
    assert.deepEqual(launched, [`first-token ${desktopId}`]);
  });

  it('reaches the vendor as it is but for model and key, and its answer comes back as it came', async () => {
    await using gateway = await world([json(200, turn, { 'x-request-id': 'req_vendor', 'set-cookie': 'a=b', 'openai-organization': 'secret-org' })]);
    const sent = { ...flat, n_unknown: 7, metadata: { ticket: '7', vitrine_other: 'x' }, store: false, input: [{ type: 'item_reference', id: 'x' }] };
    const answer = await gateway.ask('/responses', { body: sent, headers: { ...mode, 'openai-beta': 'x=1' } });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { ...(turn as object), model: 'my-alias' });
    assert.equal(answer.headers.get('x-request-id'), 'req_vendor');
    assert.deepEqual([answer.headers.get('set-cookie'), answer.headers.get('openai-organization')], [null, null]);
    const [seen] = gateway.vendor.seen;
    assert.deepEqual(seen?.body, { ...sent, model: 'vendor-model', metadata: { ticket: '7' } });
    assert.deepEqual([seen?.path, seen?.headers.authorization, seen?.headers['openai-beta'], seen?.headers['x-vitrine-mode']], ['/v1/responses', `Bearer ${apiKey}`, 'x=1', undefined]);
    const desktopId = answer.headers.get('x-vitrine-desktop') ?? '';
    assert.deepEqual([...gateway.desktops.made.values()].map(({ id, display, performedIds }) => [id, display, performedIds]), [[desktopId, { width: 1280, height: 800 }, []]]);
    assert.equal(gateway.all().length, 0);
  });

  it('makes Node warn of nothing', async () => {
    await using gateway = await world([json(200, turn)]);
    assert.deepEqual(await warningsDuring(async () => {
      assert.equal((await (await gateway.ask('/responses', { body: flat, headers: mode })).json() as { model: string }).model, 'my-alias');
    }), []);
  });

  it('is asked for by metadata too, goes on with the desktop it names, and leaves a journal of what the caller did', async () => {
    await using gateway = await world([json(200, turn), json(200, response([message('done')]))]);
    const first = await gateway.openai.responses.create({ ...flat, metadata: { vitrine_mode: 'pass-through' } }).withResponse();
    assert.equal(first.data.model, 'my-alias');
    assert.equal('metadata' in (gateway.vendor.seen[0]?.body ?? {}), false);
    const desktopId = first.response.headers.get('x-vitrine-desktop') ?? '';
    assert.equal((await gateway.act(desktopId, [{ type: 'click', x: 3, y: 4 }])).status, 200);
    const call = first.data.output.find((item) => item.type === 'computer_call');
    assert.deepEqual(call?.pending_safety_checks, [check]);
    const output = { type: 'computer_call_output' as const, call_id: 'call_1', output: { type: 'computer_screenshot' as const, image_url: 'data:image/png;base64,AAAA' }, acknowledged_safety_checks: [check] };
    const directions = { vitrine_mode: 'pass-through', vitrine_desktop: desktopId };
    const second = await gateway.openai.responses.create({ ...flat, metadata: directions, previous_response_id: 'resp_vendor', input: [output] }).withResponse();
    assert.equal(second.data.output_text, 'done');
    assert.equal(second.response.headers.get('x-vitrine-desktop'), desktopId);
    assert.deepEqual(gateway.vendor.seen[1]?.body['input'], [output]);
    assert.equal(gateway.desktops.made.size, 1);
    assert.deepEqual(gateway.all().map((run) => [run.driver, run.desktopId, run.steps]), [['caller', desktopId, 1]]);
  });

  it('streams what the vendor streams, event by event, under the asked name', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = [{ type: 'response.created', sequence_number: 0, response: response([], { status: 'in_progress' }) }, { type: 'response.completed', sequence_number: 1, response: turn }];
    const printed = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    await using gateway = await world([(answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      answer.write(`: hello Grüße\n\n${printed[0]}`);
      void promise.then(() => {
        const bytes = Buffer.from(`: 🙂 end\n\n${printed[1]}`);
        answer.write(bytes.subarray(0, 4));
        answer.end(bytes.subarray(4));
      });
    }]);
    const answer = await gateway.ask('/responses', { body: { ...flat, stream: true }, headers: mode });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('response.created')) text += (await reader?.read())?.value ?? '';
    resolve();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
    assert.equal(text, `: hello Grüße\n\n${printed[0]}: 🙂 end\n\n${printed[1]}`.replaceAll('vendor-model-2026', 'my-alias'));
    await using again = await world([(reply) => {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.end(printed.join(''));
    }]);
    const stream = again.openai.responses.stream({ ...flat, metadata: { vitrine_mode: 'pass-through' } });
    assert.equal((await stream.finalResponse()).output.length, 2);
  });

  it('breaks off where the vendor broke off', async () => {
    await using gateway = await world([(answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write('event: response.created\ndata: {"type":"response.created"}\n\nevent: resp', () => answer.destroy());
    }]);
    const answer = await gateway.ask('/responses', { body: { ...flat, stream: true }, headers: mode });
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  });

  it('gets the display that its tool names, and chat completions where the model speaks them', async () => {
    await using gateway = await world([json(200, { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }] })], { dialect: 'function-chat', provider: 'compatible' });
    const body = { model: 'nobody-configured-this', tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }], messages: [{ role: 'user', content: 'go' }] };
    const answer = await gateway.ask('/chat/completions', { body, headers: mode });
    assert.equal(((await answer.json()) as { model: string }).model, 'nobody-configured-this');
    assert.deepEqual(gateway.vendor.seen[0]?.body, { ...body, model: 'vendor-model' });
    assert.deepEqual([...gateway.desktops.made.values()].map(({ display }) => display), [{ width: 1024, height: 768 }]);
    const tiny = await gateway.ask('/chat/completions', { body: { ...body, tools: [{ ...body.tools[0], display_width_px: 3 }] }, headers: mode });
    assert.equal(tiny.status, 400);
    assert.equal(gateway.desktops.made.size, 1);
  });
});

describe("Anthropic's client with a loop of its own", () => {
  const use = (id: string, input: unknown) => json(200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-vendor', content: [{ type: 'tool_use', id, name: 'computer', input }], stop_reason: 'tool_use', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } });
  const end = json(200, { id: 'msg_2', type: 'message', role: 'assistant', model: 'claude-vendor', content: [{ type: 'text', text: 'It says 42' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } });
  const entry: Partial<ModelEntryInput> = { provider: 'anthropic', dialect: 'anthropic-computer_20251124', model: 'claude-vendor', aliases: ['claude-opus-4-8'] };

  it('acts on the desktop that comes with the first answer, until the model has its answer', async () => {
    await using gateway = await world([use('toolu_1', { action: 'screenshot' }), use('toolu_2', { action: 'left_click', coordinate: [30, 40] }), use('toolu_3', { action: 'type', text: 'Grüße' }), end], entry);
    const { answer, desktopId } = await runLoop(gateway.url, token, 'Read the number');
    assert.equal(answer, 'It says 42');
    const desktop = gateway.desktops.made.get(desktopId);
    assert.deepEqual(desktop?.display, { width: 1024, height: 768 });
    assert.deepEqual(desktop.performedRequests.map(({ action }) => action.type), ['screenshot', 'click', 'type']);
    assert.equal(gateway.desktops.made.size, 1);
    const [seen] = gateway.vendor.seen;
    assert.deepEqual([seen?.path, seen?.headers['anthropic-beta'], seen?.headers.authorization ?? seen?.headers['x-api-key'], seen?.body['model']], ['/v1/messages', 'computer-use-2025-11-24', `Bearer ${apiKey}`, 'claude-vendor']);
    assert.match(JSON.stringify(gateway.vendor.seen[3]?.body['messages']), /"tool_use_id":"toolu_3".*"media_type":"image\/png"/);
    assert.deepEqual(gateway.all().map(({ driver, steps }) => [driver, steps]), [['caller', 3]]);
  });

  it('is told in its own shape what the vendor refuses, without the key', async () => {
    const refusal = { type: 'error', error: { type: 'authentication_error', message: `invalid key ${apiKey}` }, request_id: 'req_9' };
    await using gateway = await world([json(401, refusal, { 'request-id': 'req_9', 'x-should-retry': 'false' })], entry);
    const asked = gateway.anthropic.messages.create({ model: 'claude-opus-4-8', max_tokens: 10, tools: [{ type: 'computer_toolset_20260801' }], messages: [{ role: 'user', content: 'go' }] }, { headers: mode });
    await assert.rejects(asked, (error: InstanceType<typeof Anthropic.AuthenticationError>) => {
      assert.ok(error instanceof Anthropic.AuthenticationError);
      assert.deepEqual(error.error, { ...refusal, error: { ...refusal.error, message: 'invalid key [key]' } });
      return error.requestID === 'req_9';
    });
    await waitFor('the useless desktop to be released', () => gateway.desktops.made.size === 0 || undefined);
  });
});

describe('what pass-through refuses', () => {
  const asked = async (gateway: Awaited<ReturnType<typeof world>>, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await gateway.ask(path, { body, headers: { ...mode, ...headers } });
    return { status: answer.status, text: await answer.text(), desktopId: answer.headers.get('x-vitrine-desktop') };
  };

  it('is refused in the shape of the vendor, before anything is launched or sent', async () => {
    await using gateway = await world([json(200, turn)]);
    const past = { type: 'computer_call_output', call_id: 'call_1', output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,AAAA' } };
    const chat = { model: 'own', tools: flat.tools, messages: [] };
    for (const [path, body, headers, status, words] of [
      ['/responses', { ...flat, tools: [{ type: 'function', name: 'f' }] }, {}, 400, /computer tool/],
      ['/responses', { ...flat, background: true }, {}, 400, /'background'/],
      ['/responses', { ...flat, input: [past] }, {}, 400, /x-vitrine-desktop/],
      ['/responses', { ...flat, model: undefined }, {}, 400, /'model'/],
      ['/responses', flat, { 'x-vitrine-mode': 'both' }, 400, /no mode 'both'/],
      ['/responses', flat, { 'x-vitrine-desktop': 'pass-unknown' }, 404, /no desktop 'pass-unknown'/],
      ['/chat/completions', chat, {}, 400, /'own' speaks the shape of \/v1\/responses.*executed here/],
      ['/messages', { ...chat, model: 'claude', tools: [{ type: 'computer_toolset_20260801' }] }, {}, 400, /No model is configured.*executed here/],
    ] as const) {
      const { status: got, text, desktopId } = await asked(gateway, path, body, headers);
      assert.deepEqual([got, desktopId], [status, null], text);
      const { type, error } = JSON.parse(text) as { type?: string; error: { message: string } };
      assert.match(error.message, words);
      assert.equal(type, path === '/messages' ? 'error' : undefined);
    }
    await gateway.desktops.launch('d-foreign', { display: { width: 800, height: 600 }, template: 'default' }, { project: 'another', runId: undefined }, () => undefined, AbortSignal.timeout(1000));
    assert.equal((await asked(gateway, '/responses', flat, { 'x-vitrine-desktop': 'd-foreign' })).status, 404);
    assert.deepEqual([gateway.vendor.seen.length, gateway.desktops.made.size, gateway.all().length], [0, 1, 0]);
  });

  it('passes the vendor\'s refusals as they are, and gives the desktop back', async () => {
    await using gateway = await world([vendorError(400, `no such thing, ${apiKey}`, 'odd'), json(418, 'a teapot, plain', { 'content-type': 'text/plain' })]);
    const refused = await asked(gateway, '/responses', flat);
    assert.deepEqual([refused.status, JSON.parse(refused.text), refused.desktopId], [400, { error: { message: 'no such thing, [key]', type: 'x', param: null, code: 'odd' } }, null]);
    const teapot = await asked(gateway, '/responses', flat);
    assert.deepEqual([teapot.status, teapot.text], [418, 'a teapot, plain']);
    await waitFor('both desktops to be released', () => gateway.desktops.made.size === 0 || undefined);
  });

  it('says so when the vendor does not answer', async () => {
    await using gateway = await world([(answer) => void answer.destroy()]);
    const lost = await asked(gateway, '/responses', flat);
    assert.equal(lost.status, 502);
    assert.match(lost.text, /cannot be reached|broke off/);
  });
});

describe('the desktops of pass-through', () => {
  it('are one for a request and its retries, and two for two requests', async () => {
    await using gateway = await world([vendorError(503, 'busy', null, { 'retry-after-ms': '1' }), json(200, turn)]);
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: token, maxRetries: 2, defaultHeaders: mode });
    const { response: answer } = await client.responses.create(flat).withResponse();
    assert.deepEqual([...gateway.desktops.made.keys()], [answer.headers.get('x-vitrine-desktop')]);
    assert.equal(gateway.vendor.seen.length, 2);
    await client.responses.create(flat);
    assert.equal(gateway.desktops.made.size, 2);
  });

  it('are released when nobody uses them any more, and not while somebody does', async () => {
    await using gateway = await world([json(200, turn)], {}, { idleMs: 400, sweepMs: 20 });
    const [left, used] = await Promise.all([1, 2].map(async () => (await gateway.ask('/responses', { body: flat, headers: mode })).headers.get('x-vitrine-desktop') ?? ''));
    assert.ok(left !== undefined && used !== undefined);
    const own = await gateway.desktops.launch('d-own', { display: { width: 800, height: 600 }, template: 'default' }, { project: 'default', runId: undefined }, () => undefined, AbortSignal.timeout(1000));
    await waitFor('the unused one to be released', async () => {
      assert.equal((await gateway.act(used, [{ type: 'move', x: 1, y: 1 }])).status, 200);
      return !gateway.desktops.made.has(left) || undefined;
    });
    assert.ok(gateway.desktops.made.has(used));
    await waitFor('the other one to be released', () => !gateway.desktops.made.has(used) || undefined);
    assert.ok(gateway.desktops.made.has(own.id));
    assert.deepEqual(gateway.all().map(({ driver, state }) => [driver, state]), [['caller', 'succeeded']]);
  });

  it('end the vendor\'s request when the caller goes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = createServer((request) => void request.on('data', () => {}).on('close', () => resolve()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using gateway = await world([], { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
    const leaving = new AbortController();
    const connected = once(server, 'request');
    const asked = gateway.ask('/responses', { body: flat, headers: mode, signal: leaving.signal });
    await connected;
    leaving.abort();
    await assert.rejects(asked);
    await promise;
    server.close();
    server.closeAllConnections();
  });
});

describe('docs/gateway.md', () => {
  it('shows the examples as they are run', () => {
    const root = resolve(import.meta.dirname, '../..');
    const page = readFileSync(join(root, 'docs/gateway.md'), 'utf8');
    for (const name of ['one-request', 'supplied-desktop', 'openai-own-loop', 'agents-sdk-own-loop']) assert.ok(page.includes(`\`\`\`ts\n${readFileSync(join(root, `examples/${name}.ts`), 'utf8')}\`\`\``), name);
    assert.deepEqual([...page.matchAll(/`(examples\/[\w.-]+)`/g)].flatMap((match) => match[1] ?? []).filter((path) => !existsSync(join(root, path))), []);
  });
});
