import { z } from 'zod';
import { readPicture } from '../received-picture.ts';
import { readRules } from '../received-rules.ts';
import { readTools, schemaProblem } from '../received-tools.ts';
import type { ReadTask, Recall, ReceivedAnswer, ReceivedProblem, ReceivedTask } from '../received-task.ts';
import { EchoedFields } from './echoed-fields.ts';
import { answerSaid, callSaid } from '../earlier-calls.ts';
import type { AnswerFormat, EarlierMessage } from '../transcript.ts';

/*
 * A request to `POST /v1/responses` whose loop is executed by the server that it came to:
 *
 *   → { model, input: 'task', tools: [{ type: 'computer' }] }
 *   ← { output: [reasoning …, message] }
 *   → { model, previous_response_id, input: 'and then …', tools: [{ type: 'computer' }] }
 */

const Format = z.looseObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  name: z.string().max(64).nullish(),
  schema: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
const Body = z.looseObject({
  model: z.string().min(1).max(256).nullish(),
  input: z.union([z.string(), z.array(z.looseObject({ type: z.string().nullish() })).max(4000)]).nullish(),
  instructions: z.string().nullish(),
  tools: z.unknown().optional(),
  text: z.looseObject({ format: Format.nullish() }).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: z.string().max(200).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
const Message = z.looseObject({ role: z.enum(['user', 'assistant', 'system', 'developer']), content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]) });
const FunctionCall = z.looseObject({ type: z.literal('function_call'), name: z.string().max(200), arguments: z.string().max(100_000) });
const Reference = z.looseObject({ id: z.string().min(1).max(200) });
const References = z.looseObject({ input: z.union([z.string(), z.array(z.looseObject({ type: z.unknown().optional(), id: z.unknown().optional() })).max(4000)]) });
const Output = z.looseObject({ call_id: z.string().min(1).max(200), output: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]) });

/** Known fields that would change what comes back in a way that is not done here. */
const refused: Readonly<Record<string, (value: unknown) => boolean>> = {
  conversation: () => true,
  prompt: () => true,
  max_tool_calls: () => true,
  moderation: () => true,
  top_logprobs: (value) => value !== 0,
};
/** Items of a history that are no words of anybody: what a loop did earlier is not done again. */
const passedOver = new Set(['reasoning', 'computer_call', 'computer_call_output', 'function_call', 'compaction']);

/** A body as a task, or what is wrong with it. Fields that nobody knows are passed over. `recall` knows the messages that items refer to. */
export function readResponsesTask(body: unknown, recall: Recall = () => undefined): ReadTask {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return { problem: schemaProblem(parsed.error) };
  const { data } = parsed;
  if (data.model === null || data.model === undefined) return { problem: { message: "Missing required parameter: 'model'.", param: 'model', code: 'missing_required_parameter' } };
  const echoed = EchoedFields.safeParse(body);
  if (!echoed.success) return { problem: schemaProblem(echoed.error) };
  const tools = readTools(data.tools);
  if ('problem' in tools) return tools;
  const { max_output_tokens: most, tool_choice: toolChoice, parallel_tool_calls: parallelToolCalls } = echoed.data;
  const rules = readRules({ maxTokens: [most], toolChoice, parallelToolCalls }, tools.tools);
  if ('problem' in rules) return rules;
  const said = readInput(typeof data.input === 'string' ? [{ type: 'message', role: 'user', content: data.input }] : data.input ?? [], recall);
  if ('problem' in said) return said;
  const instructions = [data.instructions ?? '', ...said.said.system].filter((text) => text !== '').join('\n\n');
  const { system: _system, ...words } = said.said;
  return {
    received: {
      model: data.model,
      ...words,
      ...tools.tools,
      instructions: instructions === '' ? null : instructions,
      answerFormat: formatOf(data.text?.format),
      answerRules: rules.answerRules,
      stream: data.stream ?? false,
      includeUsage: true,
      store: data.store ?? true,
      background: data.background ?? false,
      previousResponseId: data.previous_response_id ?? null,
      metadata: data.metadata ?? {},
      echo: echoed.data,
      echoAnew: { max_output_tokens: most ?? null, tool_choice: toolChoice ?? null, parallel_tool_calls: parallelToolCalls ?? null },
      unsupported: [...refusedFields(data), ...rules.unsupported, ...tools.tools.unsupported],
    },
  };
}

/** The messages that a body's items refer to, each id once. */
export function referencesIn(body: unknown): readonly string[] {
  const { data } = References.safeParse(body);
  const items = data === undefined || typeof data.input === 'string' ? [] : data.input;
  return [...new Set(items.flatMap(({ type, id }) => (type === 'item_reference' && typeof id === 'string' && id.startsWith('msg_') ? [id] : [])))];
}

