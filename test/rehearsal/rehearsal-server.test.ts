import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import OpenAI, { APIError } from 'openai';
import { pino } from 'pino';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import type { Entry, Transcript, Turn } from '../../controller/dialects/transcript.ts';
import { createModels } from '../../controller/models/models.ts';
import { encodeState } from '../../controller/rehearsal/play-state.ts';
import { startRehearsal } from '../../controller/rehearsal/rehearsal-server.ts';
import type { Rehearsal } from '../../controller/rehearsal/rehearsal-server.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';

const log = pino({ level: 'silent' });
const display = { width: 1280, height: 800 };
const region = { x: 0, y: 0, ...display };
const hello = "Run a Python script that prints 'Hello from computer use'";

/** Frames are named after the pictures: f + name. */
async function picture(frameId: string) {
  const bytes = await readFile(join(import.meta.dirname, 'fixtures', `${frameId.slice(1)}.png`));
  const frame: Frame = { frameId, capturedAt: 1, display, region, format: 'png', ...display, byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 } };
  return { frame, bytes };
}

describe('startRehearsal', () => {
  let rehearsal: Rehearsal;
  before(async () => {
    rehearsal = await startRehearsal({ log });
  });
  after(() => rehearsal.close());

  async function decide(transcript: Transcript, frameId: string, url = rehearsal.url): Promise<Turn> {
    const model = createModels({ entries: [], rehearsalUrl: url, log }).get('rehearsal');
    const { frame } = await picture(frameId);
    return model.decide({ runId: 'r1', briefing: 'b', transcript, offer: nothingOffered, frame, loadPicture: picture }, AbortSignal.timeout(30_000));
  }
  const task = (text: string, frameId: string | null): Entry => ({ kind: 'task', text, frameId, earlier: [], pictures: [] });
  const answered = (turn: Turn, frameId: string, more: object = {}): Entry[] => [
    { kind: 'turn', turn },
    { kind: 'results', results: turn.calls.map(({ callId, safetyChecks }) => ({ callId, isError: false, notes: [], acknowledged: safetyChecks, frameId, ...more })) },
  ];

  it('plays a script on what the pictures show', async () => {
    const menu = await decide([task(hello, 'fdesktop')], 'fdesktop');
    assert.deepEqual(menu.calls[0]?.actions.map((action) => action.type), ['click', 'move']);
    const open = await decide([task(hello, 'fdesktop'), ...answered(menu, 'fmenu')], 'fmenu');
    const [click] = open.calls[0]?.actions ?? [];
    assert.ok(click?.type === 'click' && click.x !== undefined && click.y !== undefined && click.x < 100 && Math.abs(click.y - 329) < 10, JSON.stringify(click));
    const history = [task(hello, 'fdesktop'), ...answered(menu, 'fmenu'), ...answered(open, 'fterminal')];
    const write = await decide(history, 'fterminal');
    assert.match(JSON.stringify(write.calls[0]?.actions), /print\(.*Hello from computer use/);
    assert.equal(write.calls[0]?.callId, 'call_python-hello_write-script_0_2');
  });

  it('goes on where another server stopped, and answers with what it reads', async () => {
    await using other = { server: await startRehearsal({ log }), [Symbol.asyncDispose]: () => other.server.close() };
    const task1 = task('Run a Python script that prints a random number', 'fdesktop');
    const state = { script: 'python-random', step: 'run-script', phase: 'acted' as const, tries: 0, values: { mark: '4729' } };
    const turn = await decide([task1], 'fdesktop');
    const raw = turn.raw.map((item) => (item as { type: string }).type === 'reasoning' ? { ...(item as object), encrypted_content: encodeState(state) } : item);
    const last = await decide([task1, ...answered({ ...turn, raw }, 'foutput')], 'foutput', other.server.url);
    assert.equal(last.message, '305816947');
    assert.ok(last.usage.inputTokens > 0);
  });

  it('looks first when the task came without a picture', async () => {
    const turn = await decide([task(hello, null)], 'fdesktop');
    assert.deepEqual(turn.calls[0]?.actions, [{ type: 'screenshot' }]);
    const next = await decide([task(hello, null), ...answered(turn, 'fdesktop')], 'fdesktop');
    assert.deepEqual(next.calls[0]?.actions.map((action) => action.type), ['click', 'move']);
  });

  describe('a safety check', () => {
    const first = task('Print a random number in the terminal after a safety check', 'fdesktop');
    const state = { script: 'safety-check', step: 'open-terminal', phase: 'acted' as const, tries: 0, values: { mark: '4729' } };
    async function checked(): Promise<Entry[]> {
      const turn = await decide([first], 'fdesktop');
      const raw = turn.raw.map((item) => (item as { type: string }).type === 'reasoning' ? { ...(item as object), encrypted_content: encodeState(state) } : item);
      return [first, ...answered({ ...turn, raw }, 'fterminal')];
    }

    it('is asked for, and answered with the result when a person agrees', async () => {
      const history = await checked();
      const asking = await decide(history, 'fterminal');
      assert.equal(asking.calls[0]?.safetyChecks[0]?.code, 'malicious_instructions');
      assert.equal((await decide([...history, ...answered(asking, 'foutput')], 'foutput')).message, '305816947');
    });

    it('ends the task when a person does not', async () => {
      const history = await checked();
      const asking = await decide(history, 'fterminal');
      const denied = await decide([...history, ...answered(asking, 'fterminal', { acknowledged: [], isError: true, notes: ['ann said no: not today'] })], 'fterminal');
      assert.match(denied.refusal ?? '', /not allowed[^]*not today/);
      assert.equal(denied.message, null);
    });
  });

  it('says of a task that it does not know which ones it does, and how to get a real model', async () => {
    await assert.rejects(decide([task('Book me a flight', 'fdesktop')], 'fdesktop'), (error: Error) => {
      assert.match(error.message, /knows only tasks like these: .*Hello from computer use.*OPENAI_API_KEY/);
      return true;
    });
  });

  it("plays a user's own scripts", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-scripts-'));
    await writeFile(join(folder, 'own.json'), JSON.stringify({ name: 'own', example: 'Say hi', tasks: ['Say hi'], steps: [{ name: 'say', answer: 'hi' }] }));
    const own = await startRehearsal({ log, scriptFolders: [folder] });
    try {
      assert.equal((await decide([task('Say hi', 'fdesktop')], 'fdesktop', own.url)).message, 'hi');
    } finally {
      await own.close();
      await rm(folder, { recursive: true });
    }
  });

  describe('as a server of the Responses API', () => {
    const client = () => new OpenAI({ apiKey: 'any', baseURL: `${rehearsal.url}/v1`, maxRetries: 0 });
    const ask = (body: object) => client().responses.create({ model: 'rehearsal', input: 'x', tools: [{ type: 'computer' }], ...body } as never);
    const refused = (promise: Promise<unknown>, status: number, words: RegExp) => assert.rejects(promise, (error) => {
      assert.ok(error instanceof APIError);
      assert.equal(error.status, status);
      assert.match(error.message, words);
      assert.match(error.requestID ?? '', /^req_/);
      return true;
    });

    it('has one model', async () => assert.deepEqual((await client().models.list()).data.map((model) => model.id), ['rehearsal']));
    it('repeats tools and settings as they came', async () => {
      const sent = { tools: [{ type: 'computer' as const }, { type: 'function' as const, name: 'f', parameters: {}, strict: false }], temperature: 0.5, truncation: 'auto' as const };
      const { tools, temperature, truncation } = await ask({ ...sent, input: hello });
      assert.deepEqual({ tools, temperature, truncation }, sent);
    });
    it('refuses another model', () => refused(ask({ model: 'gpt-x' }), 404, /does not exist here/));
    it('refuses what it would have had to store', () => refused(ask({ previous_response_id: 'resp_1' }), 400, /stores nothing/));
    it('refuses to stream', () => refused(ask({ stream: true }), 400, /does not stream/));
    it('refuses a request without the computer tool', () => refused(ask({ tools: [] }), 400, /needs the tool/));
    it('refuses a history without its reasoning', () => refused(ask({
      input: [
        { role: 'user', content: hello },
        { type: 'computer_call', id: 'cu_1', call_id: 'call_1', status: 'completed', actions: [] },
        { type: 'computer_call_output', call_id: 'call_1', output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,AAAA' } },
      ],
    }), 400, /without its required 'reasoning' item/));
    it('refuses a picture that is none', () => refused(ask({ input: [{ role: 'user', content: [{ type: 'input_text', text: hello }, { type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] }] }), 400, /valid image/));

    it('wants a key, JSON, and a path that it has', async () => {
      const fetchStatus = async (path: string, init: RequestInit) => (await fetch(`${rehearsal.url}${path}`, init)).status;
      assert.equal(await fetchStatus('/v1/models', {}), 401);
      const headers = { authorization: 'Bearer any' };
      assert.equal(await fetchStatus('/v1/responses', { method: 'POST', headers, body: '{' }), 400);
      assert.equal(await fetchStatus('/v1/chat/completions', { method: 'POST', headers, body: '{}' }), 404);
    });
  });
});
