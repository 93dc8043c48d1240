import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readResponse } from '../../../controller/dialects/openai-responses/read-response.ts';
import { Turn } from '../../../controller/dialects/transcript.ts';
import { VitrineError } from '../../../controller/errors.ts';

const options = { frame: { region: { x: 0, y: 0, width: 1280, height: 800 }, width: 1280, height: 800 }, waitMs: 2000 };
const usage = { input_tokens: 1200, input_tokens_details: { cached_tokens: 1000 }, output_tokens: 80, output_tokens_details: { reasoning_tokens: 60 }, total_tokens: 1280 };
const click = { type: 'click', button: 'left', x: 1, y: 2 };

const response = (output: unknown[], more: object = {}) => ({ id: 'resp_1', object: 'response', status: 'completed', output, usage, ...more });
const call = (more: object = {}) => ({ type: 'computer_call', id: 'cu_1', call_id: 'call_1', status: 'completed', actions: [click], pending_safety_checks: [], ...more });
const message = (text: string, more: object = {}) => ({ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }], ...more });
const read = (body: unknown) => Turn.parse(readResponse(body, options));

describe('readResponse', () => {
  it('reads a batch of actions, what was said beside it, and the tokens', () => {
    const output = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Look first.' }], encrypted_content: 'x' },
      message('I open the menu.', { phase: 'commentary' }),
      call({ actions: [click, { type: 'keypress', keys: ['CTRL', 'A'] }, { type: 'wait' }] }),
    ];
    const turn = read(response(output));
    assert.deepEqual(turn.calls[0]?.actions.map((action) => action.type), ['click', 'key', 'wait']);
    assert.equal(turn.commentary, 'Look first.\n\nI open the menu.');
    assert.equal(turn.message, null);
    assert.deepEqual(turn.usage, { inputTokens: 1200, cachedInputTokens: 1000, outputTokens: 80, reasoningTokens: 60 });
    assert.deepEqual(turn.raw, output, 'the items are kept as they came');
  });

  it('reads a single legacy action and a call without safety checks', () => {
    const turn = read(response([call({ actions: undefined, action: click, pending_safety_checks: undefined })]));
    assert.equal(turn.calls[0]?.actions.length, 1);
    assert.deepEqual(turn.calls[0]?.safetyChecks, []);
  });

  it('reads safety checks that lack code or message', () => {
    const turn = read(response([call({ pending_safety_checks: [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look out' }, { id: 'cu_sc_2' }] })]));
    assert.deepEqual(turn.calls[0]?.safetyChecks, [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'Look out' }, { id: 'cu_sc_2', code: null, message: null }]);
  });

  it('reads the final message, commentary apart', () => {
    const turn = read(response([message('Almost there.', { phase: 'commentary' }), message('Done: 42', { phase: 'final_answer' })]));
    assert.deepEqual([turn.message, turn.commentary, turn.calls.length], ['Done: 42', 'Almost there.', 0]);
  });

  it('reads a refusal, which is no message', () => {
    const turn = read(response([{ ...message(''), content: [{ type: 'refusal', refusal: 'I will not.' }] }]));
    assert.deepEqual([turn.refusal, turn.message], ['I will not.', null]);
  });

  it('performs nothing of a call with one bad action, and says which', () => {
    const turn = read(response([call({ actions: [click, { type: 'move', x: 5000, y: 1 }] })]));
    assert.deepEqual(turn.calls[0]?.actions, []);
    assert.match(turn.calls[0]?.problem ?? '', /action 2 of 2: move: 5000,1 lies off the picture/);
  });

  for (const [name, more, words] of [
    ['no actions', { actions: [] }, /no actions/],
    ['actions that are no list', { actions: { 0: click } }, /no actions/],
    ['both spellings', { action: click }, /both/],
    ['more actions than a turn may hold', { actions: Array.from({ length: 65 }, () => click) }, /more than 64 actions/],
  ] as const) {
    it(`has a problem with a call that holds ${name}`, () => assert.match(read(response([call(more)])).calls[0]?.problem ?? '', words));
  }

  it('answers a call of a function that nobody offered with a problem', () => {
    assert.match(read(response([{ type: 'function_call', call_id: 'call_9', name: 'bash', arguments: '{}' }])).calls[0]?.problem ?? '', /no function "bash"/);
  });

  for (const [name, body, unfinished] of [
    ['a response that is cut off', response([call()], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }), 'max_output_tokens'],
    ['a response in progress', response([], { status: 'in_progress' }), 'the response is in_progress'],
    ['a call in progress', response([call({ status: 'in_progress' })]), 'a call is in_progress'],
    ['nothing at all', response([]), 'the response holds neither a call nor a message'],
  ] as const) {
    it(`does not use ${name}`, () => assert.deepEqual([read(body).unfinished, read(body).message], [unfinished, null]));
  }

  it('tells which failures may pass', () => {
    const fail = (code: string) => () => read(response([], { status: 'failed', error: { code, message: 'no' } }));
    assert.throws(fail('server_error'), (error) => error instanceof VitrineError && error.code === 'model_failed' && error.details?.['retryable'] === true);
    assert.throws(fail('invalid_prompt'), (error) => error instanceof VitrineError && error.details?.['retryable'] === false);
  });

  for (const [name, output, why] of [
    ['two calls with one id', [call(), call()], /two of its calls have the id call_1/],
    ['a call without an id', [call(), call({ call_id: undefined })], /its computer_call cannot be read/],
    ['a call of a function without an id', [{ type: 'function_call', name: 'f', arguments: '{}' }], /its function_call cannot be read/],
    ['a message without content', [call(), { type: 'message' }], /its message cannot be read/],
  ] as const) {
    it(`uses nothing of a turn with ${name}`, () => {
      const turn = read(response([...output]));
      assert.match(turn.unfinished ?? '', why);
      assert.deepEqual([turn.calls, turn.message], [[], null]);
    });
  }

  it('throws nothing but model_failed, whatever it is given', () => {
    const item = fc.oneof(fc.jsonValue(), fc.record({ type: fc.constantFrom('computer_call', 'message', 'reasoning', 'function_call'), call_id: fc.oneof(fc.string(), fc.integer()), actions: fc.jsonValue(), content: fc.jsonValue(), summary: fc.jsonValue(), status: fc.jsonValue() }, { requiredKeys: ['type'] }));
    const body = fc.oneof(fc.jsonValue(), fc.record({ id: fc.string(), status: fc.oneof(fc.constant('completed'), fc.jsonValue()), output: fc.array(item, { maxLength: 4 }), usage: fc.jsonValue(), error: fc.jsonValue() }, { requiredKeys: ['id', 'output'] }));
    fc.assert(fc.property(body, (garbage) => {
      try {
        return Turn.safeParse(readResponse(garbage, options)).success;
      } catch (error) {
        return error instanceof VitrineError && error.code === 'model_failed';
      }
    }), { numRuns: 500 });
  });
});
