import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { Action, offScreen } from '../../sandbox-image/wire/index.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createModels } from '../../controller/models/models.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { computerCall, message, responseWith } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Answer = (response: ServerResponse) => void;
/** How many actions may be performed of it at most. */
type Case = readonly [what: string, answer: Answer, mayPerform: number];

const ann = { name: 'ann', project: 'default' };
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const good = { type: 'move', x: 5, y: 6 };
const raw = (text: string | Buffer, type = 'application/json', status = 200, headers = {}): Answer => (response) => void response.writeHead(status, { 'content-type': type, ...headers }).end(text);
const body = (value: unknown): Answer => raw(JSON.stringify(value));
const output = (...items: unknown[]): Answer => body(responseWith(items, 1));
const acting = (...actions: unknown[]): Answer => output(computerCall('c1', actions));
const click = (more: object) => ({ type: 'click', button: 'left', x: 5, y: 6, ...more });
const checked = (checks: unknown): Answer => output(computerCall('c1', [good], checks as unknown[]));
const safety = { id: 'sc_1', code: 'malicious_instructions', message: 'look' };
const whole = responseWith([computerCall('c1', [good])], 1) as Record<string, unknown>;
const usage = (value: unknown): Answer => body({ ...whole, usage: value });

/** Performed in no reading. A good action stands before it: a turn is performed whole or not at all. */
const invalid: readonly (readonly [string, unknown])[] = [
  ...['explode', '_exec', '__exit__', 'constructor', 'toString', '__proto__', 'hasOwnProperty', '', 'CLICK;id'].map((type) => [`an action ${JSON.stringify(type)}`, { type, x: 1, y: 1 }] as const),
  ['an action of type null', { type: null }], ['an action that is text', 'click(1,1)'], ['an action that is a list', [1, 2]], ['no action', null],
  ['no y', { type: 'click', button: 'left', x: 5 }], ['x negative', click({ x: -1 })], ['x off the screen', click({ x: 1281 })], ['y far off', click({ y: 1e9 })], ['x of 1e308', click({ x: 1e308 })],
  ['x as NaN', click({ x: 'NaN' })], ['x null', click({ x: null })], ['x a list', click({ x: [5] })], ['x an object', click({ x: { valueOf: 5 } })],
  ['a button that is none', click({ button: '$(id)' })], ['a path of one point', { type: 'drag', path: [{ x: 1, y: 1 }] }], ['a path of 10,000 points', { type: 'drag', path: Array.from({ length: 10_000 }, () => ({ x: 1, y: 1 })) }],
  ['a path off the screen', { type: 'drag', path: [{ x: 1, y: 1 }, { x: 9999, y: 1 }] }], ['a text of 1 MB', { type: 'type', text: 'x'.repeat(2 ** 20) }], ['an escape sequence', { type: 'type', text: 'a\u001B[31m' }],
  ['NUL', { type: 'type', text: 'a\u0000b' }], ['half a character', { type: 'type', text: '\uD800' }], ['a text that is a number', { type: 'type', text: 5 }], ['no text', { type: 'type' }],
  ['a key that is none', { type: 'keypress', keys: ['hyperspace'] }], ['a key that is a command', { type: 'keypress', keys: ['a; id'] }], ['1,000 keys', { type: 'keypress', keys: Array.from({ length: 1000 }, () => 'a') }], ['no keys', { type: 'keypress', keys: [] }],
  ['a scroll of text', { type: 'scroll', x: 5, y: 5, scroll_x: 0, scroll_y: '9'.repeat(400) }],
];

const turns: readonly Case[] = [
  ...invalid.map(([what, action]): Case => [what, acting(good, action), 0]),
  ['a scroll of 1e9', acting({ type: 'scroll', x: 5, y: 5, scroll_x: 0, scroll_y: 1e9 }), 1],
  ['65 actions', acting(...Array.from({ length: 65 }, () => good)), 0],
  ['two calls with one id', output(computerCall('same', [good]), computerCall('same', [good])), 0],
  ['a call without an id', output({ type: 'computer_call', id: 'cu_1', status: 'completed', actions: [good], pending_safety_checks: [] }), 0],
  ['a call of a function that nobody offered', output({ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: '{"command":"id"}', status: 'completed' }), 0],
  ['no actions', acting(), 0],
  ['a safety check', checked([safety]), 0],
  ['a safety check of an unknown code', checked([{ id: 'x', code: 'all_is_well', message: '' }]), 0],
  ['the same check twice', checked([safety, safety]), 0],
  ['a check that says it is acknowledged', checked([{ ...safety, acknowledged: true }]), 0],
  ['a check on the second call', output(computerCall('c1', [good]), computerCall('c2', [good], [safety])), 0],
  ['checks that are null', checked(null), 1],
  ['an acknowledgement by the model', output({ ...(computerCall('c1', [good], [safety]) as object), acknowledged_safety_checks: [safety] }), 0],
  ['a refusal', output({ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'refusal', refusal: 'no' }] }), 0],
  ['a turn that was cut', body({ ...whole, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }), 0],
  ['nothing', output(), 0],
  ['words only', output(message('$(id) `id` <script>alert(1)</script>')), 0],
];

