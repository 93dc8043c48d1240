import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type OpenAI from 'openai';
import type { AnswerRules, Turn } from '../../controller/dialects/transcript.ts';
import { VitrineError } from '../../controller/errors.ts';
import { asks, clicks, held, says, startGateway } from './gateway-world.ts';

type World = Awaited<ReturnType<typeof startGateway>>;
const schema = { type: 'object' as const, properties: {} };
const user = [{ role: 'user' as const, content: 'go' }];
const bodies = {
  '/responses': { model: 'any', input: 'go', tools: [{ type: 'computer' }, { type: 'function', name: 'weather', parameters: schema, strict: false }] },
  '/chat/completions': { model: 'any', messages: user, tools: [{ type: 'computer' }, { type: 'function', function: { name: 'weather', parameters: schema } }] },
  '/messages': { model: 'any', max_tokens: 999, messages: user, tools: [{ type: 'computer_toolset_20260801' }, { name: 'weather', input_schema: schema }] },
} as const;
type Path = keyof typeof bodies;

const post = async (gateway: World, path: Path, more: object) => {
  const response = await gateway.ask(path, { body: { ...bodies[path], ...more } });
  return { status: response.status, shown: (await response.json()) as Record<string, unknown> & { error?: { message: string; param?: string } } };
};
const rulesOf = ({ model }: World): (AnswerRules | undefined)[] => model.asked.map(({ offer }) => offer.rules);
const cut = (said: string): Turn => ({ ...says(''), message: null, unfinished: 'max_output_tokens', commentary: said, said });
const weather = { name: 'weather', arguments: '{}' };
/** What the model has been told besides its task. */
const notes = ({ model }: World) => model.asked.at(-1)?.transcript.flatMap((entry) => (entry.kind === 'note' ? [entry.text] : entry.kind === 'results' ? entry.results.flatMap((result) => result.notes) : [])) ?? [];