function refusedFields(data: Readonly<Record<string, unknown>>): ReceivedTask['unsupported'] {
  return Object.entries(refused).flatMap(([param, isRefused]) => {
    const value = data[param];
    return value === undefined || value === null || !isRefused(value) ? [] : [{ param, message: `'${param}' cannot be honoured here; leave it out.` }];
  });
}

function formatOf(format: z.infer<typeof Format> | null | undefined): AnswerFormat | null {
  if (format === null || format === undefined || format.type === 'text') return null;
  return { name: format.name ?? 'answer', schema: format.schema ?? { type: 'object' }, strict: format.strict ?? false };
}

type Said = Pick<ReceivedTask, 'task' | 'pictures' | 'earlier' | 'answers'> & { readonly system: readonly string[] };
type Spoken = { readonly role: 'user' | 'assistant' | 'system' | 'developer'; readonly text: string; readonly pictures: readonly string[] };

function readInput(items: readonly { readonly type?: string | null | undefined }[], recall: Recall): { readonly said: Said } | { readonly problem: ReceivedProblem } {
  let fresh: Spoken[] = [];
  let answers: ReceivedAnswer[] = [];
  const system: string[] = [];
  const earlier: EarlierMessage[] = [];
  const close = () => {
    for (const { callId, output } of answers) earlier.push(answerSaid(callId, output));
    for (const { role, text, pictures } of fresh) if (role === 'user') earlier.push({ role, text, pictures: [...pictures] });
    fresh = [];
    answers = [];
  };
  for (const [index, raw] of items.entries()) {
    const param = `input[${index}]`;
    const type = raw.type ?? 'message';
    if (type === 'function_call_output') {
      const read = Output.safeParse(raw);
      if (!read.success) return { problem: schemaProblem(read.error, param) };
      const { call_id: callId, output } = read.data;
      answers.push({ callId, output: typeof output === 'string' ? output : output.flatMap(({ text }) => text ?? []).join('\n'), isError: false });
    } else if (type === 'message') {
      const read = readMessage(raw, param);
      if ('problem' in read) return read;
      const { role, text, pictures } = read.spoken;
      if (role === 'user') fresh.push(read.spoken);
      else if (role === 'assistant') {
        close();
        if (text !== '') earlier.push({ role, text, pictures: [...pictures] });
      } else system.push(text);
    } else if (type === 'item_reference') {
      const read = Reference.safeParse(raw);
      if (!read.success) return { problem: schemaProblem(read.error, param) };
      const { id } = read.data;
      const message = id.startsWith('msg_') ? recall(id) : { role: 'assistant' as const, text: '', pictures: [] };
      if (message === undefined) return { problem: { message: `Item with id '${id}' not found: send the item itself.`, param, code: 'item_not_found' } };
      if (message.role === 'user') fresh.push(message);
      else {
        close();
        if (message.text !== '') earlier.push(message);
      }
    } else if (!passedOver.has(type)) {
      return { problem: { message: `Invalid '${param}.type': '${type}' is not taken here; send messages and function_call_output items.`, param: `${param}.type`, code: 'invalid_value' } };
    } else if (type !== 'reasoning' && type !== 'compaction') {
      close();
      const called = FunctionCall.safeParse(raw);
      if (called.success) earlier.push(callSaid(called.data.name, called.data.arguments));
    }
  }
  return { said: { task: fresh.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n\n'), pictures: fresh.flatMap(({ pictures }) => pictures), earlier, answers, system } };
}

function readMessage(raw: unknown, param: string): { readonly spoken: Spoken } | { readonly problem: ReceivedProblem } {
  const parsed = Message.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { role, content } = parsed.data;
  const parts = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
  const texts: string[] = [];
  const pictures: string[] = [];
  for (const [index, part] of parts.entries()) {
    const place = `${param}.content[${index}]`;
    if (part.type === 'input_text' || part.type === 'output_text' || part.type === 'text' || part.type === 'refusal') {
      const text: unknown = part.type === 'refusal' ? part['refusal'] : part['text'];
      if (typeof text !== 'string') return { problem: { message: `Invalid '${place}.text': expected a string.`, param: `${place}.text`, code: 'invalid_type' } };
      texts.push(text);
    } else if (part.type === 'input_image' && typeof part['file_id'] !== 'string') {
      const read = readPicture(part['image_url'], `${place}.image_url`);
      if ('problem' in read) return read;
      pictures.push(read.url);
    } else {
      return { problem: { message: `Invalid '${place}': '${part.type}'${part.type === 'input_image' ? ' with a file_id' : ''} is not taken here; send input_text, or input_image with a data: URL.`, param: place, code: 'invalid_value' } };
    }
  }
  return { spoken: { role, text: texts.join('\n'), pictures } };
}
