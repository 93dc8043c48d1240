import { z } from 'zod';
import { limits } from '../../../sandbox-image/wire/index.ts';
import type { Action } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';
import { nothingOffered, readOfferedCall } from '../desktop-functions.ts';
import type { FunctionCall } from '../desktop-functions.ts';
import { saidBeside } from '../said-beside.ts';
import type { Call, Offer, SafetyCheck, Turn, Usage } from '../transcript.ts';
import { readAction } from './read-action.ts';
import type { ReadActionOptions } from './read-action.ts';

/*
 * One exchange:
 *
 *   → POST /responses  { model, tools: [{ type: 'computer' }], input: [ task + picture ] }
 *   ← { status: 'completed', output: [ reasoning, computer_call { call_id, actions: [ … ] } ] }
 *   → POST /responses  { …, input: [ task + picture, reasoning, computer_call, computer_call_output { call_id, picture } ] }
 *   ← { status: 'completed', output: [ reasoning, message { output_text } ] }
 */

const count = z.number().nonnegative().catch(0).transform(Math.trunc);
const VendorUsage = z.looseObject({
  input_tokens: count,
  input_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
  output_tokens: count,
  output_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
});

const VendorResponse = z.looseObject({
  id: z.string().min(1),
  status: z.string().nullish(),
  output: z.array(z.looseObject({ type: z.string() })),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish().catch(null),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish().catch(null),
  usage: VendorUsage.nullish().catch(null),
});
/** A response as far as it is understood; items are kept whole. */
export type VendorResponse = z.infer<typeof VendorResponse>;
type VendorItem = VendorResponse['output'][number];

const VendorCheck = z.looseObject({ id: z.string().min(1), code: z.string().nullish(), message: z.string().nullish() });
const VendorCall = z.looseObject({
  call_id: z.string().min(1).max(limits.maxIdCharacters),
  status: z.string().nullish(),
  action: z.unknown().optional(),
  actions: z.unknown().optional(),
  pending_safety_checks: z.array(VendorCheck).nullish(),
});
const VendorFunctionCall = z.looseObject({ call_id: z.string().min(1).max(limits.maxIdCharacters), name: z.string().nullish(), arguments: z.unknown() });
const VendorMessage = z.looseObject({
  phase: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().nullish(), refusal: z.string().nullish() })),
});
const VendorReasoning = z.looseObject({ summary: z.array(z.looseObject({ text: z.string().nullish() })).nullish() });

/** Vendor errors after which the same request may succeed later. */
const passingErrors = new Set(['server_error', 'rate_limit_exceeded', 'vector_store_timeout', 'failed_to_download_image']);

export type ReadResponseOptions = ReadActionOptions & {
  /** What the model was offered besides the screen; nothing if absent. */
  readonly offer?: Offer;
};

/**
 * A response of the Responses API as a turn. What a call asks for and cannot be performed is its `problem`; a turn with an
 * item that cannot be read, or with calls that cannot be told apart, is unfinished and holds no calls. Throws VitrineError `model_failed` for what is no response at all, and for a response that failed.
 */
export function readResponse(body: unknown, options: ReadResponseOptions): Turn {
  const response = openResponse(body);
  const { calls, fault } = readCalls(response.output, options);
  return turnFrom(response, calls, { fault });
}

/** The response in a body, its calls not read yet. Throws VitrineError `model_failed` for anything else, and for a response that failed. */
export function openResponse(body: unknown): VendorResponse {
  const parsed = VendorResponse.safeParse(body);
  if (!parsed.success) throw broken(`it is not a response: ${z.prettifyError(parsed.error).slice(0, 300)}`, parsed.error);
  if (parsed.data.status === 'failed') throw failed(parsed.data);
  return parsed.data;
}

/** Calls in order; `fault` says why some cannot be read or answered: then there are none. */
export type FoundCalls<One> = { readonly calls: One[]; readonly fault: string | null };

