import fc from 'fast-check';
import type { ModelDialect } from '../../controller/models/model-entry.ts';

/** What a vendor's server answers, as a body, and whether anything of it may be performed. */
export type BadTurn = { readonly body: unknown; readonly mayAct: boolean };

/** A call in no vendor's shape: of the screen, or of a function. `isBad`: it can be performed in no reading. */
type Spoken = { readonly name: string; readonly given: unknown; readonly isBad: boolean };
type Family = 'responses' | 'preview' | 'chat' | 'text' | 'tars' | 'toolset' | 'dated';

const families: Readonly<Record<ModelDialect, Family>> = {
  'openai-responses': 'responses', 'openai-responses-preview': 'preview', 'function-chat': 'chat', 'function-responses': 'responses', qwen: 'text', 'ui-tars': 'tars',
  'anthropic-computer_toolset_20260801': 'toolset', 'anthropic-computer_20251124': 'dated', 'anthropic-computer_20250124': 'dated', 'anthropic-computer_20241022': 'dated',
};

const junk = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double(), fc.string(), fc.jsonValue({ maxDepth: 3 }), fc.constant('x'.repeat(300_000)), fc.constant(nested(2000)));
const far = fc.constantFrom(-1, 1281, 5000, 1e9, -1e9, Number.MAX_SAFE_INTEGER);
const strange = fc.string({ minLength: 3, maxLength: 40 }).map((word) => `frob_${word.replaceAll(/[^a-z]/gi, '')}`);

/** Turns that no model should say: unknown actions, wrong types, huge and deep values, missing and repeated ids, cut-off answers, bodies of any JSON. Good calls stand among the bad ones. */
export function badTurns(dialect: ModelDialect): fc.Arbitrary<BadTurn> {
  const calls = fc.array(spokenCall(dialect), { minLength: 1, maxLength: 5 });
  const turn = fc.tuple(calls, fc.constantFrom('whole', 'cut', 'same ids', 'no ids', 'many'), fc.integer({ min: 1, max: 1_000_000 })).map(([spoken, kind, number]) => print(dialect, spoken, kind, number));
  const anything = fc.oneof(junk, envelope(dialect)).map((body) => ({ body, mayAct: true }));
  return fc.oneof({ weight: 4, arbitrary: turn }, { weight: 1, arbitrary: anything });
}

function spokenCall(dialect: ModelDialect): fc.Arbitrary<Spoken> {
  const say = sayerOf(dialect);
  const good = fc.record({ x: fc.integer({ min: 0, max: 500 }), y: fc.integer({ min: 0, max: 500 }) }).map(({ x, y }): Spoken => ({ ...say('move', x, y), isBad: false }));
  const off = fc.tuple(far, far).map(([x, y]): Spoken => ({ ...say('move', x, y), isBad: true }));
  const unknown = strange.map((name): Spoken => ({ ...say(name, 1, 1), isBad: true }));
  const noTool = fc.tuple(strange, junk).map(([name, given]): Spoken => ({ name, given, isBad: true }));
  const wrong = junk.map((given): Spoken => ({ ...say('move', 1, 1), given, isBad: false }));
  const changed = fc.tuple(fc.constantFrom('x', 'y', 'coordinate', 'action', 'type', 'keys', 'text', 'button', 'path'), junk).map(([field, value]): Spoken => {
    const said = say('click', 5, 5);
    return { ...said, given: typeof said.given === 'object' ? { ...said.given, [field]: value } : `click(start_box='${JSON.stringify(value)}')`, isBad: false };
  });
  const tools = fc.tuple(fc.constantFrom('shell', 'edit_file', 'lookup', 'bash', 'str_replace_based_edit_tool'), fc.oneof(junk, fc.constant({ command: 'view', path: '../../etc' }), fc.constant({ command: 'ls' }))).map(([name, given]): Spoken => ({ name, given, isBad: false }));
  return fc.oneof({ weight: 3, arbitrary: good }, off, unknown, noTool, wrong, changed, tools);
}

/** How a dialect says an action of the screen at a point. */
function sayerOf(dialect: ModelDialect): (action: string, x: number, y: number) => Omit<Spoken, 'isBad'> {
  switch (families[dialect]) {
    case 'responses':
    case 'preview':
      if (dialect === 'function-responses') return (action, x, y) => ({ name: 'computer', given: { action, x, y } });
      return (action, x, y) => ({ name: '', given: { type: action, x, y, button: 'left' } });
    case 'chat':
      return (action, x, y) => ({ name: 'computer', given: { action, x, y } });
    case 'text':
      return (action, x, y) => ({ name: 'computer_use', given: { action: action === 'click' ? 'left_click' : action === 'move' ? 'mouse_move' : action, coordinate: [x, y] } });
    case 'tars':
      return (action, x, y) => ({ name: '', given: `${action === 'move' ? 'click' : action}(start_box='(${x},${y})')` });
    case 'toolset':
      return (action, x, y) => ({ name: memberName(action), given: { coordinate: [x, y] } });
    case 'dated':
      return (action, x, y) => ({ name: 'computer', given: { action: memberName(action), coordinate: [x, y] } });
  }
}

function memberName(action: string): string {
  if (action === 'click') return 'left_click';
  return action === 'move' ? 'mouse_move' : action;
}

