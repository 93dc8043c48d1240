import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computerForms } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import { readResponse } from '../../controller/dialects/anthropic-messages/read-response.ts';
import { writeRequest } from '../../controller/dialects/anthropic-messages/write-request.ts';
import { haltText, prunedPicture } from '../../controller/dialects/anthropic-messages/write-results.ts';
import type { CallResult, Entry, Offer, Transcript, Turn } from '../../controller/dialects/transcript.ts';
import { Turn as TurnSchema } from '../../controller/dialects/transcript.ts';
import { VitrineError } from '../../controller/errors.ts';

const toolset = 'computer_toolset_20260801';
const frame = { region: { x: 0, y: 0, width: 2000, height: 1600 }, width: 1000, height: 800 };
const pictures = new Map(['f1', 'f2', 'f3'].map((id, index) => [id, `data:image/png;base64,${'ABC'[index]}AAA`]));
const frames = new Map([['f2', { pointer: { x: 201, y: 401 } }]]);
const nothingElse: Offer = { shell: false, files: false, person: false, callerTools: [], answerFormat: null };
const weather = { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
const everything: Offer = { shell: true, files: true, person: false, callerTools: [weather], answerFormat: null };

const readAs = (form: ComputerForm, content: unknown[], more: object = {}, offer = nothingElse): Turn => {
  const turn = readResponse({ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'tool_use', usage: { input_tokens: 5, output_tokens: 7 }, ...more }, { form, offer, frame, pointer: { x: 0, y: 0 } });
  return TurnSchema.parse(turn);
};
const member = (id: string, name: string, input: object = {}) => ({ type: 'tool_use', id, name, toolset_name: 'computer', input, caller: { type: 'direct' } });
const dated = (id: string, input: object) => ({ type: 'tool_use', id, name: 'computer', input });
const task = (more: Partial<Extract<Entry, { kind: 'task' }>> = {}): Entry => ({ kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [], ...more });
const results = (...list: (Partial<CallResult> & { callId: string })[]): Entry => ({ kind: 'results', results: list.map((one) => ({ isError: false, notes: [], acknowledged: [], frameId: 'f2', ...one })) });
const write = (form: ComputerForm, transcript: Transcript, offer = nothingElse) => writeRequest('The briefing', transcript, pictures, offer, frame, { form, frames });
const text = (words: string) => ({ type: 'text', text: words });
const picture = (letter: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: `${letter}AAA` } });
const cached = { cache_control: { type: 'ephemeral' } };
const answersTo = (form: ComputerForm, turn: Turn, entry: Entry, offer = nothingElse) => write(form, [task(), { kind: 'turn', turn }, entry], offer).body.messages.at(-1)?.content ?? [];

