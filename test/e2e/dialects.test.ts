import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import type { Run } from '../../controller/runs/run.ts';
import { linesOf, renderRow } from '../conformance/dialects-page.ts';
import { performedWords, recordRows, tablePage } from '../conformance/rows.ts';
import type { Row } from '../conformance/rows.ts';
import { spokenMessage, spokenTurn } from '../conformance/spoken.ts';
import type { OpenAIDialect, SpokenCall } from '../conformance/spoken.ts';
import { atIn } from '../conformance/step.ts';
import type { At, Step } from '../conformance/step.ts';
import { computerSteps, openaiSteps, qwenSteps, uiTarsSteps } from '../conformance/steps.ts';
import { picturesIn, readTold, sizeOfPng } from '../conformance/told.ts';
import type { Told } from '../conformance/told.ts';
import { callersFunction, vocabularyOf } from '../conformance/vocabulary.ts';
import { startVendor } from '../models/vendor-server.ts';
import type { Reply, Seen } from '../models/vendor-server.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { readWitness, witnessedWords } from '../support/witnessed.ts';

const display = { width: 1280, height: 800 };
/** What the pictures of a model with `maxEdge: 1000` measure on this display. */
const small = { width: 1000, height: 625 };

type Subject = {
  readonly dialect: OpenAIDialect;
  readonly picture: typeof display;
  /** What the model's coordinates count. */
  readonly space: { readonly width: number; readonly height: number };
  readonly steps: (at: At) => Step[];
  /** Whether the model asks for one thing at a time. */
  readonly isSingle: boolean;
  /** Calls that end the task, and what the run answers then. */
  readonly endings: readonly { readonly action: string; readonly says: unknown; readonly answer: string }[];
};

const done = { action: 'done', says: { action: 'done', text: 'All done' }, answer: 'All done' };
const subjects: readonly Subject[] = [
  { dialect: 'openai-responses', picture: display, space: display, steps: openaiSteps, isSingle: false, endings: [] },
  { dialect: 'openai-responses-preview', picture: small, space: small, steps: openaiSteps, isSingle: true, endings: [] },
  { dialect: 'function-chat', picture: small, space: small, steps: computerSteps, isSingle: false, endings: [done] },
  { dialect: 'function-responses', picture: small, space: small, steps: computerSteps, isSingle: true, endings: [done] },
  {
    dialect: 'qwen', picture: small, space: { width: 1001, height: 1001 }, steps: qwenSteps, isSingle: false,
    endings: [
      { action: 'answer', says: { action: 'answer', text: 'Forty-two' }, answer: 'Forty-two' },
      { action: 'terminate', says: { action: 'terminate', status: 'failure', text: 'no network' }, answer: 'The task could not be completed: no network' },
    ],
  },
  {
    /* 1000 by 625 in multiples of 28. */
    dialect: 'ui-tars', picture: small, space: { width: 1008, height: 616 }, steps: uiTarsSteps, isSingle: true,
    endings: [
      { action: 'finished', says: "finished(content='It\\'s done')", answer: "It's done" },
      { action: 'call_user', says: 'call_user()', answer: 'I go on.' },
    ],
  },
];

/** Calls of the desktop's tools, with what they must answer. */
const toolCalls = (file: string): readonly { readonly word: string; readonly call: Extract<SpokenCall, { name: string }>; readonly answers: RegExp; readonly performed: string }[] => [
  { word: 'shell', call: { callId: 'tool_1', name: 'shell', arguments: { command: 'echo $((6 * 7))', timeout_seconds: 20 } }, answers: /^42$/m, performed: 'a command of the shell' },
  { word: 'edit_file create', call: { callId: 'tool_2', name: 'edit_file', arguments: { command: 'create', path: file, text: 'one\ntwo\n' } }, answers: /was written/, performed: 'writes a file' },
  { word: 'edit_file replace', call: { callId: 'tool_3', name: 'edit_file', arguments: { command: 'replace', path: file, old: 'two', new: 'three' } }, answers: /was changed/, performed: 'changes a file' },
  { word: 'edit_file insert', call: { callId: 'tool_4', name: 'edit_file', arguments: { command: 'insert', path: file, line: 1, text: 'half' } }, answers: /was changed/, performed: 'changes a file' },
  { word: 'edit_file view', call: { callId: 'tool_5', name: 'edit_file', arguments: { command: 'view', path: file } }, answers: /one\s[\s\S]*half\s[\s\S]*three/, performed: 'reads a file' },
];
const lookup = { callId: 'ask_1', name: 'lookup', arguments: { city: 'Bern' } };
const lookupTool = { type: 'function' as const, function: { name: 'lookup', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } };

