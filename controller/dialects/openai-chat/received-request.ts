import { z } from 'zod';
import { readPicture } from '../received-picture.ts';
import { readRules } from '../received-rules.ts';
import { readTools, schemaProblem } from '../received-tools.ts';
import type { ReadTask, ReceivedAnswer, ReceivedProblem, ReceivedTask } from '../received-task.ts';
import { answerSaid, callSaid } from '../earlier-calls.ts';
import type { AnswerFormat, EarlierMessage } from '../transcript.ts';

/*
 * A request to `POST /v1/chat/completions`, as a server sees it:
 *
 *   → { model, messages: [{ role: 'user', content }], tools: [{ type: 'computer_20241022', display_width_px, … }], betas: […] }
 *   ← { choices: [{ message: { role: 'assistant', content } }] }
 */

const Content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish();
const ToolCall = z.looseObject({ function: z.looseObject({ name: z.string().max(200), arguments: z.string().max(100_000) }) });
const Message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']), content: Content, tool_call_id: z.string().max(200).nullish(), tool_calls: z.array(ToolCall).max(200).nullish().catch(null) });
const Format = z.looseObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  json_schema: z.looseObject({ name: z.string().max(64).default('answer'), schema: z.record(z.string(), z.unknown()).default({}), strict: z.boolean().nullish() }).nullish(),
});
const MaxTokens = z.int().min(1).max(10_000_000).nullish();
const Body = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(z.unknown()).min(1).max(2000),
  tools: z.unknown().optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  store: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  response_format: Format.nullish(),
  n: z.int().min(1).nullish(),
  max_tokens: MaxTokens,
  max_completion_tokens: MaxTokens,
  parallel_tool_calls: z.boolean().nullish(),
  tool_choice: z.unknown().optional(),
});

/** Known fields that would change what comes back in a way that is not done here. */
const refused: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value !== 1,
  logprobs: (value) => value !== false,
  top_logprobs: (value) => value !== 0,
  stop: (value) => !Array.isArray(value) || value.length > 0,
  functions: () => true,
  function_call: () => true,
  audio: () => true,
  modalities: (value) => !Array.isArray(value) || value.some((one) => one !== 'text'),
  moderation: () => true,
  prediction: () => true,
  web_search_options: () => true,
};

/** A body as a task, or what is wrong with it. Fields that nobody knows are passed over. */
export function readChatRequest(body: unknown): ReadTask {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return { problem: schemaProblem(parsed.error) };
  const { data } = parsed;
  const tools = readTools(data.tools);
  if ('problem' in tools) return tools;
  const rules = readRules({ maxTokens: [data.max_tokens, data.max_completion_tokens], toolChoice: data.tool_choice, parallelToolCalls: data.parallel_tool_calls }, tools.tools);
  if ('problem' in rules) return rules;
  const said = readMessages(data.messages);
  if ('problem' in said) return said;
  return {
    received: {
      model: data.model,
      ...said.said,
      ...tools.tools,
      answerFormat: formatOf(data.response_format),
      answerRules: rules.answerRules,
      stream: data.stream ?? false,
      includeUsage: data.stream_options?.include_usage ?? false,
      store: data.store ?? true,
      background: false,
      previousResponseId: null,
      metadata: data.metadata ?? {},
      echo: {},
      echoAnew: {},
      unsupported: [...refusedFields(data), ...rules.unsupported, ...tools.tools.unsupported],
    },
  };
}

function refusedFields(data: Readonly<Record<string, unknown>>): ReceivedTask['unsupported'] {
  return Object.entries(refused).flatMap(([param, isRefused]) => {
    const value = data[param];
    return value === undefined || value === null || !isRefused(value) ? [] : [{ param, message: `'${param}' cannot be honoured here${param === 'n' ? ': a run gives one answer' : ''}; leave it out.` }];
  });
}

