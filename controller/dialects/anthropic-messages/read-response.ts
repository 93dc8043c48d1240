import { z } from 'zod';
import { limits } from '../../../sandbox-image/wire/index.ts';
import type { Frame, Point } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';
import { askPersonFunction, readQuestion } from '../ask-person.ts';
import { saidBeside } from '../said-beside.ts';
import type { Call, Offer, Turn, Usage } from '../transcript.ts';
import { computerName, filesToolOf, memberNames, shellToolOf, toolsetForm, wireName } from './computer-tools.ts';
import type { ComputerForm } from './computer-tools.ts';
import { issueWords } from './issue-words.ts';
import { pointerAfter, readMember } from './read-action.ts';
import { readEdit, readShell } from './read-tool.ts';

/*
 * One exchange, in the toolset form:
 *
 *   → POST /v1/messages  { model, system, tools: [{ type: 'computer_toolset_20260801' }], messages: [ user: task + picture ] }
 *   ← { stop_reason: 'tool_use', content: [ thinking, text, tool_use { id, name: 'left_click', toolset_name: 'computer', input } ] }
 *   → POST /v1/messages  { …, messages: [ task, assistant: thinking + text + tool_use, user: tool_result { tool_use_id, toolset_name } ] }
 *   ← { stop_reason: 'end_turn', content: [ text ] }
 *
 * In the dated forms there is one tool `computer`, whose input names the action, and every result has a picture.
 */

export type ReadResponseOptions = {
  readonly form: ComputerForm;
  readonly offer: Offer;
  /** The picture of the whole screen that the model's coordinates belong to. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height'>;
  /** Where the pointer is, in screen pixels. */
  readonly pointer: Point;
};

const count = z.number().nonnegative().nullish().catch(0).transform((value) => Math.trunc(value ?? 0));
const VendorUsage = z.looseObject({
  input_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
  output_tokens_details: z.looseObject({ thinking_tokens: count }).nullish().catch(null),
});
const VendorMessage = z.looseObject({
  id: z.string().min(1),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string().nullish(),
  stop_details: z.looseObject({ category: z.string().nullish(), explanation: z.string().nullish() }).nullish().catch(null),
  usage: VendorUsage.nullish().catch(null),
});
type VendorMessage = z.infer<typeof VendorMessage>;
type VendorBlock = VendorMessage['content'][number];
const ToolUse = z.looseObject({ id: z.string().min(1).max(limits.maxIdCharacters), name: z.string(), input: z.unknown(), toolset_name: z.string().nullish() });
type ToolUse = z.infer<typeof ToolUse>;

/** Reasons to stop after which the message is whole. */
const wholeAfter: readonly unknown[] = ['end_turn', 'stop_sequence', 'tool_use', 'refusal'];

/**
 * A message of the Messages API as a turn: each `tool_use` is one call. What a call asks for and cannot be performed is
 * its `problem`; a turn with calls that cannot be read or told apart is unfinished and holds none. Throws VitrineError `model_failed` for what is no message at all.
 */
export function readResponse(body: unknown, options: ReadResponseOptions): Turn {
  const parsed = VendorMessage.safeParse(body);
  if (!parsed.success) throw broken(`it is not a message: ${issueWords(parsed.error).slice(0, 300)}`, parsed.error);
  const message = parsed.data;
  const { calls, fault } = readCalls(message.content, options);
  const texts = textsOf(message.content, 'text');
  const refusal = message.stop_reason === 'refusal' && fault === null ? refusalOf(message, texts) : null;
  const unfinished = refusal === null ? fault ?? whyUnfinished(message, calls.length, texts.length) : null;
  const isFinal = calls.length === 0 && unfinished === null && refusal === null;
  return {
    responseId: message.id,
    commentary: [...textsOf(message.content, 'thinking'), ...(isFinal || refusal !== null ? [] : texts)].join('\n\n'),
    ...saidBeside(calls, texts, unfinished),
    calls,
    message: isFinal ? texts.join('\n\n') : null,
    unfinished,
    refusal,
    usage: readUsage(message),
    raw: message.content,
  };
}

function textsOf(content: readonly VendorBlock[], type: 'text' | 'thinking'): string[] {
  return content.flatMap((block) => {
    const text = block.type === type ? block[type] : undefined;
    return typeof text === 'string' && text.trim() !== '' ? [text] : [];
  });
}

function refusalOf({ stop_details: details }: VendorMessage, texts: readonly string[]): string {
  const explained = [...texts, ...(details?.explanation ? [details.explanation] : [])];
  if (explained.length > 0) return explained.join('\n\n');
  return details?.category ? `the model declined (${details.category})` : 'the model declined and gave no reason';
}

