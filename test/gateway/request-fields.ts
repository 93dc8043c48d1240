import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';

/** What becomes of a field of a vendor's request: it does something; is said again in the answer and does nothing else; does nothing; or is refused by its name. */
export type Fate = 'honoured' | 'repeated' | 'passed over' | 'refused';

export type Field = {
  readonly fate: Fate;
  /** A value of which this is true. */
  readonly sample: unknown;
  /** Of a refused field: a value that is taken all the same, because it asks for nothing. */
  readonly taken?: unknown;
  /** What has to be known besides. */
  readonly note?: string;
};

const honoured = (sample: unknown, note?: string): Field => ({ fate: 'honoured', sample, ...(note === undefined ? {} : { note }) });
const repeated = (sample: unknown, note?: string): Field => ({ fate: 'repeated', sample, ...(note === undefined ? {} : { note }) });
const passedOver = (sample: unknown, note?: string): Field => ({ fate: 'passed over', sample, ...(note === undefined ? {} : { note }) });
const refused = (sample: unknown, note?: string, taken?: unknown): Field => ({ fate: 'refused', sample, ...(note === undefined ? {} : { note }), ...(taken === undefined ? {} : { taken }) });

const schema = { type: 'json_schema', name: 'verdict', schema: { type: 'object' } };
const ownLimit = 'of each answer of the model';
const oneCall = 'false: every answer of the model holds at most one call';
const firstOnly = 'of the first answer; `none` and lists of tools are refused';

/** Requests that are whole, to which a field is added. */
export const bases = {
  '/v1/chat/completions': { model: 'm', messages: [{ role: 'user', content: 'go' }], tools: [{ type: 'computer' }] },
  '/v1/responses': { model: 'm', input: 'go', tools: [{ type: 'computer' }] },
  '/v1/messages': { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'go' }], tools: [{ type: 'computer_toolset_20260801' }] },
} as const;

const chat: Record<keyof OpenAI.Chat.ChatCompletionCreateParams, Field> = {
  messages: honoured([{ role: 'user', content: 'other' }]),
  model: honoured('other'),
  tools: honoured([{ type: 'computer_20250124', name: 'computer', display_width_px: 800, display_height_px: 600 }]),
  metadata: honoured({ a: 'b' }),
  response_format: honoured({ type: 'json_schema', json_schema: schema }),
  store: honoured(false),
  stream: honoured(true),
  stream_options: honoured({ include_usage: true }),
  audio: refused({ voice: 'x', format: 'mp3' }),
  function_call: refused('auto', 'send `tools`'),
  functions: refused([{ name: 'f' }], 'send `tools`'),
  logprobs: refused(true, undefined, false),
  modalities: refused(['audio'], 'other than text', ['text']),
  moderation: refused({ model: 'x' }),
  n: refused(2, 'over 1', 1),
  prediction: refused({ type: 'content', content: 'x' }),
  stop: refused(['x'], undefined, []),
  tool_choice: honoured('required', firstOnly),
  top_logprobs: refused(2, undefined, 0),
  web_search_options: refused({}),
  frequency_penalty: passedOver(1),
  logit_bias: passedOver({ '1': 1 }),
  max_completion_tokens: honoured(100, ownLimit),
  max_tokens: honoured(100, ownLimit),
  parallel_tool_calls: honoured(false, oneCall),
  presence_penalty: passedOver(1),
  prompt_cache_key: passedOver('k'),
  prompt_cache_options: passedOver({}),
  prompt_cache_retention: passedOver('24h'),
  reasoning_effort: passedOver('low'),
  safety_identifier: passedOver('s'),
  seed: passedOver(7),
  service_tier: passedOver('flex'),
  temperature: passedOver(0.2),
  top_p: passedOver(0.5),
  user: passedOver('u'),
  verbosity: passedOver('low'),
};