describe('what a request says about each answer of the model', () => {
  const single = { singleCall: true };
  const cases: readonly (readonly [Path, object, AnswerRules | undefined])[] = [
    ['/responses', {}, undefined],
    ['/responses', { max_output_tokens: 500, parallel_tool_calls: false, tool_choice: 'required' }, { maxOutputTokens: 500, firstCall: 'any', ...single }],
    ['/responses', { tool_choice: { type: 'computer' } }, { firstCall: 'screen' }],
    ['/responses', { tool_choice: { type: 'function', name: 'weather' }, parallel_tool_calls: true }, { firstCall: { function: 'weather' } }],
    ['/responses', { tool_choice: 'auto' }, undefined],
    ['/chat/completions', { max_tokens: 70, max_completion_tokens: 60 }, { maxOutputTokens: 60 }],
    ['/chat/completions', { tool_choice: { type: 'function', function: { name: 'weather' } }, parallel_tool_calls: false }, { firstCall: { function: 'weather' }, ...single }],
    ['/messages', {}, { maxOutputTokens: 999 }],
    ['/messages', { tool_choice: { type: 'any', disable_parallel_tool_use: true } }, { maxOutputTokens: 999, firstCall: 'any', ...single }],
    ['/messages', { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, { maxOutputTokens: 999, ...single }],
    ['/messages', { tool_choice: { type: 'tool', name: 'computer' } }, { maxOutputTokens: 999, firstCall: 'screen' }],
    ['/messages', { tool_choice: { type: 'tool', name: 'weather' } }, { maxOutputTokens: 999, firstCall: { function: 'weather' } }],
  ];
  for (const [path, more, rules] of cases) {
    it(`reaches the model: ${JSON.stringify(more)} of ${path}`, async () => {
      const isNamed = typeof rules?.firstCall === 'object';
      await using gateway = await startGateway([isNamed ? asks(weather) : clicks(), says('done')]);
      assert.equal((await post(gateway, path, more)).status, 200);
      assert.deepEqual(gateway.model.asked[0]?.offer.rules, rules);
    });
  }

  const refused: readonly (readonly [Path, object, string, RegExp])[] = [
    ['/responses', { tool_choice: 'none' }, 'tool_choice', /cannot be 'none'.*Leave it out/],
    ['/messages', { tool_choice: { type: 'none' } }, 'tool_choice', /cannot be 'none'.*Leave it out/],
    ['/responses', { tool_choice: { type: 'function', name: 'tides' } }, 'tool_choice', /no function of yours called 'tides'/],
    ['/messages', { tool_choice: { type: 'tool', name: 'tides' } }, 'tool_choice', /no function of yours called 'tides'/],
    ['/chat/completions', { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }, 'tool_choice', /'allowed_tools' cannot be honoured here: send/],
    ['/chat/completions', { tool_choice: 7 }, 'tool_choice', /Invalid 'tool_choice'/],
    ['/responses', { max_output_tokens: 0 }, 'max_output_tokens', /max_output_tokens/],
    ['/chat/completions', { max_tokens: 0 }, 'max_tokens', /max_tokens/],
    ['/messages', { max_tokens: 0 }, 'max_tokens', /max_tokens/],
    ['/chat/completions', { parallel_tool_calls: 'no' }, 'parallel_tool_calls', /parallel_tool_calls/],
  ];
  for (const [path, more, param, words] of refused) {
    it(`is refused by its name: ${JSON.stringify(more)} of ${path}`, async () => {
      await using gateway = await startGateway([says('never')]);
      const { status, shown } = await post(gateway, path, more);
      assert.equal(status, 400);
      assert.match(shown.error?.message ?? '', words);
      if (path !== '/messages') assert.equal(shown.error?.param, param);
      assert.equal(gateway.all().length, 0);
    });
  }

  it('counts from the request that answers a call on, in place of what held before', async () => {
    await using gateway = await startGateway([asks(weather), clicks(), says('done')]);
    const { shown } = await post(gateway, '/responses', { tool_choice: { type: 'function', name: 'weather' }, max_output_tokens: 400 });
    const [call] = (shown['output'] as { type: string; call_id: string }[]).filter(({ type }) => type === 'function_call');
    const answer = { input: [{ type: 'function_call_output', call_id: call?.call_id, output: 'sunny' }], previous_response_id: shown['id'] };
    assert.equal((await post(gateway, '/responses', { ...answer, tool_choice: 'required', max_output_tokens: 300 })).status, 200);
    assert.deepEqual(rulesOf(gateway), [{ maxOutputTokens: 400, firstCall: { function: 'weather' } }, { maxOutputTokens: 300, firstCall: 'any' }, { maxOutputTokens: 300 }]);
  });
});

describe('a response to answers of calls', () => {
  const settings = ({ max_output_tokens: most, tool_choice: choice, parallel_tool_calls: parallel }: Record<string, unknown>) => [most, choice, parallel];
  it('repeats what its own request says, and the first one what that said', async () => {
    await using gateway = await startGateway([asks(weather), asks(weather), says('done')]);
    const responses: Record<string, unknown>[] = [(await post(gateway, '/responses', { max_output_tokens: 400, parallel_tool_calls: false, temperature: 0.5 })).shown];
    for (const more of [{ tool_choice: 'required', max_output_tokens: 300 }, {}]) {
      const [call] = ((responses.at(-1)?.['output'] ?? []) as { type: string; call_id: string }[]).filter(({ type }) => type === 'function_call');
      responses.push((await post(gateway, '/responses', { input: [{ type: 'function_call_output', call_id: call?.call_id, output: 'sunny' }], ...more })).shown);
    }
    const said = [[400, 'auto', false], [300, 'required', true], [null, 'auto', true]];
    assert.deepEqual(responses.map(settings), said);
    for (const [index, { id }] of responses.entries()) {
      const kept = (await (await gateway.ask(`/responses/${String(id)}`, { method: 'GET' })).json()) as Record<string, unknown>;
      assert.deepEqual([settings(kept), kept['temperature']], [said[index], 0.5]);
    }
  });
});

describe('tool_choice', () => {
  it('required: an answer without a call is not taken for the end, and after the first call the task may end', async () => {
    await using gateway = await startGateway([says('I would rather not.'), clicks(), says('done')]);
    const { shown } = await post(gateway, '/chat/completions', { tool_choice: 'required' });
    assert.equal((shown['choices'] as OpenAI.Chat.ChatCompletion['choices'])[0]?.message.content, 'done');
    assert.deepEqual(rulesOf(gateway), [{ firstCall: 'any' }, { firstCall: 'any' }, undefined]);
    assert.match(notes(gateway).join(), /called no tool, and it has to/);
    assert.equal(gateway.all()[0]?.steps, 1);
  });

  it('a function: the screen is not touched before it is called', async () => {
    await using gateway = await startGateway([clicks(), asks(weather)]);
    const { shown } = await post(gateway, '/messages', { tool_choice: { type: 'tool', name: 'weather' } });
    assert.equal(shown['stop_reason'], 'tool_use');
    assert.equal(gateway.all()[0]?.steps, 0);
    assert.match(notes(gateway).join(), /did not call weather/);
  });

  it('the computer: neither a call of a function nor a question to a person comes first', async () => {
    const question: Turn = { ...asks(weather), calls: [{ callId: 'call_0', actions: [], question: { text: 'May I?', choices: [] }, safetyChecks: [] }] };
    await using gateway = await startGateway([asks(weather), question, clicks(), says('done')]);
    const { shown } = await post(gateway, '/responses', { tool_choice: { type: 'computer' } });
    assert.equal(shown['output_text'], 'done');
    assert.equal(notes(gateway).filter((note) => /did not use the screen/.test(note)).length, 2);
    assert.equal(gateway.all()[0]?.steps, 1);
  });

  it('ends the run, saying why, when the model never does as it has to', async () => {
    await using gateway = await startGateway([says('no'), says('no'), says('no')]);
    const { status, shown } = await post(gateway, '/responses', { tool_choice: 'required' });
    assert.equal(status, 502);
    assert.match(shown.error?.message ?? '', /3 answers in a row.*called no tool/);
  });
});

describe('parallel_tool_calls: false', () => {
  it('puts one call to the caller, whatever the model answers, and performs nothing of an answer with two', async () => {
    await using gateway = await startGateway([asks(weather, weather), asks(weather)]);
    const { shown } = await post(gateway, '/chat/completions', { parallel_tool_calls: false });
    const [choice] = shown['choices'] as OpenAI.Chat.ChatCompletion['choices'];
    assert.deepEqual([choice?.finish_reason, choice?.message.tool_calls?.length], ['tool_calls', 1]);
    assert.match(notes(gateway).join(), /2 calls, and one may hold one/);
  });

  it('is not meant by a request that says nothing of it', async () => {
    await using gateway = await startGateway([asks(weather, weather)]);
    const { shown } = await post(gateway, '/chat/completions', {});
    assert.equal((shown['choices'] as OpenAI.Chat.ChatCompletion['choices'])[0]?.message.tool_calls?.length, 2);
  });
});

describe('an answer that reaches max_tokens', () => {
  const three = () => [cut('It is a lo'), cut('It is lon'), cut('It is long: the')];

  it('is asked for again, shorter', async () => {
    await using gateway = await startGateway([cut('It is a lo'), says('Short.')]);
    const { shown } = await post(gateway, '/responses', { max_output_tokens: 20 });
    assert.deepEqual([shown['status'], shown['output_text']], ['completed', 'Short.']);
    assert.match(notes(gateway).join(), /not used \(max_output_tokens\).*shorter/);
  });

  it('is incomplete in the words of each vendor when it never fits, with what was said last', async () => {
    await using gateway = await startGateway([...three(), ...three(), ...three()]);
    const response = (await post(gateway, '/responses', { max_output_tokens: 20 })).shown;
    assert.deepEqual([response['status'], response['incomplete_details'], response['error'], response['output_text']], ['incomplete', { reason: 'max_output_tokens' }, null, 'It is long: the']);
    const kept = await gateway.openai.responses.retrieve(String(response['id']));
    assert.equal(kept.status, 'incomplete');
    const completion = (await post(gateway, '/chat/completions', { max_tokens: 20 })).shown as unknown as OpenAI.Chat.ChatCompletion;
    assert.deepEqual([completion.choices[0]?.finish_reason, completion.choices[0]?.message.content], ['length', 'It is long: the']);
    const message = (await post(gateway, '/messages', {})).shown;
    assert.deepEqual([message['stop_reason'], message['content']], ['max_tokens', [{ type: 'text', text: 'It is long: the', citations: null }]]);
  });

  it('is no matter any more when the model fails afterwards: the client is told of that', async () => {
    await using gateway = await startGateway([cut('It is a lo'), new VitrineError('model_failed', 'the vendor is down')]);
    const { status, shown } = await post(gateway, '/responses', { max_output_tokens: 20 });
    assert.equal(status, 502);
    assert.match(shown.error?.message ?? '', /the vendor is down/);
  });

  it('makes a response incomplete once the run is over, with what it keeps', async () => {
    const [first, second, third] = three();
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const last = held(third);
    await using gateway = await startGateway([first, second, last.turn]);
    const { id } = await gateway.openai.responses.create({ model: 'any', input: 'go', tools: [{ type: 'computer' }], background: true });
    await gateway.newest(({ turns }) => turns === 3);
    const [desktop] = gateway.desktops.made.values();
    const released = Promise.withResolvers<void>();
    assert.ok(desktop !== undefined);
    Object.assign(desktop, { release: () => released.promise });
    last.release();
    await gateway.newest(({ state, failure }) => state === 'finishing' && failure !== null);
    assert.equal((await gateway.openai.responses.retrieve(id)).status, 'in_progress');
    released.resolve();
    await gateway.newest(({ state }) => state === 'failed');
    assert.equal((await gateway.openai.responses.retrieve(id)).status, 'incomplete');
  });

  it('is that for the clients\' own accumulators too', async () => {
    await using gateway = await startGateway([...three(), ...three(), ...three()]);
    const response = await gateway.openai.responses.stream({ model: 'any', input: 'go', tools: [{ type: 'computer' }], max_output_tokens: 20 }).finalResponse();
    assert.deepEqual([response.status, response.incomplete_details?.reason, response.output_text], ['incomplete', 'max_output_tokens', 'It is long: the']);
    const stream = await gateway.openai.chat.completions.create({ ...bodies['/chat/completions'], tools: [{ type: 'computer' } as never], max_tokens: 20, stream: true });
    const finishes: unknown[] = [];
    for await (const { choices } of stream) finishes.push(...choices.flatMap(({ finish_reason: reason }) => reason ?? []));
    assert.deepEqual(finishes, ['length']);
    const message = await gateway.anthropic.messages.stream({ model: 'any', max_tokens: 20, messages: user, tools: [{ type: 'computer_toolset_20260801' }] }).finalMessage();
    assert.equal(message.stop_reason, 'max_tokens');
  });
});