describe('writeRequest', () => {
  const taskMessage = { role: 'user', content: [text('Do it'), text('The screen:'), picture('A')] };

  it('offers the tool of each form, with its companions and its beta', () => {
    const size = { display_width_px: 1000, display_height_px: 800 };
    const custom = { name: 'weather', description: 'The weather', input_schema: weather.parameters };
    const bash = { type: 'bash_20250124', name: 'bash' };
    const edit = { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 30_000 };
    const expected: Record<ComputerForm, [betas: string[], tools: object[]]> = {
      computer_toolset_20260801: [[], [{ type: toolset }, bash, edit, custom]],
      computer_20251124: [['computer-use-2025-11-24'], [{ type: 'computer_20251124', name: 'computer', ...size, enable_zoom: true }, bash, edit, custom]],
      computer_20250124: [['computer-use-2025-01-24'], [{ type: 'computer_20250124', name: 'computer', ...size }, bash, edit, custom]],
      computer_20241022: [['computer-use-2024-10-22'], [{ type: 'computer_20241022', name: 'computer', ...size }, { type: 'bash_20241022', name: 'bash' }, { type: 'text_editor_20241022', name: 'str_replace_editor' }, custom]],
    };
    for (const form of computerForms) {
      const { betas, body } = write(form, [task()], everything);
      assert.deepEqual([betas, body.tools], expected[form]);
      assert.deepEqual(body.system, [{ ...text('The briefing'), ...cached }]);
      assert.deepEqual(body.messages, [taskMessage]);
      assert.deepEqual(write(form, [task()]).body.tools.length, 1);
    }
  });

  it('answers a batch of the toolset with texts, and with pictures where it looked and at the end', () => {
    const turn = readAs(toolset, [member('t1', 'left_click', { coordinate: [1, 2] }), member('t2', 'cursor_position'), member('t3', 'zoom', { region: [0, 0, 10, 10] }), member('t4', 'scroll', { scroll_direction: 'down', scroll_amount: 3 })]);
    const entry = results({ callId: 't1', notes: ['click at 3,5 was performed; nothing visible changed.'] }, { callId: 't2', notes: ['The pointer is at 201,401.'] }, { callId: 't3', frameId: 'f3' }, { callId: 't4' });
    const result = (id: string, ...content: object[]) => ({ type: 'tool_result', tool_use_id: id, toolset_name: 'computer', content });
    assert.deepEqual(answersTo(toolset, turn, entry), [
      result('t1', text('Clicked. click at 3,5 was performed; nothing visible changed.')),
      result('t2', text('X=100,Y=200')),
      result('t3', picture('C')),
      { ...result('t4', text('Scrolled down.'), picture('B')), ...cached },
    ]);
  });

  it('halts a batch of the toolset at the first failure in the words of the contract, and shows the screen behind it', () => {
    const turn = readAs(toolset, [member('t1', 'type', { text: 'a' }), member('t2', 'left_click'), member('t3', 'screenshot'), member('t4', 'key', { text: 'Tab' })]);
    const entry = results({ callId: 't1' }, { callId: 't2', isError: true, notes: ['click was not performed: stale target.'] }, { callId: 't3', isError: true, notes: ['anything'] }, { callId: 't4', isError: true, notes: ['anything'], frameId: 'f3' });
    const failed = (id: string, words: string) => ({ type: 'tool_result', tool_use_id: id, toolset_name: 'computer', content: [text(words)], is_error: true });
    assert.equal(haltText, 'Not executed: an earlier computer action in this turn failed.');
    assert.deepEqual(answersTo(toolset, turn, entry), [
      { type: 'tool_result', tool_use_id: 't1', toolset_name: 'computer', content: [text('Typed.')] },
      failed('t2', 'click was not performed: stale target.'), failed('t3', haltText), { ...failed('t4', haltText), ...cached }, text('The screen:'), picture('C'),
    ]);
  });

  it('tells every problem of a turn that was not valid, and shows no screen again', () => {
    const turn = readAs(toolset, [member('t1', 'screenshot'), member('t2', 'key', { text: 'NOPE' })]);
    const entry = results({ callId: 't1', isError: true, notes: ['Not performed: another call was not valid.'] }, { callId: 't2', isError: true, notes: [turn.calls[1]?.problem ?? ''] });
    const told = answersTo(toolset, turn, entry);
    assert.equal(told.length, 2);
    assert.match(JSON.stringify(told[1]), /unknown key/);
  });

  for (const form of ['computer_20251124', 'computer_20250124', 'computer_20241022'] as const) {
    it(`answers every action of ${form} with words and the picture after it`, () => {
      const turn = readAs(form, [dated('t1', { action: 'left_click', coordinate: [1, 2] }), dated('t2', { action: 'screenshot' }), dated('t3', { action: 'cursor_position' })]);
      assert.deepEqual(answersTo(form, turn, results({ callId: 't1' }, { callId: 't2' }, { callId: 't3' })), [
        { type: 'tool_result', tool_use_id: 't1', content: [text('Clicked.'), picture('B')] },
        { type: 'tool_result', tool_use_id: 't2', content: [picture('B')] },
        { type: 'tool_result', tool_use_id: 't3', content: [text('X=100,Y=200'), picture('B')], ...cached },
      ]);
    });
  }

  it('leaves no result empty when its picture is no longer shown', () => {
    const turn = readAs(toolset, [member('t1', 'screenshot')]);
    assert.deepEqual(answersTo(toolset, turn, results({ callId: 't1', frameId: 'f9' })), [{ type: 'tool_result', tool_use_id: 't1', toolset_name: 'computer', content: [text(prunedPicture)], ...cached }]);
  });

  it('gives what shell, editor and functions answered, and what a person refused', () => {
    const turn = readAs(toolset, [
      { type: 'tool_use', id: 't1', name: 'bash', input: { command: 'ls' } }, { type: 'tool_use', id: 't2', name: 'weather', input: { city: 'Ulm' } },
      { type: 'tool_use', id: 't3', name: 'bash', input: { command: 'true' } }, { type: 'tool_use', id: 't4', name: 'bash', input: { command: 'rm x' } },
    ], {}, everything);
    const entry = results({ callId: 't1', output: 'a\nb', notes: ['It took 3 s.'] }, { callId: 't2', output: 'no such city', isError: true }, { callId: 't3', output: '' }, { callId: 't4', isError: true, notes: ['ann denied it: not today'] });
    assert.deepEqual(answersTo(toolset, turn, entry, everything), [
      { type: 'tool_result', tool_use_id: 't1', content: [text('a\nb'), text('It took 3 s.')] },
      { type: 'tool_result', tool_use_id: 't2', content: [text('no such city')], is_error: true },
      { type: 'tool_result', tool_use_id: 't3', content: [text('(no output)')] },
      { type: 'tool_result', tool_use_id: 't4', content: [text('ann denied it: not today')], is_error: true, ...cached },
    ]);
  });

  it('replays what the model said word for word, thinking included, and answers right behind it with notes last', () => {
    const thinking = { type: 'thinking', thinking: 'I see\u2028“it”', signature: 'c2ln/+==', extra: { b: 1, a: [2.5, null] } };
    const redacted = { type: 'redacted_thinking', data: 'AAAA' };
    const raw = [thinking, redacted, text('Now.'), member('t1', 'screenshot')];
    const turn = readAs(toolset, [...raw, text(' ')]);
    const { body } = write(toolset, [task(), { kind: 'turn', turn: JSON.parse(JSON.stringify(turn)) as Turn }, results({ callId: 't1' }), { kind: 'note', from: 'person', text: 'Faster', frameId: null }, { kind: 'note', from: 'vitrine', text: 'Look', frameId: 'f3' }, { kind: 'note', from: 'caller', text: 'Hello', frameId: null }]);
    assert.deepEqual(body.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.equal(JSON.stringify(body.messages[1]?.content), JSON.stringify(raw));
    assert.deepEqual(body.messages[2]?.content.slice(1), [text('A person who watches says: Faster'), text('Vitrine says: Look'), text('The screen:'), picture('C'), text('Hello')]);
  });

  it('gives calls without readable input back with an empty one', () => {
    const turn = readAs(toolset, [{ type: 'tool_use', id: 't1', name: 'left_click', toolset_name: 'computer', input: 'here' }, { type: 'tool_use', id: 't2', name: 'left_click', toolset_name: 'computer', input: null }]);
    const said = write(toolset, [task(), { kind: 'turn', turn }]).body.messages[1]?.content ?? [];
    assert.deepEqual(said.map((block) => block['input']), [{}, {}]);
  });

  it('answers calls that have no result, and leaves out unfinished turns', () => {
    const turn = readAs(toolset, [member('t1', 'screenshot')]);
    const { body } = write(toolset, [task(), { kind: 'turn', turn: { ...turn, unfinished: 'max_tokens' } }, { kind: 'turn', turn }]);
    assert.deepEqual(body.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.deepEqual(body.messages[2]?.content[0], { type: 'tool_result', tool_use_id: 't1', toolset_name: 'computer', content: [text('Nothing of this call was done.')], is_error: true, ...cached });
  });

  it('sets no more than four breakpoints, the latest ones', () => {
    const turns = ['t1', 't2', 't3', 't4', 't5'].flatMap((id): Entry[] => [{ kind: 'turn', turn: readAs(toolset, [member(`${id}a`, 'wait', { duration: 1 }), member(id, 'screenshot')]) }, results({ callId: `${id}a` }, { callId: id })]);
    const { body } = write(toolset, [task(), ...turns]);
    const marked = body.messages.flatMap(({ content }) => content.filter((block) => 'cache_control' in block)).map((block) => block['tool_use_id']);
    assert.deepEqual(marked, ['t3', 't4', 't5']);
    assert.equal(JSON.stringify(body).split('cache_control').length - 1, 4);
  });

  it('tells what was said before the task, with pictures', () => {
    const url = 'data:image/jpeg;base64,/9j/';
    const { body } = write(toolset, [task({ earlier: [{ role: 'assistant', text: 'Hi', pictures: [] }, { role: 'user', text: 'See', pictures: [url] }], pictures: [url, 'http://example.org/x.png'], text: ' ', frameId: null })]);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: '/9j/' } };
    assert.deepEqual(body.messages, [
      { role: 'user', content: [text('Earlier in this conversation:')] }, { role: 'assistant', content: [text('Hi')] },
      { role: 'user', content: [text('See'), image, image, text('[A picture in a form that cannot be shown.]')] },
    ]);
  });

  it('asks for the form of the answer, by the API where it is to be kept strictly and the form of tool has it', () => {
    const format = { name: 'answer', schema: { type: 'object' }, strict: true };
    assert.deepEqual(write(toolset, [task()], { ...nothingElse, answerFormat: format }).body.output_config, { format: { type: 'json_schema', schema: { type: 'object' } } });
    for (const [form, strict] of [[toolset, false], ['computer_20241022', true]] as const) {
      const { body } = write(form, [task()], { ...nothingElse, answerFormat: { ...format, strict } });
      assert.equal(body.output_config, undefined);
      assert.match(String(body.system?.at(-1)?.['text']), /valid against this JSON schema \(answer\): \{"type":"object"\}/);
    }
  });
});

