import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readResponse as readMessage } from '../../controller/dialects/anthropic-messages/read-response.ts';
import { writeRequest as writeMessages } from '../../controller/dialects/anthropic-messages/write-request.ts';
import { pictureCoordinates } from '../../controller/dialects/coordinates.ts';
import { nothingOffered, offeredFunctions } from '../../controller/dialects/desktop-functions.ts';
import { readChat } from '../../controller/dialects/function-tools/read-chat.ts';
import { readFunctionResponse } from '../../controller/dialects/function-tools/read-function-response.ts';
import { readUiTarsAnswer, writeUiTarsChat } from '../../controller/dialects/function-tools/ui-tars.ts';
import { writeFunctionChat, writeQwenChat } from '../../controller/dialects/function-tools/write-chat.ts';
import { writeFunctionResponse } from '../../controller/dialects/function-tools/write-function-response.ts';
import { readResponse } from '../../controller/dialects/openai-responses/read-response.ts';
import { writeRequest } from '../../controller/dialects/openai-responses/write-input.ts';
import { Turn } from '../../controller/dialects/transcript.ts';
import type { Offer, Transcript } from '../../controller/dialects/transcript.ts';
import type { VitrineError } from '../../controller/errors.ts';

const person: Offer = { ...nothingOffered, person: true };
const frame = { region: { x: 0, y: 0, width: 1280, height: 800 }, width: 1280, height: 800, pointer: { x: 0, y: 0 } };
const pictures = new Map([['f1', 'data:image/png;base64,AAAA'], ['f2', 'data:image/png;base64,BBBB']]);
const answer = 'A person answers: the blue one';

type Dialect = { readonly read: (given: object, offer: Offer) => Turn; readonly write: (transcript: Transcript, offer: Offer) => unknown };
const chatOf = (transcript: Transcript, offer: Offer) => ({ briefing: 'The briefing', transcript, pictures, offer, frame, coordinates: pictureCoordinates, takesAnswerFormat: true, keepsReasoning: true });
const options = (offer: Offer) => ({ frame, coordinates: pictureCoordinates, offer, waitMs: 1 });
const named = (given: object) => ({ name: 'ask_person', arguments: JSON.stringify(given) });
const response = (given: object) => ({ id: 'r', status: 'completed', output: [{ type: 'function_call', id: 'f', call_id: 'c', ...named(given) }] });
const completion = (message: object) => ({ id: 'c', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...message } }] });
const readToolCall = (given: object, offer: Offer) => readChat(completion({ tool_calls: [{ id: 'c', type: 'function', function: named(given) }] }), options(offer));

const dialects: Readonly<Record<string, Dialect>> = {
  'openai-responses': { read: (given, offer) => readResponse(response(given), { frame, waitMs: 1, offer }), write: (transcript, offer) => writeRequest('The briefing', transcript, pictures, offer) },
  'function-responses': { read: (given, offer) => readFunctionResponse(response(given), options(offer)), write: (transcript, offer) => writeFunctionResponse(chatOf(transcript, offer)) },
  'function-chat': { read: readToolCall, write: (transcript, offer) => writeFunctionChat(chatOf(transcript, offer)) },
  qwen: { read: readToolCall, write: (transcript, offer) => writeQwenChat(chatOf(transcript, offer)) },
  'anthropic-messages': {
    read: (given, offer) => readMessage({ id: 'm', stop_reason: 'tool_use', content: [{ type: 'tool_use', id: 'c', name: 'ask_person', input: given }] }, { form: 'computer_toolset_20260801', offer, frame, pointer: frame.pointer }),
    write: (transcript, offer) => writeMessages('The briefing', transcript, pictures, offer, frame, { form: 'computer_20250124', frames: new Map() }),
  },
};

/** A transcript in which a question of this turn was answered. */
function answered(turn: Turn): Transcript {
  return [
    { kind: 'task', text: 'Paint it', frameId: 'f1', earlier: [], pictures: [] },
    { kind: 'turn', turn },
    { kind: 'results', results: [{ callId: turn.calls[0]?.callId ?? '', isError: false, notes: [], acknowledged: [], output: answer, frameId: 'f2' }] },
  ];
}

describe('a question to a person', () => {
  for (const [name, { read, write }] of Object.entries(dialects)) {
    it(`is offered, read and answered: ${name}`, () => {
      const turn = Turn.parse(read({ question: ' Which one? ', choices: ['red', 'blue'] }, person));
      assert.deepEqual(turn.calls, [{ callId: 'c', actions: [], safetyChecks: [], question: { text: 'Which one?', choices: ['red', 'blue'] } }]);
      const written = JSON.stringify(write(answered(turn), person));
      assert.match(written, /Asks the person who is responsible/);
      assert.ok(written.includes(answer), `the answer is not in ${written.slice(0, 500)}`);
    });

    it(`is not there where it is not offered: ${name}`, () => {
      const turn = Turn.parse(read({ question: 'Which one?' }, nothingOffered));
      assert.match(turn.calls[0]?.problem ?? '', /there is no (function|tool) "ask_person" here/);
      assert.doesNotMatch(JSON.stringify(write([{ kind: 'task', text: 'Paint it', frameId: 'f1', earlier: [], pictures: [] }], nothingOffered)), /ask_person/);
    });

    it(`is answered with what is wrong with it: ${name}`, () => {
      for (const given of [{}, { question: '  ' }, { question: 'x'.repeat(4001) }, { question: 'Which?', choices: Array.from({ length: 9 }, String) }]) {
        const [call] = Turn.parse(read(given, person)).calls;
        assert.match(call?.problem ?? '', /^ask_person: /, JSON.stringify(given).slice(0, 80));
        assert.equal(call?.question, undefined);
      }
    });
  }

  it('is the thought of UI-TARS when it calls its user, in an answer of its own', () => {
    const read = (content: string, offer: Offer) => Turn.parse(readChat(completion({ content }), options(offer), readUiTarsAnswer));
    const turn = read('Thought: Which one is yours?\nAction: call_user()', person);
    assert.deepEqual(turn.calls.map(({ question }) => question), [{ text: 'Which one is yours?', choices: [] }]);
    assert.ok(JSON.stringify(writeUiTarsChat(chatOf(answered(turn), person))).includes(answer));
    assert.match(read("Thought: x\nAction: click(start_box='(1,2)')\ncall_user()", person).calls[0]?.problem ?? '', /ask the user in an answer of its own/);
    assert.equal(read('Thought: Which one is yours?\nAction: call_user()', nothingOffered).message, 'Which one is yours?', 'nobody is there: its last word');
  });

  it('has a name that no function of the caller may have beside it', () => {
    assert.throws(() => offeredFunctions({ ...person, callerTools: [{ name: 'ask_person', description: '', parameters: {} }] }), (error: VitrineError) => error.code === 'invalid_request' && /two tools are called ask_person/.test(error.message));
  });
});