type Plan = { readonly steps: readonly Step[]; readonly turns: readonly (readonly SpokenCall[])[]; readonly file: string; readonly replies: readonly Reply[] };

/** Everything that the vendor's server of a dialect says, run after run. */
function planOf(subject: Subject): Plan {
  const { dialect, isSingle, endings } = subject;
  const steps = subject.steps(atIn(subject.space, display));
  const file = `notes-${dialect}.txt`;
  const screen = steps.map(({ says }, index): SpokenCall => ({ callId: `call_${index}`, screen: says }));
  const turns = isSingle ? screen.map((call) => [call]) : [screen];
  const tools = dialect === 'ui-tars' ? [] : [toolCalls(file).map(({ call }) => call), [lookup]];
  const [ending, ...others] = endings;
  const end = (one: (typeof endings)[number] | undefined): Reply => (one === undefined ? spokenMessage(dialect, 'All done', 'end') : spokenTurn(dialect, [{ callId: 'call_end', screen: one.says }], 'end'));
  return { steps, turns, file, replies: [...[...turns, ...tools].map((calls, index) => spokenTurn(dialect, calls, `turn_${index}`)), end(ending), ...others.map(end)] };
}

const plans = new Map(subjects.map((subject) => [subject.dialect, planOf(subject)]));
const planFor = (dialect: OpenAIDialect): Plan => plans.get(dialect) ?? assert.fail(dialect);