function whyUnfinished({ stop_reason: reason }: VendorMessage, callCount: number, textCount: number): string | null {
  if (!wholeAfter.includes(reason)) return reason ?? 'the message has no stop_reason';
  return callCount === 0 && textCount === 0 ? 'the message holds neither a call nor a text' : null;
}

/** Calls in order; `fault` says why some cannot be answered: then there are none. */
function readCalls(content: readonly VendorBlock[], options: ReadResponseOptions): { readonly calls: Call[]; readonly fault: string | null } {
  const calls: Call[] = [];
  let { pointer } = options;
  let actionCount = 0;
  for (const block of content) {
    if (block.type !== 'tool_use') continue;
    const parsed = ToolUse.safeParse(block);
    if (!parsed.success) return { calls: [], fault: `its tool_use cannot be read: ${issueWords(parsed.error).slice(0, 300)}` };
    if (calls.some((other) => other.callId === parsed.data.id)) return { calls: [], fault: `two of its calls have the id ${parsed.data.id}` };
    const call = readCall(parsed.data, { ...options, pointer });
    pointer = pointerAfter(call.actions, pointer);
    actionCount += call.actions.length;
    const isTooMany = actionCount > limits.maxActionsPerTurn;
    calls.push(isTooMany ? { ...call, actions: [], problem: `more than ${limits.maxActionsPerTurn} actions in one turn: ask for fewer at a time` } : call);
  }
  return { calls, fault: null };
}

function readCall(use: ToolUse, options: ReadResponseOptions): Call {
  const call: Call = { callId: use.id, actions: [], safetyChecks: [] };
  const { form, offer } = options;
  if (use.toolset_name === computerName && form === toolsetForm) return withActions(call, readMember(use.name, use.input, options));
  if (use.name === computerName && form !== toolsetForm) return withActions(call, readMember(actionOf(use.input), use.input, options));
  const asked = offer.callerTools.find((tool) => wireName(tool, form, offer) === use.name);
  if (asked !== undefined) return askCaller(call, asked.name, use.input);
  if (offer.person && use.name === askPersonFunction.name) return { ...call, ...readQuestion(use.input ?? {}) };
  const desktopTool = readDesktopTool(use, options);
  if (desktopTool !== undefined) return 'tool' in desktopTool ? { ...call, tool: desktopTool.tool } : { ...call, problem: desktopTool.problem };
  /* Servers in between may drop the family's name. */
  if (form === toolsetForm && memberNames.some((name) => name === use.name)) return withActions(call, readMember(use.name, use.input, options));
  return { ...call, problem: `there is no tool ${JSON.stringify(use.name.slice(0, 60))} here: use ${toolNames(options).join(', ')}` };
}

function readDesktopTool(use: ToolUse, { form, offer }: ReadResponseOptions): ReturnType<typeof readShell> | undefined {
  if (offer.shell && use.name === shellToolOf(form).name) return readShell(use.input);
  return offer.files && /^str_replace(?:_based)?_edit(?:or|_tool)$/.test(use.name) ? readEdit(use.name, use.input) : undefined;
}

function withActions(call: Call, read: ReturnType<typeof readMember>): Call {
  return 'problem' in read ? { ...call, problem: read.problem } : { ...call, actions: [...read.actions] };
}

const maxArgumentCharacters = 1_000_000;

function askCaller(call: Call, name: string, input: unknown): Call {
  const written = JSON.stringify(input ?? {});
  if (written.length > maxArgumentCharacters) return { ...call, problem: `${name}: ${written.length} characters of arguments; the limit is ${maxArgumentCharacters}` };
  return { ...call, asks: { name, arguments: written } };
}

function actionOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'action' in input ? input.action : undefined;
}

function toolNames({ form, offer }: ReadResponseOptions): string[] {
  return [
    'the computer tool',
    ...(offer.shell ? [shellToolOf(form).name] : []),
    ...(offer.files ? [filesToolOf(form).name] : []),
    ...(offer.person ? [askPersonFunction.name] : []),
    ...offer.callerTools.map((tool) => wireName(tool, form, offer)),
  ];
}

/** The vendor counts what it read from, and wrote to, its cache beside `input_tokens`. */
function readUsage({ usage }: VendorMessage): Usage {
  const cachedInputTokens = usage?.cache_read_input_tokens ?? 0;
  return {
    inputTokens: (usage?.input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0) + cachedInputTokens,
    cachedInputTokens,
    outputTokens: usage?.output_tokens ?? 0,
    reasoningTokens: usage?.output_tokens_details?.thinking_tokens ?? 0,
  };
}

function broken(what: string, cause?: unknown): VitrineError {
  return new VitrineError('model_failed', `the model's server answered with something that cannot be used: ${what}. Check that the base URL speaks the Messages API`, {
    cause,
    details: { retryable: false },
  });
}
