import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readResponse as readMessage } from '../../controller/dialects/anthropic-messages/read-response.ts';
import { pictureCoordinates } from '../../controller/dialects/coordinates.ts';
import { readChat } from '../../controller/dialects/function-tools/read-chat.ts';
import { readResponse } from '../../controller/dialects/openai-responses/read-response.ts';
import type { Offer, Turn } from '../../controller/dialects/transcript.ts';

const offer: Offer = { shell: false, files: false, person: false, callerTools: [{ name: 'weather', description: '', parameters: {} }], answerFormat: null };
const pointer = { x: 0, y: 0 };
const frame = { region: { x: 0, y: 0, width: 1280, height: 800 }, width: 1280, height: 800, pointer };
const call = (name: string, given: object) => ({ name, arguments: JSON.stringify(given) });

/** What each dialect reads of a turn that thinks, speaks, and calls a function. */
const readers: Readonly<Record<string, (name: string, given: object) => Turn>> = {
  'openai-responses': (name, given) => readResponse({ id: 'r', status: 'completed', output: [
    { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'I think.' }] },
    { type: 'message', id: 'm', phase: 'commentary', content: [{ type: 'output_text', text: 'I say.' }] },
    { type: 'function_call', id: 'f', call_id: 'c', ...call(name, given) },
  ] }, { frame, waitMs: 1, offer }),
  'anthropic-messages': (name, given) => readMessage({ id: 'm', stop_reason: 'tool_use', content: [
    { type: 'thinking', thinking: 'I think.', signature: 's' }, { type: 'text', text: 'I say.' },
    { type: 'tool_use', id: 'c', name, input: given, ...(name === 'weather' ? {} : { toolset_name: 'computer' }) },
  ] }, { form: 'computer_toolset_20260801', offer, frame, pointer }),
  'openai-chat': (name, given) => readChat({ id: 'x', choices: [{ finish_reason: 'tool_calls', message: { role: 'assistant', reasoning_content: 'I think.', content: 'I say.', tool_calls: [{ id: 'c', type: 'function', function: call(name, given) }] } }] }, { frame, coordinates: pictureCoordinates, offer, waitMs: 1 }),
};

describe('what a model says beside its calls', () => {
  for (const [dialect, read] of Object.entries(readers)) {
    it(`is kept apart from its thoughts where it goes to the caller with a call of a function of theirs: ${dialect}`, () => {
      const turn = read('weather', { city: 'Ulm' });
      assert.deepEqual(turn.calls.map(({ asks }) => asks?.name), ['weather']);
      assert.deepEqual([turn.commentary, turn.said], ['I think.\n\nI say.', 'I say.']);
    });

    it(`is commentary only beside other calls: ${dialect}`, () => {
      const turn = read('screenshot', {});
      assert.equal(turn.calls.length, 1);
      assert.deepEqual([turn.commentary, 'said' in turn], ['I think.\n\nI say.', false]);
    });
  }
});