describe('the dialects of OpenAI’s client on a real desktop', () => {
  const stack = new AsyncDisposableStack();
  const vendors = new Map<OpenAIDialect, { readonly seen: Seen[] }>();
  let controller: ControllerProcess;
  let desktopId: string;
  let client: OpenAI;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-dialects-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const models = [];
    for (const { dialect, picture } of subjects) {
      const vendor = stack.use(await startVendor(...planFor(dialect).replies));
      vendors.set(dialect, vendor);
      const limits = picture === display ? {} : { limits: { maxEdge: picture.width } };
      models.push({ name: dialect, provider: 'compatible', dialect, model: 'scripted', baseUrl: vendor.url, waitMs: 100, maxRetries: 0, ...limits });
    }
    const file = join(folder, 'models.json');
    await writeFile(file, JSON.stringify({ models }));
    controller = stack.use(await ControllerProcess.start({ VITRINE_MODELS_FILE: file }));
    desktopId = (await controller.post<DesktopView>('/api/desktops', { display })).id;
    client = new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: controller.headers['authorization']?.slice('Bearer '.length), maxRetries: 0, defaultHeaders: { 'x-vitrine-desktop': desktopId } });
    const witness = await readFile(new URL('../support/witness.py', import.meta.url));
    assert.equal((await fetch(`${controller.url}/api/desktops/${desktopId}/files/witness.py`, { method: 'PUT', body: witness, headers: { ...controller.headers, 'content-type': 'application/octet-stream' } })).status, 200);
    /* In a session of its own, since a program's group ends with it. */
    await controller.post(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', 'setsid python3 witness.py witness.log > witness.errors 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done'] });
    await waitFor('the witness’s window', async () => /Witness/.test((await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow ?? ''), 60_000);
  });
  after(() => stack.disposeAsync());

  const fileText = async (path: string): Promise<string> => (await controller.request('GET', `/api/desktops/${desktopId}/files/${path}`)).text();
  const witnessed = async () => readWitness(await fileText('witness.log')).map((line) => ({ event: line.event, words: witnessedWords(line) }));

  /** What the application received since then, in short; of the pointer's moves only those that are looked for, each once in a row. */
  async function received(since: number, expected: readonly string[]): Promise<string[]> {
    const read = async () => (await witnessed()).slice(since)
      .map(({ event, words }) => (event === 'double' || event === 'triple' ? words.split(' ').slice(0, 3).join(' ') : words))
      .filter((words, index, all) => !words.startsWith('motion') || (expected.includes(words) && words !== all[index - 1]));
    return waitFor('events', async () => (await read()).length >= expected.length && read(), 5000).catch(read);
  }

  for (const subject of subjects) {
    const { dialect } = subject;
    it(`performs every action of ${dialect} as an application receives it, and tells what came of each`, { timeout: 60_000 }, async () => {
      const plan = planFor(dialect);
      const since = (await witnessed()).length;
      const { runId, answer } = await askGateway(client, dialect);
      assert.equal(answer, subject.endings[0]?.answer ?? 'All done');
      const expected = plan.steps.flatMap(({ sees }) => sees);
      assert.deepEqual(await received(since, expected), expected);

      const { seen } = vendors.get(dialect) ?? assert.fail();
      const told = seen.slice(1).map(({ body }) => readTold(body));
      assertPictures(subject, seen);
      const rows = [...screenRows(subject, plan, told, await controller.events(runId))];
      if (dialect !== 'ui-tars') {
        rows.push(...toolRows(subject, plan, told));
        assert.equal(await fileText(plan.file), 'one\nhalf\nthree\n');
      }
      for (const [index, { action, says, answer: last }] of subject.endings.entries()) {
        if (index > 0) assert.equal(await answerOfRun(controller, dialect, desktopId), last);
        rows.push({ action, said: saidOf(says), performed: 'ends the task', result: 'nothing' });
      }
      assert.deepEqual(new Set(rows.map(({ action }) => action)), new Set(vocabularyOf(dialect)));
      recordRows(dialect, rows);
      assert.deepEqual(linesOf(await readFile(tablePage, 'utf8'), dialect), rows.map(renderRow), 'docs/dialects.md is not what was seen: npm run docs:dialects');
    });
  }
});

