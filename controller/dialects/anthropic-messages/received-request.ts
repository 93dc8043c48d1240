import { z } from 'zod';
import { readRules } from '../received-rules.ts';
import { schemaProblem, readTools } from '../received-tools.ts';
import type { ReadTask, ReceivedTask } from '../received-task.ts';
import type { AnswerFormat } from '../transcript.ts';
import { readConversation } from './received-messages.ts';

/*
 * A request to `POST /v1/messages` whose loop is executed by the server that it came to:
 *
 *   → { model, max_tokens, system, tools: [{ type: 'computer_20250124', display_width_px, … }], messages: [{ role: 'user', content }] }
 *   ← { type: 'message', content: [{ type: 'text', text }], stop_reason: 'end_turn' }
 */

const Text = z.looseObject({ type: z.literal('text'), text: z.string() });
const Format = z.looseObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()), name: z.string().max(64).nullish() });
const Body = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(z.unknown()).min(1).max(4000),
  system: z.union([z.string(), z.array(Text)]).nullish(),
  tools: z.unknown().optional(),
  max_tokens: z.int().min(1).max(10_000_000).nullish(),
  tool_choice: z.unknown().optional(),
  stream: z.boolean().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  output_config: z.looseObject({ format: Format.nullish() }).nullish(),
  /* The name of `output_config.format` before it left its beta. */
  output_format: Format.nullish(),
});
type Body = z.infer<typeof Body>;
const Toolset = z.looseObject({ type: z.string().startsWith('computer_toolset_'), configs: z.record(z.string(), z.looseObject({ enabled: z.boolean().nullish() }).nullable()).nullish() });

/** Known fields that would change what comes back, or what may be done, in a way that is not done here. */
const refused: Readonly<Record<string, (value: unknown) => boolean>> = {
  stop_sequences: (value) => !Array.isArray(value) || value.length > 0,
  mcp_servers: (value) => !Array.isArray(value) || value.length > 0,
  container: () => true,
  inference_geo: () => true,
  thread: () => true,
};
/** Members of the toolset that only look: one that is switched off is simply not needed. */
const harmless = new Set(['screenshot', 'zoom', 'cursor_position', 'wait']);

/** A body as a task, or what is wrong with it. Fields that nobody knows are passed over. */
export function readMessagesTask(body: unknown): ReadTask {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return { problem: schemaProblem(parsed.error) };
  const { data } = parsed;
  const tools = readTools(data.tools);
  if ('problem' in tools) return tools;
  const rules = readRules({ maxTokens: [data.max_tokens], toolChoice: data.tool_choice }, tools.tools);
  if ('problem' in rules) return rules;
  const read = readConversation(data.messages);
  if ('problem' in read) return read;
  const { system: said, ...conversation } = read.conversation;
  const system = [...systemTexts(data.system), ...said].filter((text) => text.trim() !== '');
  return {
    received: {
      model: data.model,
      ...conversation,
      ...tools.tools,
      instructions: system.length === 0 ? null : system.join('\n\n'),
      answerFormat: formatOf(data),
      answerRules: rules.answerRules,
      stream: data.stream ?? false,
      includeUsage: true,
      store: true,
      background: false,
      previousResponseId: null,
      metadata: labelsOf(data.metadata),
      echo: {},
      echoAnew: {},
      unsupported: [...refusedFields(data), ...rules.unsupported, ...refusedMembers(data.tools), ...tools.tools.unsupported],
    },
  };
}

function systemTexts(system: Body['system']): string[] {
  if (system === undefined || system === null) return [];
  return typeof system === 'string' ? [system] : system.map(({ text }) => text);
}

function formatOf(data: Body): AnswerFormat | null {
  const format = data.output_config?.format ?? data.output_format;
  return format === undefined || format === null ? null : { name: format.name ?? 'answer', schema: format.schema, strict: true };
}

function labelsOf(metadata: Body['metadata']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function refusedFields(data: Readonly<Record<string, unknown>>): ReceivedTask['unsupported'] {
  return Object.entries(refused).flatMap(([param, isRefused]) => {
    const value = data[param];
    return value === undefined || value === null || !isRefused(value) ? [] : [{ param, message: `'${param}' cannot be honoured here; leave it out.` }];
  });
}

/** A member that is switched off would be a restriction that the run knows nothing of. */
function refusedMembers(tools: unknown): ReceivedTask['unsupported'] {
  return (Array.isArray(tools) ? tools : []).flatMap((tool, index) => {
    const configs = Toolset.safeParse(tool).data?.configs ?? {};
    return Object.entries(configs).flatMap(([member, config]) => {
      if (config?.enabled !== false || harmless.has(member)) return [];
      return [{ param: `tools[${index}].configs.${member}`, message: `The member '${member}' cannot be switched off here; leave it out of configs.` }];
    });
  });
}