function formatOf(format: z.infer<typeof Format> | null | undefined): AnswerFormat | null {
  if (format === null || format === undefined || format.type === 'text') return null;
  if (format.type === 'json_object') return { name: 'answer', schema: { type: 'object' }, strict: false };
  const { name, schema, strict } = format.json_schema ?? {};
  return { name: name ?? 'answer', schema: schema ?? { type: 'object' }, strict: strict ?? false };
}

type Said = Pick<ReceivedTask, 'task' | 'pictures' | 'earlier' | 'instructions' | 'answers'>;
type ReadMessages = { readonly said: Said } | { readonly problem: ReceivedProblem };
type Spoken = { readonly role: string; readonly text: string; readonly pictures: readonly string[]; readonly callId: string | null; readonly calls: readonly z.infer<typeof ToolCall>[] };

function readMessages(messages: readonly unknown[]): ReadMessages {
  const spoken: Spoken[] = [];
  for (const [index, raw] of messages.entries()) {
    const read = readMessage(raw, `messages[${index}]`);
    if ('problem' in read) return read;
    spoken.push(read.spoken);
  }
  const system = spoken.filter(({ role, text }) => (role === 'system' || role === 'developer') && text !== '').map(({ text }) => text);
  const talk = spoken.filter(({ role }) => role !== 'system' && role !== 'developer');
  const begins = talk.findLastIndex(({ role }) => role === 'assistant') + 1;
  const fresh = talk.slice(begins).filter(({ role }) => role === 'user');
  const earlier = talk.slice(0, begins).flatMap(({ role, text, pictures, callId, calls }): EarlierMessage[] => {
    if (role === 'tool') return [answerSaid(callId ?? '', text)];
    if (role !== 'user' && role !== 'assistant') return [];
    const said: EarlierMessage[] = text === '' && pictures.length === 0 ? [] : [{ role, text, pictures: [...pictures] }];
    return [...said, ...calls.map((call) => callSaid(call.function.name, call.function.arguments))];
  });
  const answers = talk.slice(begins).flatMap(({ role, text, callId }): ReceivedAnswer[] => (role === 'tool' && callId !== null ? [{ callId, output: text, isError: false }] : []));
  return {
    said: {
      task: fresh.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n\n'),
      pictures: fresh.flatMap(({ pictures }) => pictures),
      earlier,
      instructions: system.length === 0 ? null : system.join('\n\n'),
      answers,
    },
  };
}

function readMessage(raw: unknown, param: string): { readonly spoken: Spoken } | { readonly problem: ReceivedProblem } {
  const parsed = Message.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { role, content, tool_call_id: callId } = parsed.data;
  if (role === 'tool' && (callId === null || callId === undefined)) return { problem: { message: `Missing required parameter: '${param}.tool_call_id'.`, param: `${param}.tool_call_id`, code: 'missing_required_parameter' } };
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content ?? [];
  const texts: string[] = [];
  const pictures: string[] = [];
  for (const [index, part] of parts.entries()) {
    const place = `${param}.content[${index}]`;
    if (part.type === 'text' || part.type === 'refusal') {
      const text: unknown = part.type === 'text' ? part['text'] : part['refusal'];
      if (typeof text !== 'string') return { problem: { message: `Invalid '${place}.${part.type}': expected a string.`, param: `${place}.${part.type}`, code: 'invalid_type' } };
      texts.push(text);
    } else if (part.type === 'image_url') {
      const image: unknown = part['image_url'];
      const read = readPicture(typeof image === 'object' && image !== null && 'url' in image ? image.url : image, `${place}.image_url.url`);
      if ('problem' in read) return read;
      pictures.push(read.url);
    } else {
      return { problem: { message: `Invalid '${place}.type': '${part.type}' is not taken here; send text or image_url.`, param: `${place}.type`, code: 'invalid_value' } };
    }
  }
  return { spoken: { role, text: texts.join('\n'), pictures, callId: callId ?? null, calls: parsed.data.tool_calls ?? [] } };
}