/** Two good calls of the screen that cannot be answered: without ids, or with one for both. */
export function unansweredTurn(dialect: ModelDialect, ids: 'no ids' | 'same ids'): BadTurn {
  const say = sayerOf(dialect);
  const { body } = print(dialect, [1, 2].map((at): Spoken => ({ ...say('move', at, at), isBad: false })), ids, 1);
  return { body, mayAct: false };
}

type Kind = 'whole' | 'cut' | 'same ids' | 'no ids' | 'many';

function print(dialect: ModelDialect, spoken: readonly Spoken[], kind: Kind, number: number): BadTurn {
  const said = kind === 'many' ? Array.from({ length: 70 }, (_, index) => spoken[index % spoken.length] ?? { name: '', given: null, isBad: true }) : spoken;
  const idOf = (index: number) => (kind === 'no ids' ? undefined : kind === 'same ids' ? 'call_same' : `call_${number}_${index}`);
  const isCut = kind === 'cut';
  const screen = sayerOf(dialect)('move', 1, 1).name;
  const hasBad = spoken.some(({ isBad }) => isBad) || isCut || said.filter(({ name }) => name === screen).length > 64;
  return { body: bodyOf(dialect, said, idOf, isCut, number), mayAct: !hasBad };
}

function bodyOf(dialect: ModelDialect, said: readonly Spoken[], idOf: (index: number) => string | undefined, isCut: boolean, number: number): unknown {
  const written = ({ name, given }: Spoken) => ({ name, arguments: typeof given === 'string' ? given : JSON.stringify(given) });
  switch (families[dialect]) {
    case 'responses':
    case 'preview': {
      const isScreen = (name: string) => name === '';
      const item = (one: Spoken, index: number) => (isScreen(one.name)
        ? { type: 'computer_call', id: `cu_${index}`, call_id: idOf(index), status: 'completed', ...(dialect === 'openai-responses' ? { actions: [one.given] } : { action: one.given }) }
        : { type: 'function_call', id: `fc_${index}`, call_id: idOf(index), status: 'completed', ...written(one) });
      return { id: `resp_${number}`, object: 'response', status: isCut ? 'incomplete' : 'completed', incomplete_details: isCut ? { reason: 'max_output_tokens' } : null, output: said.map(item) };
    }
    case 'chat':
      return chat({ content: null, tool_calls: said.map((one, index) => ({ id: idOf(index), type: 'function', function: written(one) })) }, isCut, number);
    case 'text':
      return chat({ content: said.map(({ name, given }) => `<tool_call>${JSON.stringify({ name, arguments: given })}</tool_call>`).join('\n') }, isCut, number);
    case 'tars':
      return chat({ content: `Thought: x\nAction: ${said.map(({ name, given }) => (name === '' ? String(given) : `${name}(start_box='(1,1)')`)).join('\n')}` }, isCut, number);
    case 'toolset':
    case 'dated': {
      const isToolset = families[dialect] === 'toolset';
      const block = ({ name, given }: Spoken, index: number) => ({ type: 'tool_use', id: idOf(index), name, input: given, ...(isToolset && !['bash', 'lookup', 'str_replace_based_edit_tool'].includes(name) ? { toolset_name: 'computer' } : {}) });
      return { id: `msg_${number}`, type: 'message', role: 'assistant', content: said.map(block), stop_reason: isCut ? 'max_tokens' : 'tool_use' };
    }
  }
}

function chat(message: object, isCut: boolean, number: number): unknown {
  return { id: `chat_${number}`, object: 'chat.completion', choices: [{ index: 0, finish_reason: isCut ? 'length' : 'stop', message: { role: 'assistant', ...message } }] };
}

/** A body of about the right form, with anything in it. */
function envelope(dialect: ModelDialect): fc.Arbitrary<unknown> {
  const family = families[dialect];
  const parts = fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ type: fc.constantFrom('computer_call', 'function_call', 'message', 'reasoning', 'tool_use', 'text', 'thinking'), content: junk, name: junk, arguments: junk, input: junk, id: junk, call_id: junk, text: junk }, { requiredKeys: [] })), { maxLength: 4 }));
  if (family === 'responses' || family === 'preview') return fc.record({ id: fc.oneof(junk, fc.constant('resp_1')), status: fc.oneof(junk, fc.constantFrom('completed', 'failed', 'queued')), output: parts, error: junk, usage: junk }, { requiredKeys: [] });
  if (family === 'toolset' || family === 'dated') return fc.record({ id: fc.oneof(junk, fc.constant('msg_1')), role: fc.constant('assistant'), content: parts, stop_reason: fc.oneof(junk, fc.constantFrom('end_turn', 'refusal', 'pause_turn', 'tool_use')), usage: junk }, { requiredKeys: [] });
  return fc.record({ id: junk, error: junk, choices: fc.oneof(junk, fc.array(fc.record({ message: fc.oneof(junk, fc.record({ content: parts, tool_calls: parts, refusal: junk, reasoning_content: junk }, { requiredKeys: [] })), finish_reason: junk }, { requiredKeys: [] }), { maxLength: 2 })), usage: junk }, { requiredKeys: [] });
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let count = 0; count < depth; count += 1) value = [value];
  return value;
}