/** The task through the gateway: the model's question to the caller ends the first answer, the second goes on with what it is told. */
async function askGateway(client: OpenAI, dialect: OpenAIDialect): Promise<{ readonly runId: string; readonly answer: string | null | undefined }> {
  const screen = { type: 'computer' } as unknown as typeof lookupTool;
  const user = { role: 'user' as const, content: 'Do all' };
  if (dialect === 'ui-tars') {
    const { data, response } = await client.chat.completions.create({ model: dialect, tools: [screen], messages: [user] }).withResponse();
    return { runId: response.headers.get('x-vitrine-run') ?? '', answer: data.choices[0]?.message.content };
  }
  const offered = [screen, { type: 'bash_20250124', name: 'bash' }, { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' }, lookupTool] as (typeof lookupTool)[];
  const first = await client.chat.completions.create({ model: dialect, tools: offered, messages: [user] });
  const question = first.choices[0]?.message;
  const [call] = question?.tool_calls ?? [];
  assert.ok(question !== undefined && call?.type === 'function', JSON.stringify(first));
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['lookup', lookup.arguments]);
  const { data, response } = await client.chat.completions.create({ model: dialect, tools: offered, messages: [user, question, { role: 'tool', tool_call_id: call.id, content: 'sunny, 21°' }] }).withResponse();
  return { runId: response.headers.get('x-vitrine-run') ?? '', answer: data.choices[0]?.message.content };
}

async function answerOfRun(controller: ControllerProcess, model: string, desktopId: string): Promise<string | null> {
  const { id } = await controller.post<Run>('/api/runs', { task: 'Finish', model, desktopId });
  return (await controller.ended(id)).answer;
}

/** Every picture has the size that the model's coordinates go by; the preview is told it. */
function assertPictures({ dialect, picture }: Subject, seen: readonly Seen[]): void {
  for (const { body } of seen) {
    const pictures = picturesIn(body);
    assert.ok(pictures.length > 0, dialect);
    for (const url of pictures) assert.deepEqual(sizeOfPng(url), picture);
    if (dialect === 'openai-responses-preview') assert.deepEqual((body['tools'] as unknown[])[0], { type: 'computer_use_preview', display_width: picture.width, display_height: picture.height, environment: 'linux' });
  }
}

/** Every result as it must be told: no error, and a picture where the form has it. */
function screenRows({ dialect, isSingle }: Subject, { steps }: Plan, told: readonly Told[], events: readonly RunEvent[]): Row[] {
  /* One picture for a turn, and one more where the model asked for a screenshot in its midst. */
  const looks = isSingle ? 0 : steps.filter(({ action }) => action === 'screenshot').length;
  assert.ok((told[0]?.pictures.length ?? 0) <= 1 + looks, `${told[0]?.pictures.length} pictures`);
  const performed = events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact] : []));
  assert.deepEqual(performed.map(({ outcome }) => outcome.status), steps.map(() => 'performed'));
  return steps.map(({ action, says }, index) => {
    const turn = told[isSingle ? index : 0] ?? assert.fail();
    const result = turn.results[isSingle || dialect === 'openai-responses' ? 0 : index];
    assertTold(dialect, turn, result, `call_${dialect === 'openai-responses' ? 0 : index}`);
    return { action, said: saidOf(says), performed: performedWords(performed[index]?.action ?? assert.fail()), result: kindOf(dialect, result) };
  });
}

function assertTold(dialect: OpenAIDialect, turn: Told, result: Told['results'][number] | undefined, callId: string): void {
  const isNative = dialect === 'openai-responses' || dialect === 'openai-responses-preview';
  const words = [...(result?.text ? [result.text] : []), ...turn.words].join('\n');
  assert.doesNotMatch(words, /Not performed|Not executed|was not performed/);
  assert.equal((result?.hasPicture ?? false) || turn.pictures.length > 0, true, `${callId}: no picture`);
  if (dialect === 'ui-tars') return assert.equal(result, undefined);
  assert.ok(result, `${callId} has no result`);
  assert.equal(result.hasPicture, isNative);
  if (dialect !== 'qwen') assert.equal(result.callId, callId);
  if (!isNative) assert.match(result.text, /^ok$|nothing visible changed/);
}

function toolRows({ dialect }: Subject, { turns, file }: Plan, told: readonly Told[]): Row[] {
  const used = told[turns.length]?.results ?? [];
  const rows = toolCalls(file).map(({ word, call, answers, performed }, index): Row => {
    assert.match(used[index]?.text ?? '', answers, word);
    return { action: word, said: JSON.stringify(call.arguments).replace(file, 'notes.txt'), performed, result: kindOf(dialect, used[index]) };
  });
  const [asked] = told[turns.length + 1]?.results ?? [];
  assert.equal(asked?.text, 'sunny, 21°');
  return [...rows, { action: callersFunction, said: JSON.stringify(lookup.arguments), performed: 'asks the caller', result: kindOf(dialect, asked) }];
}

function kindOf(dialect: OpenAIDialect, result: Told['results'][number] | undefined): string {
  if (result?.hasPicture === true) return dialect === 'openai-responses' ? 'a screenshot, one for the whole call' : 'a screenshot';
  if (result === undefined) return 'a screenshot in a user’s message';
  return result.text === 'ok' || /nothing visible changed/.test(result.text) ? 'text, and a screenshot in a user’s message' : 'text';
}

function saidOf(says: unknown): string {
  return typeof says === 'string' ? says : JSON.stringify(says);
}