describe('readResponse', () => {
  it('makes a call of every tool_use, follows the pointer between them, and counts tokens', () => {
    const turn = readAs(toolset, [{ type: 'thinking', thinking: 'Hm', signature: 's' }, text('Now.'), member('t1', 'mouse_move', { coordinate: [10, 10] }), member('t2', 'left_click_drag', { coordinate: [20, 20] })], {
      usage: { input_tokens: 5, cache_creation_input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 7, output_tokens_details: { thinking_tokens: 3 } },
    });
    assert.deepEqual(turn.calls.map(({ callId, actions, problem }) => [callId, actions.map(({ type }) => type), problem]), [['t1', ['move'], undefined], ['t2', ['drag'], undefined]]);
    assert.deepEqual(turn.calls[1]?.actions[0], { type: 'drag', path: [{ x: 21, y: 21 }, { x: 41, y: 41 }], button: 'left', modifiers: [] });
    assert.deepEqual([turn.commentary, turn.message, turn.unfinished], ['Hm\n\nNow.', null, null]);
    assert.deepEqual(turn.usage, { inputTokens: 125, cachedInputTokens: 100, outputTokens: 7, reasoningTokens: 3 });
  });

  it('tells the final word, a refusal, and why an answer is not to be used', () => {
    const cases: [stop: string | null, content: object[], message: string | null, unfinished: string | null, refusal: string | null][] = [
      ['end_turn', [text('Done'), text('.')], 'Done\n\n.', null, null],
      ['stop_sequence', [text('Done')], 'Done', null, null],
      ['refusal', [text('I will not')], null, null, 'I will not'],
      ['refusal', [], null, null, 'the model declined (cyber)'],
      ['max_tokens', [text('Do'), member('t1', 'left_click')], null, 'max_tokens', null],
      ['pause_turn', [text('Do')], null, 'pause_turn', null],
      ['model_context_window_exceeded', [text('Do')], null, 'model_context_window_exceeded', null],
      ['tomorrow', [text('Do')], null, 'tomorrow', null],
      [null, [text('Do')], null, 'the message has no stop_reason', null],
      ['end_turn', [], null, 'the message holds neither a call nor a text', null],
    ];
    for (const [stop, content, message, unfinished, refusal] of cases) {
      const turn = readAs(toolset, content, { stop_reason: stop, stop_details: { type: 'refusal', category: 'cyber', explanation: null } });
      assert.deepEqual([turn.message, turn.unfinished, turn.refusal], [message, unfinished, refusal], String(stop));
    }
  });

  it('tells the desktop, the caller and what is not offered apart', () => {
    const content = [
      { type: 'tool_use', id: 't1', name: 'bash', input: { command: 'ls' } }, { type: 'tool_use', id: 't2', name: 'str_replace_based_edit_tool', input: { command: 'view', path: '/a' } },
      { type: 'tool_use', id: 't3', name: 'weather', input: { city: 'Ulm' } }, { type: 'tool_use', id: 't4', name: 'nuke', input: {} }, { type: 'tool_use', id: 't5', name: 'screenshot', input: {} },
    ];
    const [bash, edit, asked, unknown, bare] = readAs(toolset, content, {}, everything).calls;
    assert.deepEqual([bash?.tool?.type, edit?.tool?.type, asked?.asks], ['shell', 'view', { name: 'weather', arguments: '{"city":"Ulm"}' }]);
    assert.match(unknown?.problem ?? '', /no tool "nuke" here: use the computer tool, bash, str_replace_based_edit_tool, weather/);
    assert.deepEqual(bare?.actions, [{ type: 'screenshot' }]);
    assert.ok(readAs(toolset, content).calls.slice(0, 4).every(({ problem }) => problem !== undefined));
  });

  it('keeps a function of the caller apart that has the name of a tool', () => {
    const offer = { ...everything, callerTools: [{ ...weather, name: 'bash' }, { ...weather, name: 'wait' }] };
    assert.deepEqual(write(toolset, [task()], offer).body.tools.slice(3).map((tool) => tool['name']), ['caller_bash', 'wait']);
    const { calls } = readAs(toolset, [{ type: 'tool_use', id: 't1', name: 'caller_bash', input: {} }, { type: 'tool_use', id: 't2', name: 'wait', input: {} }, member('t3', 'wait', { duration: 1 })], {}, offer);
    assert.deepEqual(calls.map(({ asks, actions }) => asks?.name ?? actions[0]?.type), ['bash', 'wait', 'wait']);
    assert.deepEqual(calls[2]?.actions, [{ type: 'wait', ms: 1000 }]);
  });

  it('performs no more actions in a turn than the limit', () => {
    const { calls } = readAs('computer_20250124', Array.from({ length: 65 }, (_, index) => dated(`t${index}`, { action: 'left_click' })));
    assert.deepEqual(calls.map(({ problem }) => problem !== undefined).filter(Boolean).length, 1);
    assert.match(calls.at(-1)?.problem ?? '', /more than 64 actions/);
  });

  it('refuses what is no message', () => {
    for (const body of [null, 'x', {}, { id: 'm', content: 'x' }]) {
      assert.throws(() => readResponse(body, { form: toolset, offer: nothingElse, frame, pointer: { x: 0, y: 0 } }), (error) => error instanceof VitrineError && error.code === 'model_failed' && error.message.includes('Messages API'));
    }
  });

  it('uses nothing of a turn whose calls cannot be told apart, or have no id', () => {
    for (const [content, why] of [
      [[{ type: 'tool_use', name: 'x' }], /its tool_use cannot be read: id/],
      [[member('t', 'screenshot'), member('t', 'screenshot')], /two of its calls have the id t/],
    ] as const) {
      const turn = readResponse({ id: 'm', content, stop_reason: 'tool_use' }, { form: toolset, offer: nothingElse, frame, pointer: { x: 0, y: 0 } });
      assert.match(turn.unfinished ?? '', why);
      assert.deepEqual([turn.calls, turn.message, turn.refusal], [[], null, null]);
    }
  });

  it('makes of anything a turn that can be told again, or model_failed', () => {
    const block = fc.oneof(fc.anything(), fc.record({
      type: fc.constantFrom('tool_use', 'text', 'thinking', 'other'), id: fc.constantFrom('a', 'b', 'c'), name: fc.constantFrom('computer', 'key', 'bash', 'weather', 'str_replace_editor', 'x'),
      toolset_name: fc.constantFrom('computer', null, undefined, 'x'), text: fc.anything(), input: fc.oneof(fc.anything(), fc.record({ action: fc.constantFrom('key', 'left_click', 'wait'), text: fc.string(), coordinate: fc.anything() })),
    }, { requiredKeys: ['type'] }));
    const body = fc.oneof(fc.anything(), fc.record({ id: fc.constant('m'), content: fc.array(block, { maxLength: 4 }), stop_reason: fc.oneof(fc.constantFrom('tool_use', 'end_turn', 'refusal'), fc.anything()), usage: fc.anything() }));
    let readCount = 0;
    fc.assert(fc.property(fc.constantFrom(...computerForms), body, (form, given) => {
      try {
        const turn = readResponse(given, { form, offer: everything, frame, pointer: { x: 0, y: 0 } });
        readCount += 1;
        TurnSchema.parse(turn);
        const { body: request } = write(form, [task(), { kind: 'turn', turn }, results(...turn.calls.map(({ callId }) => ({ callId })))], everything);
        const ids = request.messages.flatMap(({ content }) => content.flatMap((one) => (one['type'] === 'tool_result' ? [one['tool_use_id']] : [])));
        if (turn.unfinished === null) assert.deepEqual(ids, turn.calls.map(({ callId }) => callId));
      } catch (error) {
        if (!(error instanceof VitrineError)) throw error;
      }
    }), { numRuns: 1500 });
    assert.ok(readCount > 100, `only ${readCount} were messages`);
  });
});