const responses: Record<keyof OpenAI.Responses.ResponseCreateParams, Field> = {
  background: honoured(true),
  input: honoured('other'),
  instructions: honoured('Be brief.'),
  metadata: honoured({ a: 'b' }),
  model: honoured('other'),
  previous_response_id: honoured('resp_1'),
  store: honoured(false),
  stream: honoured(true),
  text: honoured({ format: schema }, 'its `format`'),
  tools: honoured([{ type: 'computer_use_preview', display_width: 800, display_height: 600, environment: 'ubuntu' }]),
  conversation: refused('conv_1', 'send `previous_response_id`'),
  max_tool_calls: refused(3),
  moderation: refused({ model: 'x' }),
  prompt: refused({ id: 'p' }),
  tool_choice: honoured('required', firstOnly),
  top_logprobs: refused(2, undefined, 0),
  max_output_tokens: honoured(100, ownLimit),
  parallel_tool_calls: honoured(false, oneCall),
  prompt_cache_key: repeated('k'),
  reasoning: repeated({ effort: 'low' }),
  safety_identifier: repeated('s'),
  temperature: repeated(0.2),
  top_p: repeated(0.5),
  truncation: repeated('auto'),
  user: repeated('u'),
  access_programs: passedOver({}),
  context_management: passedOver([{ type: 'compaction' }], 'Vitrine keeps the context itself'),
  image: passedOver({}),
  include: passedOver(['reasoning.encrypted_content']),
  prompt_cache_options: passedOver({}),
  prompt_cache_retention: passedOver('24h'),
  service_tier: passedOver('flex'),
  stream_options: passedOver({ include_obfuscation: false }),
};

const messages: Record<keyof Anthropic.MessageCreateParams | keyof Anthropic.Beta.MessageCreateParams, Field> = {
  messages: honoured([{ role: 'user', content: 'other' }]),
  metadata: honoured({ user_id: 'b' }),
  model: honoured('other'),
  output_config: honoured({ format: schema }, 'its `format`'),
  output_format: honoured(schema),
  stream: honoured(true),
  system: honoured('Be brief.'),
  tools: honoured([{ type: 'computer_20250124', name: 'computer', display_width_px: 800, display_height_px: 600 }]),
  container: refused('c'),
  inference_geo: refused('us', 'configure it with the model’s server'),
  mcp_servers: refused([{ type: 'url' }], undefined, []),
  stop_sequences: refused(['x'], undefined, []),
  thread: refused({}),
  tool_choice: honoured({ type: 'any', disable_parallel_tool_use: true }, firstOnly),
  betas: passedOver(['computer-use-2025-01-24']),
  billing_policy: passedOver({}),
  cache_control: passedOver({ type: 'ephemeral' }),
  compaction: passedOver({}),
  context_management: passedOver({ edits: [] }, 'Vitrine keeps the context itself'),
  diagnostics: passedOver({}),
  fallback_credit_token: passedOver('t'),
  fallbacks: passedOver([]),
  max_tokens: honoured(100, ownLimit),
  service_tier: passedOver('auto'),
  speed: passedOver('fast'),
  thinking: passedOver({ type: 'adaptive' }),
  user_profile_id: passedOver('u'),
  workspace_id: passedOver('w'),
};

/** Every field of the vendors' own types, by endpoint. */
export const fieldsOf: Readonly<Record<keyof typeof bases, Readonly<Record<string, Field>>>> = { '/v1/chat/completions': chat, '/v1/responses': responses, '/v1/messages': messages };

const fates: readonly Fate[] = ['honoured', 'repeated', 'passed over', 'refused'];

/** The table of docs/gateway.md. */
export function renderFields(): string {
  const rows = Object.entries(fieldsOf).flatMap(([path, fields]) => fates.flatMap((fate) => {
    const told = Object.entries(fields).filter(([, field]) => field.fate === fate).toSorted(([one], [other]) => one.localeCompare(other));
    return told.length === 0 ? [] : [`| \`${path}\` | ${fate} | ${told.map(([name, { note }]) => `\`${name}\`${note === undefined ? '' : ` (${note})`}`).join(', ')} |`];
  }));
  return ['| endpoint | | fields |', '|---|---|---|', ...rows].join('\n');
}
