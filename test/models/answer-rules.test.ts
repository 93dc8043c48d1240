import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { AnswerRules, Offer } from '../../controller/dialects/transcript.ts';
import type { ModelDialect } from '../../controller/models/model-entry.ts';
import type { DecideRequest } from '../../controller/models/model.ts';
import { createModels } from '../../controller/models/models.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { finalAnswer, json, startVendor } from './vendor-server.ts';
import type { Reply } from './vendor-server.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const frame: Frame = {
  frameId: 'f1', capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 1280, height: 800,
  byteLength: png.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
const offer: Offer = { shell: false, files: false, person: false, callerTools: [{ name: 'weather', description: '', parameters: {} }], answerFormat: null };
const asked = (rules: AnswerRules): DecideRequest => ({
  runId: 'r1', briefing: 'The briefing', transcript: [{ kind: 'task', text: 'Do it', frameId: 'f1', earlier: [], pictures: [] }], offer: { ...offer, rules }, frame, loadPicture: () => Promise.resolve({ frame, bytes: png }),
});
const completion = json(200, { id: 'c', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Done' }, finish_reason: 'stop' }] });
const message = json(200, { id: 'm', type: 'message', role: 'assistant', model: 'x', content: [{ type: 'text', text: 'Done' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } });
const answers: Readonly<Record<'openai' | 'chat' | 'anthropic', Reply>> = { openai: finalAnswer('Done'), chat: completion, anthropic: message };

/** What a model's server is sent of the fields that rules are written into. */
async function sent(dialect: ModelDialect, rules: AnswerRules, maxOutputTokens?: number): Promise<Record<string, unknown>> {
  const shape = dialect.startsWith('anthropic') ? 'anthropic' : dialect.endsWith('chat') ? 'chat' : 'openai';
  await using vendor = await startVendor(answers[shape]);
  const provider = shape === 'anthropic' ? 'anthropic' : 'compatible';
  const models = createModels({ entries: [{ name: 'm', provider, dialect, model: 'x', baseUrl: vendor.url, apiKey: 'k', maxRetries: 0, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) }], rehearsalUrl: 'http://127.0.0.1:1', log: pino({ level: 'silent' }) });
  await models.get('m').decide(asked(rules), AbortSignal.timeout(10_000));
  const body = vendor.seen[0]?.body ?? assert.fail('nothing was asked');
  return Object.fromEntries(['max_output_tokens', 'max_tokens', 'tool_choice', 'parallel_tool_calls'].flatMap((name) => (name in body ? [[name, body[name]]] : [])));
}

describe('rules for an answer', () => {
  const required = { firstCall: 'any', singleCall: true, maxOutputTokens: 50 } as const;
  const named = { firstCall: { function: 'weather' } } as const;
  const cases: readonly (readonly [ModelDialect, AnswerRules, Record<string, unknown>])[] = [
    ['openai-responses', required, { max_output_tokens: 50, tool_choice: 'required', parallel_tool_calls: false }],
    ['openai-responses', named, { tool_choice: { type: 'function', name: 'weather' } }],
    ['openai-responses', { firstCall: 'screen' }, { tool_choice: { type: 'computer' } }],
    ['openai-responses-preview', { firstCall: 'screen' }, { tool_choice: { type: 'computer_use_preview' } }],
    ['function-responses', required, { max_output_tokens: 50, tool_choice: 'required', parallel_tool_calls: false }],
    ['function-responses', { firstCall: 'screen' }, { tool_choice: { type: 'function', name: 'computer' } }],
    ['function-chat', required, { max_tokens: 50, tool_choice: 'required', parallel_tool_calls: false }],
    ['function-chat', named, { tool_choice: { type: 'function', function: { name: 'weather' } } }],
    ['function-chat', { firstCall: 'screen' }, { tool_choice: { type: 'function', function: { name: 'computer' } } }],
    ['anthropic-computer_toolset_20260801', required, { max_tokens: 50, tool_choice: { type: 'any', disable_parallel_tool_use: true } }],
    ['anthropic-computer_toolset_20260801', { firstCall: 'screen' }, { max_tokens: 16_000, tool_choice: { type: 'any' } }],
    ['anthropic-computer_20250124', { firstCall: 'screen' }, { max_tokens: 16_000, tool_choice: { type: 'tool', name: 'computer' } }],
    ['anthropic-computer_20250124', named, { max_tokens: 16_000, tool_choice: { type: 'tool', name: 'weather' } }],
    ['anthropic-computer_20250124', { singleCall: true }, { max_tokens: 16_000, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }],
  ];
  for (const [dialect, rules, fields] of cases) {
    it(`are told to the server of ${dialect}: ${JSON.stringify(rules)}`, async () => assert.deepEqual(await sent(dialect, rules), fields));
  }

  it('change nothing of a request when there are none', async () => {
    assert.deepEqual(await sent('openai-responses', {}), {});
    assert.deepEqual(await sent('function-chat', {}), {});
  });

  it('never widen what the model is configured with', async () => {
    for (const [wanted, most] of [[50, 50], [5000, 700]] as const) {
      assert.deepEqual(await sent('openai-responses', { maxOutputTokens: wanted }, 700), { max_output_tokens: most });
      assert.deepEqual(await sent('function-chat', { maxOutputTokens: wanted }, 700), { max_tokens: most });
      assert.deepEqual(await sent('anthropic-computer_20250124', { maxOutputTokens: wanted }, 700), { max_tokens: most });
    }
  });
});