/** The turn that a response and its calls are. `finals`: the last words that were given in calls, which may be empty. */
export function turnFrom(response: VendorResponse, calls: Call[], { finals = [], fault = null }: { readonly finals?: readonly string[]; readonly fault?: string | null } = {}): Turn {
  const said = readMessages(response.output);
  const refusal = said.refusals.length > 0 ? said.refusals.join('\n') : null;
  const unfinished = fault ?? said.fault ?? whyUnfinished(response, calls.length > 0 || finals.length > 0, said);
  const isFinal = calls.length === 0 && unfinished === null && refusal === null;
  const spoken = said.final.length > 0 ? said.final : said.commentary;
  const words = finals.filter((word) => word !== '');
  const final = (words.length > 0 ? words : spoken).join('\n\n');
  const aside = isFinal && words.length === 0 ? (said.final.length > 0 ? said.commentary : []) : [...said.commentary, ...said.final];
  return {
    responseId: response.id,
    commentary: [...readSummaries(response.output), ...aside].join('\n\n'),
    ...saidBeside(calls, aside, unfinished),
    calls: fault === null && said.fault === null ? calls : [],
    message: isFinal ? final || (finals.length > 0 ? 'Done.' : '') : null,
    unfinished,
    refusal,
    usage: readUsage(response),
    raw: response.output,
  };
}

/** The calls of functions in a response. */
export function functionCallsOf(response: VendorResponse): FoundCalls<FunctionCall> {
  return found(response.output, (item) => (item.type === 'function_call' ? readFunctionCall(item) : undefined));
}

/** What `read` makes of each item: a call, what is wrong with the item, or nothing for one that is no call. */
function found<One extends { readonly callId: string }>(output: readonly VendorItem[], read: (item: VendorItem) => One | Fault | undefined): FoundCalls<One> {
  const calls: One[] = [];
  for (const item of output) {
    const call = read(item);
    if (call === undefined) continue;
    if ('fault' in call) return { calls: [], fault: call.fault };
    if (calls.some((other) => other.callId === call.callId)) return { calls: [], fault: `two of its calls have the id ${call.callId}` };
    calls.push(call);
  }
  return { calls, fault: null };
}

type Fault = { readonly fault: string };
type Said = { readonly final: string[]; readonly commentary: string[]; readonly refusals: string[]; readonly fault: string | null };

function readMessages(output: readonly VendorItem[]): Said {
  const said: Said = { final: [], commentary: [], refusals: [], fault: null };
  for (const item of output) {
    if (item.type !== 'message') continue;
    const message = VendorMessage.safeParse(item);
    if (!message.success) return { ...said, fault: `its message cannot be read: ${z.prettifyError(message.error).slice(0, 300)}` };
    const texts = message.data.phase === 'commentary' ? said.commentary : said.final;
    for (const part of message.data.content) {
      if (part.type === 'refusal') said.refusals.push(part.refusal ?? '');
      else if (typeof part.text === 'string' && part.text !== '') texts.push(part.text);
    }
  }
  return said;
}

function readSummaries(output: readonly VendorItem[]): string[] {
  return output.flatMap((item) => {
    const reasoning = item.type === 'reasoning' ? VendorReasoning.safeParse(item).data : undefined;
    return (reasoning?.summary ?? []).flatMap((part) => (part.text ? [part.text] : []));
  });
}

function readCalls(output: readonly VendorItem[], options: ReadResponseOptions): FoundCalls<Call> {
  let actionCount = 0;
  return found(output, (item) => {
    const call = readCall(item, options);
    if (call === undefined || 'fault' in call) return call;
    actionCount += call.actions.length;
    const isTooMany = actionCount > limits.maxActionsPerTurn;
    return isTooMany ? { ...call, actions: [], problem: `more than ${limits.maxActionsPerTurn} actions in one turn: ask for fewer at a time` } : call;
  });
}

