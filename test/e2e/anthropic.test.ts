import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { computerForms, filesToolOf, membersIn, shellToolOf } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm, MemberName } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import type { Run } from '../../controller/runs/run.ts';
import { linesOf, renderRow } from '../conformance/dialects-page.ts';
import { performedWords, recordRows, tablePage } from '../conformance/rows.ts';
import type { Row } from '../conformance/rows.ts';
import { callersFunction, vocabularyOf } from '../conformance/vocabulary.ts';
import { ControllerProcess } from '../support/controller-process.ts';

type Block = Record<string, unknown> & { readonly type: string };
type Asked = { readonly tools: Record<string, unknown>[]; readonly messages: { readonly role: string; readonly content: Block[] }[] };

/** A server that speaks the Messages API and answers from a list; what it was asked is kept. */
async function startVendor(answers: readonly Block[][]) {
  const left = [...answers];
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString()) as Asked);
      const content = left.shift() ?? [{ type: 'text', text: 'the script of this test is at its end' }];
      const stop = content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: `msg_${asked.length}`, type: 'message', role: 'assistant', model: 'scripted', content, stop_reason: stop, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const display = { width: 1600, height: 1200 };
const bash = (id: string, command: string): Block => ({ type: 'tool_use', id, name: 'bash', input: { command } });
/** Listens to the X server until the desktop ends: in a session of its own, since a command's group ends with it. */
const watchInput = 'setsid stdbuf -oL xinput test-xi2 --root > ~/events 2>&1 < /dev/null & for i in $(seq 100); do grep -q XTEST ~/events 2>/dev/null && break; sleep 0.1; done; xinput list --short | grep -c XTEST';
/** Buttons, and keys by their codes, in the order in which they were pressed, as the X server told its clients; a last key of our own says that all were told. */
const tellInput = `xdotool key F9; for i in $(seq 100); do grep -q 'detail: 75' ~/events && break; sleep 0.1; done; awk '/^EVENT type/{name=$4} /detail:/{if(name=="(RawButtonPress)")print "button",$2; if(name=="(RawKeyPress)")print "key",$2}' ~/events`;

/** Every action, with the pointer's place afterwards in pixels of the picture where it says one, and what it presses. */
const script: readonly { readonly name: MemberName; readonly input: object; readonly at?: readonly [number, number]; readonly presses?: string }[] = [
  { name: 'screenshot', input: {} },
  { name: 'mouse_move', input: { coordinate: [700, 300] }, at: [700, 300] },
  { name: 'cursor_position', input: {}, at: [700, 300] },
  { name: 'left_click', input: {}, at: [700, 300], presses: 'b1' },
  { name: 'left_click', input: { coordinate: [710, 310], text: 'ctrl+shift' }, at: [710, 310], presses: 'k37 k50 b1' },
  { name: 'double_click', input: { coordinate: [650, 320] }, at: [650, 320], presses: 'b1 b1' },
  { name: 'triple_click', input: { coordinate: [640, 330] }, at: [640, 330], presses: 'b1 b1 b1' },
  { name: 'right_click', input: { coordinate: [630, 340] }, at: [630, 340], presses: 'b3' },
  { name: 'key', input: { text: 'Escape Escape' }, presses: 'k9 k9' },
  { name: 'middle_click', input: { coordinate: [620, 350] }, at: [620, 350], presses: 'b2' },
  { name: 'key', input: { text: 'Escape', repeat: 2 }, presses: 'k9 k9' },
  { name: 'left_click_drag', input: { start_coordinate: [600, 360], coordinate: [660, 400] }, at: [660, 400], presses: 'b1' },
  { name: 'left_click_drag', input: { coordinate: [610, 410] }, at: [610, 410], presses: 'b1' },
  { name: 'left_mouse_down', input: {}, at: [610, 410], presses: 'b1' },
  { name: 'left_mouse_up', input: {}, at: [610, 410] },
  { name: 'scroll', input: { coordinate: [615, 415], scroll_direction: 'down', scroll_amount: 3 }, at: [615, 415], presses: 'b5 b5 b5' },
  { name: 'scroll', input: { scroll_direction: 'up', scroll_amount: 1 }, presses: 'b4' },
  { name: 'scroll', input: { scroll_direction: 'left', scroll_amount: 2 }, presses: 'b6 b6' },
  { name: 'scroll', input: { scroll_direction: 'right', scroll_amount: 1, text: 'shift' }, presses: 'k50 b7' },
  { name: 'type', input: { text: 'ab' }, presses: 'k38 k56' },
  { name: 'hold_key', input: { text: 'shift', duration: 0.2 }, presses: 'k50' },
  { name: 'wait', input: { duration: 0.1 } },
  { name: 'zoom', input: { region: [600, 300, 700, 400] } },
];

