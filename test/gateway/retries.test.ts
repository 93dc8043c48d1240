import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import { waitFor } from '../support/wait-for.ts';
import { turnWith } from '../runs/random-commands.ts';
import { clicks, held, says, startGateway } from './gateway-world.ts';

const body = { model: 'any', tools: [{ type: 'computer' }], input: 'go' };
const retry = { 'x-stainless-retry-count': '1' };
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;

describe('requests that are sent again', () => {
  it('attach to the first run while it goes on, and after it has ended', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([clicks(), last.turn]);
    const first = gateway.ask('/responses', { body });
    await gateway.newest((run) => run.turns === 2);
    const second = gateway.ask('/responses', { body, headers: retry });
    last.release();
    const ids = [await idOf(await first), await idOf(await second), await idOf(await gateway.ask('/responses', { body, headers: retry }))];
    assert.equal(new Set(ids).size, 1);
    assert.equal(gateway.all().length, 1);
  });

  it('stay two when they are meant so, or differ, or come from another endpoint', async () => {
    await using gateway = await startGateway([says('1'), says('2'), says('3'), says('4')]);
    await gateway.ask('/responses', { body });
    await gateway.ask('/responses', { body });
    await gateway.ask('/responses', { body: { ...body, input: 'go on' }, headers: retry });
    await gateway.ask('/chat/completions', { body: { model: 'any', tools: body.tools, messages: [{ role: 'user', content: 'go' }] }, headers: retry });
    assert.equal(gateway.all().length, 4);
  });

  it('attach by their Idempotency-Key, which stands for one body', async () => {
    await using gateway = await startGateway([says('1'), says('2')]);
    const headers = { 'idempotency-key': 'k-1' };
    const ids = [await idOf(await gateway.ask('/responses', { body, headers })), await idOf(await gateway.ask('/responses', { body, headers }))];
    assert.equal(ids[0], ids[1]);
    const other = await gateway.ask('/responses', { body: { ...body, input: 'else' }, headers });
    assert.deepEqual([other.status, other.headers.get('x-should-retry')], [409, 'false']);
    await gateway.ask('/responses', { body, headers: { 'idempotency-key': 'k-2' } });
    assert.equal(gateway.all().length, 2);
  });

  it('come from the official client when a connection breaks, and find their run', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([clicks(), last.turn]);
    let connections = 0;
    const client = new OpenAI({
      baseURL: `${gateway.url}/v1`, apiKey: 'test-token-0123456789', maxRetries: 2,
      fetch: async (input, init) => {
        connections += 1;
        if (connections > 1) return fetch(input, init);
        const cut = new AbortController();
        const cutOff = fetch(input, { ...init, signal: cut.signal });
        await gateway.newest((run) => run.turns === 2);
        cut.abort();
        return cutOff.catch(() => { throw new TypeError('the connection broke'); });
      },
    });
    const answer = client.responses.create({ model: 'any', tools: [{ type: 'computer' }], input: 'go' });
    await waitFor('a second connection', () => connections === 2);
    last.release();
    assert.equal((await answer).output_text, 'done');
    assert.equal(gateway.all().length, 1);
  });

  it('find their run after a restart of the controller', async () => {
    const before = await startGateway([says('done')]);
    const id = await idOf(await before.ask('/responses', { body }));
    await before.stop();
    const after = await startGateway([], { folder: before.folder });
    try {
      assert.equal(await idOf(await after.ask('/responses', { body, headers: retry })), id);
      const stored = (await (await after.ask(`/responses/${id}`, { method: 'GET' })).json()) as { status: string; output_text: string };
      assert.deepEqual([stored.status, stored.output_text], ['completed', 'done']);
    } finally {
      await after.stop();
      await rm(before.folder, { recursive: true, force: true });
    }
  });
});

describe('clients that go', () => {
  const gone = async (gateway: Awaited<ReturnType<typeof startGateway>>, path: string, sent: unknown, isReady: (run: { turns: number; steps: number }) => boolean) => {
    const cut = new AbortController();
    const asked = gateway.ask(path, { body: sent, signal: cut.signal }).then((response) => response.text()).catch(() => undefined);
    await gateway.newest(isReady);
    cut.abort();
    await asked;
  };

  it('take a run with them at once when nothing had begun', async () => {
    await using gateway = await startGateway([new Promise(() => undefined)], { graceMs: 3_600_000 });
    await gone(gateway, '/responses', body, (run) => run.turns === 1);
    await gateway.newest((run) => run.state === 'cancelled');
  });

  it('leave it a while when something had, also when streamed to', async () => {
    await using gateway = await startGateway([clicks(), new Promise(() => undefined)], { graceMs: 300 });
    await gone(gateway, '/responses', { ...body, stream: true }, (run) => run.turns === 2);
    assert.equal(gateway.all()[0]?.state, 'awaitingModel');
    await gateway.newest((run) => run.state === 'cancelled');
  });

  it('may come back in time', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([clicks(), last.turn], { graceMs: 1500 });
    await gone(gateway, '/responses', body, (run) => run.turns === 2);
    const again = gateway.ask('/responses', { body, headers: retry });
    await new Promise((resolve) => setTimeout(resolve, 2000)); // Past the time in which the run would have been cancelled.
    last.release();
    assert.equal((await again).status, 200);
    assert.deepEqual(gateway.all().map(({ state }) => state), ['succeeded']);
  });

  it('do not end what runs in the background', async () => {
    const last = held(says('done'));
    await using gateway = await startGateway([last.turn], { graceMs: 1 });
    await gone(gateway, '/responses', { ...body, background: true, stream: true }, (run) => run.turns === 1);
    last.release();
    await gateway.newest((run) => run.state === 'succeeded');
  });

  it('are let go when the controller stops, and told to come again', async () => {
    const gateway = await startGateway([clicks(), new Promise(() => undefined)], { graceMs: 1 });
    try {
      const asked = gateway.ask('/responses', { body });
      await gateway.newest((run) => run.turns === 2);
      const stopped = gateway.stop();
      const response = await asked;
      assert.deepEqual([response.status, response.headers.get('x-should-retry')], [503, null]);
      await stopped;
    } finally {
      await rm(gateway.folder, { recursive: true, force: true });
    }
  });
});