const transports: readonly Case[] = [
  ['no JSON', raw('{"id":'), 0],
  ['a page', raw('<html>computer_call</html>', 'text/html'), 0],
  ['JSON under the name of a page', raw(JSON.stringify(whole), 'text/html'), 1],
  ['an error with status 200', body({ error: { message: 'overloaded', type: 'server_error', code: null } }), 0],
  ['null', raw('null'), 0],
  ['a list', raw('[1,2]'), 0],
  ['an answer that ends early', (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' }).write('{"id":"resp_1","output":[');
    setImmediate(() => response.destroy());
  }, 0],
  ['a closed connection', (response) => void response.destroy(), 0],
  ['64 MB of one line', raw(Buffer.alloc(64 * 2 ** 20, 0x78)), 0],
  ['deep JSON', raw(`{"output":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), 0],
  ['a prototype', raw('{"__proto__":{"polluted":true},"output":[]}'), 0],
  ['no usage', usage(undefined), 1],
  ['negative usage', usage({ input_tokens: -1e9, output_tokens: -1e9, total_tokens: -2e9 }), 1],
  ['usage of 1e300', usage({ input_tokens: 1e300, output_tokens: 1, total_tokens: 1e300 }), 1],
  ['usage as text', usage({ input_tokens: '$(id)', output_tokens: null }), 1],
];

describe('a hostile model', () => {
  const stack = new AsyncDisposableStack();
  const desktops = fakeDesktops(() => png);
  const queue: Answer[] = [];
  const strangers: string[] = [];
  let runs: ReturnType<typeof createRuns>;
  let elsewhere = '';
  let count = 0;

  async function listening(answer: (path: string, response: ServerResponse) => void): Promise<string> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => answer(request.url ?? '', response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  before(async () => {
    const folder = stack.use(await temporaryFolder());
    const url = await listening((_path, response) => (queue.shift() ?? output(message('done')))(response));
    elsewhere = await listening((path, response) => {
      strangers.push(path);
      output(computerCall('c1', [good]))(response);
    });
    const journal = openJournal(folder.path);
    stack.defer(() => journal.close());
    const log = pino({ level: 'silent' });
    const entries = [{ name: 'hostile', provider: 'openai' as const, dialect: 'openai-responses' as const, model: 'hostile', baseUrl: `${url}/v1`, apiKey: 'k', maxRetries: 0 }];
    runs = createRuns({ journal, desktops, models: createModels({ entries, rehearsalUrl: url, log }), log, maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
    stack.defer(() => runs.close());
  });
  after(() => stack.disposeAsync());

  /** One run whose first answer is this; returns what its desktop was asked to do. */
  async function runWith(answer: Answer): Promise<{ readonly actions: readonly Action[]; readonly code: string | undefined }> {
    queue.splice(0, queue.length, answer);
    const actions: Action[] = [];
    const launch = desktops.launch.bind(desktops);
    const watching = { ...desktops };
    desktops.launch = async (...args) => {
      const desktop = await launch(...args);
      const perform = desktop.perform.bind(desktop);
      return Object.assign(desktop, { perform: (...asked: Parameters<typeof perform>) => {
        actions.push(asked[0].action);
        return perform(...asked);
      } });
    };
    try {
      const { id } = runs.create(RunRequest.parse({ task: 'do it', model: 'hostile', approvalTimeoutMs: 1000 }), ann);
      const run = await runs.ended(id, ann, AbortSignal.timeout(20_000));
      return { actions, code: run.failure?.code };
    } finally {
      desktops.launch = watching.launch;
    }
  }

  for (const [what, answer, mayPerform] of [...turns, ...transports]) {
    it(`says ${what}: ${mayPerform === 0 ? 'nothing is performed' : 'only what is valid is performed'}`, async () => {
      count += 1;
      const { actions, code } = await runWith(answer);
      assert.ok(actions.length <= mayPerform, JSON.stringify(actions).slice(0, 500));
      for (const action of actions) {
        assert.deepEqual(Action.parse(action), action);
        assert.equal(offScreen(action, { width: 1280, height: 800 }), undefined);
      }
      assert.ok(code === undefined || ['model_failed', 'model_refused', 'budget_tokens'].includes(code), code ?? '');
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });
  }

  it('says something valid: it is performed once', async () => {
    const { actions, code } = await runWith(acting(good));
    assert.deepEqual([actions, code], [[Action.parse(good)], undefined]);
  });

  it('sends the client to another address: it does not go there, and its key neither', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      count += 1;
      const { actions, code } = await runWith(raw('', 'text/plain', status, { location: `${elsewhere}/v1/responses` }));
      assert.deepEqual([actions, code], [[], 'model_failed'], String(status));
    }
    assert.deepEqual(strangers, []);
  });

  it('was tried in as many ways as promised', (test) => {
    test.diagnostic(`${count} hostile answers`);
    assert.ok(count >= 64, String(count));
  });
});