/** Calls of the editor, with what they must answer. */
const edits: readonly { readonly input: Readonly<Record<string, unknown>> & { readonly command: string }; readonly answers: RegExp; readonly performed: string }[] = [
  { input: { command: 'create', path: 'notes.txt', file_text: 'one\ntwo\n' }, answers: /was written/, performed: 'writes a file' },
  { input: { command: 'str_replace', path: 'notes.txt', old_str: 'two', new_str: 'three' }, answers: /was changed/, performed: 'changes a file' },
  { input: { command: 'insert', path: 'notes.txt', insert_line: 1, insert_text: 'half' }, answers: /was changed/, performed: 'changes a file' },
  { input: { command: 'view', path: 'notes.txt' }, answers: /one[^]*half[^]*three/, performed: 'reads a file' },
];

/** A call of a function of the caller's, with words beside it. */
const lookup = { name: 'lookup', input: { city: 'Bern' } };
const asksCaller: Block[] = [{ type: 'text', text: 'Let me ask.' }, { type: 'tool_use', id: 'toolu_l', ...lookup }];

describe('Anthropic’s forms on a real desktop', () => {
  for (const form of computerForms) {
    it(`performs every action of ${form} as the X server tells it, and answers each`, async () => {
      const steps = script.filter(({ name }) => membersIn(form).includes(name));
      assert.deepEqual(new Set(steps.map(({ name }) => name)), new Set(membersIn(form)));
      const uses = steps.map(({ name, input }, index) => use(form, `toolu_${index}`, name, input));
      await using vendor = await startVendor([[bash('toolu_w', watchInput)], uses, [bash('toolu_e', tellInput)], edits.map(({ input }, index) => edit(form, `toolu_f${index}`, input)), [{ type: 'text', text: 'Done' }], asksCaller, [{ type: 'text', text: 'It is sunny' }]]);
      const folder = await mkdtemp(join(tmpdir(), 'vitrine-models-'));
      try {
        const file = join(folder, 'models.json');
        await writeFile(file, JSON.stringify({ models: [{ name: 'scripted', provider: 'anthropic', dialect: `anthropic-${form}`, model: 'scripted', baseUrl: vendor.url, apiKeyEnv: 'SCRIPTED_KEY' }] }));
        await using controller = await ControllerProcess.start({ VITRINE_MODELS_FILE: file, SCRIPTED_KEY: 'k' });
        const { id } = await controller.post<Run>('/api/runs', { task: 'Do all', model: 'scripted', display, tools: ['shell', 'files'], staleTarget: 'off' });
        const run = await controller.ended(id);
        assert.deepEqual([run.state, run.answer, run.failure], ['succeeded', 'Done', null]);

        const size = pictureSize(form, vendor.asked[0]);
        const ended = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact] : []));
        for (const [index, { name, at }] of steps.entries()) {
          const last = ended.filter(({ callId }) => callId === `toolu_${index}`).at(-1);
          assert.equal(last?.outcome.status, 'performed', `${name}: ${JSON.stringify(last?.outcome)}`);
          const { pointer } = last.outcome;
          if (at !== undefined) assert.deepEqual([pointer.x, pointer.y], [screen(at[0], size.width, display.width), screen(at[1], size.height, display.height)], name);
        }
        const [, , afterActions, afterAll, afterEdits] = vendor.asked.map((asked) => asked.messages.at(-1)?.content.filter(({ type }) => type === 'tool_result') ?? []);
        assertResults(form, steps.map(({ name }) => name), afterActions ?? []);
        const pressed = [...JSON.stringify(afterAll ?? []).matchAll(/([bk])(?:utton|ey) (\d+)/g)].map(([, kind = '', code = '']) => kind + code);
        assert.deepEqual(pressed, [...steps.flatMap(({ presses }) => presses?.split(' ') ?? []), 'k75']);
        assert.equal(afterEdits?.length, edits.length);
        const rows = [...rowsOf(form, steps, afterActions ?? [], ended), ...toolRows(form, [...(afterAll ?? []), ...(afterEdits ?? [])]), await callerRow(form, controller, vendor.asked)];
        assert.deepEqual(new Set(rows.map(({ action }) => action)), new Set(vocabularyOf(`anthropic-${form}`)));
        recordRows(`anthropic-${form}`, rows);
        assert.deepEqual(linesOf(await readFile(tablePage, 'utf8'), `anthropic-${form}`), rows.map(renderRow), 'docs/dialects.md is not what was seen: npm run docs:dialects');
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});

/** A call of the caller's own function through the gateway: what is said beside it and its input go to the caller, whose answer goes to the model. */
async function callerRow(form: ComputerForm, controller: ControllerProcess, asked: readonly Asked[]): Promise<Row> {
  const client = new Anthropic({ baseURL: controller.url, apiKey: controller.headers['authorization']?.slice('Bearer '.length) ?? '', maxRetries: 0 });
  const screenTool = form === 'computer_toolset_20260801' ? { type: form } : { type: form, name: 'computer', display_width_px: 1024, display_height_px: 768 };
  const tools = [screenTool as Anthropic.Beta.BetaToolUnion, { name: lookup.name, input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } }];
  const user = { role: 'user' as const, content: 'How is the weather in Bern?' };
  const first = await client.beta.messages.create({ model: 'scripted', max_tokens: 1000, tools, messages: [user] });
  const [said, called] = first.content;
  assert.deepEqual([first.stop_reason, said?.type === 'text' ? said.text : said, first.content.length], ['tool_use', 'Let me ask.', 2]);
  assert.ok(called?.type === 'tool_use');
  assert.deepEqual([called.name, called.input], [lookup.name, lookup.input]);
  const answer = { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: called.id, content: 'sunny, 21°' }] };
  const second = await client.beta.messages.create({ model: 'scripted', max_tokens: 1000, tools, messages: [user, { role: 'assistant', content: first.content as Anthropic.Beta.BetaContentBlockParam[] }, answer] });
  assert.deepEqual(second.content.map((block) => (block.type === 'text' ? block.text : block.type)), ['It is sunny']);
  const result = asked.at(-1)?.messages.at(-1)?.content.find(({ type }) => type === 'tool_result');
  assert.match(JSON.stringify(result?.['content']), /sunny, 21°/);
  return { action: callersFunction, said: JSON.stringify(lookup.input), performed: 'asks the caller', result: kindOf(result) };
}