/** A call to perform; undefined for what is not a call. A call of a tool that nobody offered is one with a problem: it too wants an answer. */
function readCall(item: VendorItem, options: ReadResponseOptions): Call | Fault | undefined {
  if (item.type === 'function_call') {
    const call = readFunctionCall(item);
    return 'fault' in call ? call : readOfferedCall(call, options.offer ?? nothingOffered);
  }
  if (item.type !== 'computer_call') return undefined;
  const parsed = parseCall(VendorCall, item);
  if ('fault' in parsed) return parsed;
  const vendor = parsed.read;
  const { actions, problem } = readActions(vendor, options);
  return {
    callId: vendor.call_id,
    actions,
    safetyChecks: (vendor.pending_safety_checks ?? []).map(normalCheck),
    ...(problem === undefined ? {} : { problem }),
  };
}

function readFunctionCall(item: VendorItem): FunctionCall | Fault {
  const parsed = parseCall(VendorFunctionCall, item);
  if ('fault' in parsed) return parsed;
  const { call_id: callId, name, arguments: given } = parsed.read;
  return { callId, name: name ?? '', arguments: given };
}

function parseCall<Read>(schema: z.ZodType<Read>, item: VendorItem): { readonly read: Read } | Fault {
  const parsed = schema.safeParse(item);
  return parsed.success ? { read: parsed.data } : { fault: `its ${item.type} cannot be read: ${z.prettifyError(parsed.error).slice(0, 300)}` };
}

function readActions(vendor: z.infer<typeof VendorCall>, options: ReadActionOptions): { actions: Action[]; problem?: string } {
  const listed = vendor.actions ?? (vendor.action === undefined || vendor.action === null ? undefined : [vendor.action]);
  if (!Array.isArray(listed) || listed.length === 0) return { actions: [], problem: 'the call holds no actions' };
  if (vendor.actions && vendor.action) return { actions: [], problem: 'the call holds both `action` and `actions`' };
  const actions: Action[] = [];
  for (const [index, item] of listed.entries()) {
    const read = readAction(item, options);
    if ('problem' in read) return { actions: [], problem: listed.length === 1 ? read.problem : `action ${index + 1} of ${listed.length}: ${read.problem}` };
    actions.push(read.action);
  }
  return { actions };
}

function normalCheck(check: z.infer<typeof VendorCheck>): SafetyCheck {
  return { id: check.id, code: check.code ?? null, message: check.message ?? null };
}

function whyUnfinished(response: VendorResponse, hasCalls: boolean, said: Said): string | null {
  const status = response.status ?? 'completed';
  if (status === 'incomplete') return response.incomplete_details?.reason ?? 'incomplete';
  if (status !== 'completed') return `the response is ${status}`;
  const open = response.output.find((item) => item.type.endsWith('_call') && item['status'] !== undefined && item['status'] !== null && item['status'] !== 'completed');
  if (open !== undefined) return `a call is ${String(open['status'])}`;
  if (!hasCalls && said.final.length + said.commentary.length + said.refusals.length === 0) return 'the response holds neither a call nor a message';
  return null;
}

function readUsage(response: VendorResponse): Usage {
  const usage = response.usage;
  return {
    inputTokens: usage?.input_tokens ?? 0,
    cachedInputTokens: Math.min(usage?.input_tokens_details?.cached_tokens ?? 0, usage?.input_tokens ?? 0),
    outputTokens: usage?.output_tokens ?? 0,
    reasoningTokens: usage?.output_tokens_details?.reasoning_tokens ?? 0,
  };
}

function failed(response: VendorResponse): VitrineError {
  const code = response.error?.code ?? 'unknown';
  const retryable = passingErrors.has(code);
  return new VitrineError('model_failed', `the model's server gave up with ${code}: ${response.error?.message ?? 'no reason given'}`, { details: { retryable, vendorCode: code } });
}

function broken(what: string, cause?: unknown): VitrineError {
  return new VitrineError('model_failed', `the model's server answered with something that cannot be used: ${what}. Check that the base URL speaks the Responses API`, {
    cause,
    details: { retryable: false },
  });
}
