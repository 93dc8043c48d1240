import { z } from 'zod';
import { limits } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';
import { saidBeside } from '../said-beside.ts';
import type { Turn, Usage } from '../transcript.ts';
import { readFunctionCalls } from './read-function-calls.ts';
import type { FoundCall, FunctionOptions, ReadCalls } from './read-function-calls.ts';
import { divideText } from './tool-call-text.ts';

/*
 * One exchange:
 *
 *   → POST /chat/completions { tools: [computer], messages: [ system, user: task + picture ] }
 *   ← { choices: [{ message: { tool_calls: [{ id, function: { name: 'computer', arguments: '{"action":"click",…}' } }] } }] }
 *   → POST /chat/completions { …, messages: [ …, assistant, tool: 'ok', user: picture ] }
 *   ← { choices: [{ message: { content: 'Done.' }, finish_reason: 'stop' }] }
 */

const count = z.number().nonnegative().catch(0).transform(Math.trunc);
const Message = z.looseObject({
  content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional().catch(undefined) }))]).nullish().catch(null),
  reasoning_content: z.string().nullish().catch(null),
  reasoning: z.string().nullish().catch(null),
  refusal: z.string().nullish().catch(null),
  tool_calls: z.array(z.unknown()).nullish().catch(null),
});
/** The message of an answer, as it came. */
export type ChatMessage = z.infer<typeof Message>;

const Completion = z.looseObject({
  id: z.string().nullish().catch(null),
  choices: z.array(z.looseObject({ message: Message, finish_reason: z.string().nullish().catch(null) })).min(1),
  usage: z.looseObject({
    prompt_tokens: count, completion_tokens: count,
    prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
    completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
  }).nullish().catch(null),
});
type Completion = z.infer<typeof Completion>;

const ToolCall = z.looseObject({ id: z.string().nullish().catch(null), function: z.looseObject({ name: z.string(), arguments: z.unknown().optional() }) });
const ServerError = z.looseObject({ error: z.looseObject({ message: z.string().catch('no reason given'), code: z.union([z.string(), z.number()]).nullish().catch(null) }) });

/** What was said in an answer, and what was asked for. */
export type ChatAnswer = ReadCalls & { readonly thought: string; readonly said: string };

/** Reads the answer out of a message. */
export type ReadAnswer = (message: ChatMessage, responseId: string, options: FunctionOptions) => ChatAnswer;

/**
 * A chat completion as a turn. Throws VitrineError `model_failed` for what is none, and for a server's error in its place.
 * An answer that was cut off is unfinished, whatever it holds.
 */
export function readChat(body: unknown, options: FunctionOptions, readAnswer: ReadAnswer = readToolCalls): Turn {
  const completion = openCompletion(body);
  const choice = completion.choices[0];
  if (choice === undefined) throw broken('it has no choices');
  const { message } = choice;
  const responseId = (completion.id ?? '').slice(0, limits.maxIdCharacters - 16);
  const { calls, finals, thought, said } = readAnswer(message, responseId, options);
  const refusal = message.refusal || null;
  const unfinished = whyUnfinished(choice.finish_reason, calls.length > 0 || finals.length > 0 || said !== '' || refusal !== null);
  const isFinal = calls.length === 0 && unfinished === null && refusal === null;
  const final = joined(...finals) || said || 'Done.';
  const isSaidAside = !isFinal || final !== said;
  return {
    responseId,
    commentary: joined(thought, isSaidAside ? said : ''),
    ...saidBeside(calls, [said], unfinished),
    calls,
    message: isFinal ? final : null,
    unfinished,
    refusal,
    usage: usageOf(completion),
    raw: [message],
  };
}

/** The id of a call that has none of its own; the same when the answer is replayed. */
export function callIdOf(responseId: string, index: number): string {
  return `${responseId === '' ? 'call' : responseId}.${index}`;
}

/** Native calls with the ids that they are answered by: their own, or a number where it is missing or given twice. */
export function nativeCalls(message: ChatMessage, responseId: string): FoundCall[] {
  const seen = new Set<string>();
  return (message.tool_calls ?? []).map((item, index) => {
    const own = ownId(item);
    const callId = own === undefined || seen.has(own) ? callIdOf(responseId, index) : own;
    seen.add(callId);
    const call = ToolCall.safeParse(item);
    if (!call.success) return { callId, name: '', arguments: {}, problem: 'the tool call names no function' };
    return { callId, name: call.data.function.name, arguments: call.data.function.arguments };
  });
}

function ownId(item: unknown): string | undefined {
  const id: unknown = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
  return typeof id === 'string' && id !== '' && id.length <= limits.maxIdCharacters ? id : undefined;
}

/** What a message says, besides calls. */
export function textOf(message: ChatMessage): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((part) => part.text ?? []).join('\n');
}

/** What the server tells of the model's thinking. */
export function reasoningOf(message: ChatMessage): string {
  return message.reasoning_content ?? message.reasoning ?? '';
}

function joined(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

function readToolCalls(message: ChatMessage, responseId: string, options: FunctionOptions): ChatAnswer {
  const native = nativeCalls(message, responseId);
  const { thought, said, calls } = divideText(textOf(message), (index) => callIdOf(responseId, native.length + index));
  const read = native.length + calls.length === 0 ? { calls: [], finals: [] } : readFunctionCalls([...native, ...calls], options);
  return { ...read, thought: joined(reasoningOf(message), thought), said };
}

function whyUnfinished(finish: string | null | undefined, hasContent: boolean): string | null {
  if (finish === 'length' || finish === 'content_filter' || finish === 'error') return finish;
  return hasContent ? null : 'the answer holds neither a call nor a message';
}

function openCompletion(body: unknown): Completion {
  const failed = ServerError.safeParse(body);
  if (failed.success) throw serverError(failed.data.error);
  const parsed = Completion.safeParse(body);
  if (!parsed.success) throw broken(z.prettifyError(parsed.error).slice(0, 300), parsed.error);
  return parsed.data;
}

/** Routers answer 200 with an error inside when the server behind them failed. */
function serverError({ message, code }: z.infer<typeof ServerError>['error']): VitrineError {
  const status = Number(code);
  const retryable = [408, 409, 429].includes(status) || status >= 500;
  return new VitrineError('model_failed', `the model's server answered with an error${code ? ` (${code})` : ''}: ${message.slice(0, 600)}`, { details: { retryable } });
}

function broken(what: string, cause?: unknown): VitrineError {
  return new VitrineError('model_failed', `the model's server answered with something that is no chat completion: ${what}. Check that the base URL speaks chat completions`, { cause, details: { retryable: false } });
}

function usageOf({ usage }: Completion): Usage {
  return {
    inputTokens: usage?.prompt_tokens ?? 0,
    cachedInputTokens: Math.min(usage?.prompt_tokens_details?.cached_tokens ?? 0, usage?.prompt_tokens ?? 0),
    outputTokens: usage?.completion_tokens ?? 0,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}