function use(form: ComputerForm, id: string, name: MemberName, input: object): Block {
  if (form === 'computer_toolset_20260801') return { type: 'tool_use', id, name, toolset_name: 'computer', input, caller: { type: 'direct' } };
  return { type: 'tool_use', id, name: 'computer', input: { action: name, ...input } };
}

function edit(form: ComputerForm, id: string, input: object): Block {
  return { type: 'tool_use', id, name: filesToolOf(form).name, input };
}

type Ended = Extract<RunFact, { type: 'action.ended' }>;

function rowsOf(form: ComputerForm, steps: readonly { readonly name: MemberName; readonly input: object }[], results: readonly Block[], ended: readonly Ended[]): Row[] {
  return steps.map(({ name, input }, index) => ({
    action: name,
    said: JSON.stringify(use(form, '', name, input)['input']),
    performed: ended.filter(({ callId }) => callId === `toolu_${index}`).map(({ action }) => performedWords(action)).join(', '),
    result: kindOf(results[index]),
  }));
}

/** The shell told what the X server saw; the editor must have answered each command. */
function toolRows(form: ComputerForm, [shell, ...results]: readonly Block[]): Row[] {
  const rows = edits.map(({ input, answers, performed }, index): Row => {
    assert.match(JSON.stringify(results[index]?.['content']), answers, input.command);
    return { action: `${filesToolOf(form).name} ${input.command}`, said: JSON.stringify(input), performed, result: kindOf(results[index]) };
  });
  return [{ action: shellToolOf(form).name, said: '{"command":"xdotool key F9; …"}', performed: 'a command of the shell', result: kindOf(shell) }, ...rows];
}

function kindOf(result: Block | undefined): string {
  const types = new Set((result?.['content'] as Block[] | undefined)?.map(({ type }) => type));
  return [...(types.has('text') ? ['text'] : []), ...(types.has('image') ? ['a screenshot'] : [])].join(' and ');
}

/** The size that a dated form was told; the toolset's pictures have the display's. */
function pictureSize(form: ComputerForm, asked: Asked | undefined): { readonly width: number; readonly height: number } {
  if (form === 'computer_toolset_20260801') return display;
  const [tool] = asked?.tools ?? [];
  const size = { width: Number(tool?.['display_width_px']), height: Number(tool?.['display_height_px']) };
  assert.ok(size.width < display.width && size.width * size.height <= 1_150_000, JSON.stringify(tool));
  return size;
}

function screen(at: number, picture: number, whole: number): number {
  return Math.floor(((at + 0.5) * whole) / picture);
}

function assertResults(form: ComputerForm, names: readonly MemberName[], results: readonly Block[]): void {
  assert.deepEqual(results.map((result) => result['tool_use_id']), names.map((_, index) => `toolu_${index}`));
  for (const [index, result] of results.entries()) {
    const name = names[index];
    const content = result['content'] as Block[];
    const hasPicture = content.some(({ type }) => type === 'image');
    assert.equal(result['is_error'], undefined, `${name}: ${JSON.stringify(content).slice(0, 300)}`);
    assert.equal(result['toolset_name'], form === 'computer_toolset_20260801' ? 'computer' : undefined);
    assert.equal(hasPicture, form !== 'computer_toolset_20260801' || name === 'screenshot' || name === 'zoom' || index === results.length - 1, String(name));
    if (name === 'cursor_position') assert.match(JSON.stringify(content), /X=700,Y=300/);
  }
}