describe('after a restart', () => {
  it('a run whose client does not come back is cancelled', async () => {
    const before = await startGateway([clicks(), new Promise(() => undefined)]);
    const asked = before.ask('/responses', { body }).then((response) => response.text()).catch(() => undefined);
    await before.newest((run) => run.turns === 2);
    await before.stop();
    await asked;
    const after = await startGateway([new Promise(() => undefined)], { folder: before.folder, graceMs: 300 });
    try {
      assert.equal(after.all()[0]?.endedAt, null);
      await after.newest((run) => run.state === 'cancelled' || run.state === 'finishing');
    } finally {
      await after.stop();
      await rm(before.folder, { recursive: true, force: true });
    }
  });
});

describe('answers that are sent again', () => {
  it('attach when they say the same, and are refused when they say something else', async () => {
    const weather = { type: 'function', name: 'weather', parameters: {} };
    const asking = turnWith([{ callId: 'call_1', actions: [], asks: { name: 'weather', arguments: '{}' }, safetyChecks: [] }]);
    await using gateway = await startGateway([asking, says('sunny')]);
    const tools = [...body.tools, weather];
    const first = (await (await gateway.ask('/responses', { body: { ...body, tools } })).json()) as { output: { call_id: string }[] };
    const answer = (output: string) => ({ model: 'any', tools, input: [{ type: 'function_call_output', call_id: first.output[0]?.call_id, output }] });
    const given = await gateway.ask('/responses', { body: answer('blue') });
    assert.equal(given.status, 200);
    assert.equal(await idOf(await gateway.ask('/responses', { body: answer('blue'), headers: retry })), await idOf(given));
    assert.equal((await gateway.ask('/responses', { body: answer('grey'), headers: retry })).status, 400);
    assert.equal((await gateway.ask('/responses', { body: answer('grey'), headers: { 'idempotency-key': 'k-9' } })).status, 400);
  });

  it('are told to the model as words when their run is over', async () => {
    await using gateway = await startGateway([says('noted')]);
    const input = [
      { role: 'user', content: 'What is the weather?' }, { type: 'function_call', call_id: 'call_x', name: 'weather', arguments: '{"city":"Ulm"}' },
      { type: 'function_call_output', call_id: 'call_x', output: 'a green sky' }, { role: 'assistant', content: 'Odd.' }, { role: 'user', content: 'Write it down' },
    ];
    assert.equal((await gateway.ask('/responses', { body: { ...body, input } })).status, 200);
    const [task] = gateway.model.asked[0]?.transcript ?? [];
    const earlier = task?.kind === 'task' ? task.earlier.map(({ text }) => text).join('\n') : '';
    assert.match(earlier, /weather with \{"city":"Ulm"\}[\s\S]*a green sky[\s\S]*Odd\./);
  });
});

describe('a cancelled response', () => {
  it('is shown as cancelled', async () => {
    await using gateway = await startGateway([clicks(), new Promise(() => undefined)]);
    const { id } = (await (await gateway.ask('/responses', { body: { ...body, background: true } })).json()) as { id: string };
    await gateway.newest((run) => run.turns === 2);
    const cancelled = (await (await gateway.ask(`/responses/${id}/cancel`)).json()) as { status: string };
    assert.equal(cancelled.status, 'cancelled');
  });
});

describe('functions with the names of the desktop\'s tools', () => {
  it('are refused before a desktop is launched', async () => {
    await using gateway = await startGateway([]);
    for (const [name, more] of [['computer', []], ['computer_use', []], ['shell', [{ type: 'bash_20250124', name: 'bash' }]], ['edit_file', [{ type: 'text_editor_20250124', name: 'str_replace_editor' }]]] as const) {
      const response = await gateway.ask('/responses', { body: { ...body, tools: [...body.tools, ...more, { type: 'function', name, parameters: {} }] } });
      assert.equal(response.status, 400, name);
    }
    assert.equal(gateway.all().length, 0);
  });
});
