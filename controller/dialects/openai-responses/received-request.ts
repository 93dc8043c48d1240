import { z } from 'zod';
import { invalidRequest } from './vendor-problem.ts';
import type { VendorProblem } from './vendor-problem.ts';
import { EchoedFields } from './echoed-fields.ts';

/** A picture as it came in a data URL. */
export type ReceivedPicture = { readonly mediaType: string; readonly bytes: Buffer };

/** A safety check as the asking side wrote it. */
export type ReceivedCheck = { readonly id: string; readonly code: string | null; readonly message: string | null };

/** One item of a request's input, oldest first. */
export type ReceivedItem =
  | { readonly kind: 'message'; readonly role: string; readonly text: string; readonly pictures: readonly ReceivedPicture[] }
  | { readonly kind: 'call'; readonly callId: string; readonly actions: readonly unknown[]; readonly pendingChecks: readonly ReceivedCheck[] }
  | { readonly kind: 'output'; readonly callId: string; readonly picture: ReceivedPicture; readonly acknowledged: readonly string[] }
  | { readonly kind: 'function_call'; readonly callId: string; readonly name: string }
  | { readonly kind: 'function_output'; readonly callId: string; readonly text: string }
  /** What a model thought; `encrypted` is its own state, given back to it unread. */
  | { readonly kind: 'reasoning'; readonly encrypted: string | null }
  | { readonly kind: 'other'; readonly type: string };

/** A request to `POST /v1/responses`, as a server sees it. */
export type ReceivedRequest = {
  readonly model: string;
  readonly instructions: string;
  /** The text of the user's first message of this conversation's last exchange: behind what the assistant said before any call. */
  readonly task: string;
  readonly items: readonly ReceivedItem[];
  /** The picture that came last, of whatever item. */
  readonly latestPicture: ReceivedPicture | null;
  /** What a response repeats of the request. */
  readonly echo: EchoedFields;
  readonly toolTypes: readonly string[];
  /** Names of the functions that are offered. */
  readonly functions: readonly string[];
  readonly stream: boolean;
  readonly store: boolean;
  readonly previousResponseId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

const Part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional(), image_url: z.unknown().optional() });
const Message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Part)]) });
const Check = z.looseObject({ id: z.string(), code: z.string().nullish(), message: z.string().nullish() });
const Call = z.looseObject({
  call_id: z.string().min(1).max(64),
  action: z.unknown().optional(),
  actions: z.array(z.unknown()).nullish(),
  pending_safety_checks: z.array(Check).nullish(),
});
const Output = z.looseObject({
  call_id: z.string().min(1).max(64),
  output: z.looseObject({ type: z.enum(['computer_screenshot', 'input_image']), image_url: z.string() }),
  acknowledged_safety_checks: z.array(Check).nullish(),
});
const FunctionCall = z.looseObject({ call_id: z.string().min(1).max(64), name: z.string() });
const FunctionOutput = z.looseObject({ call_id: z.string().min(1).max(64), output: z.union([z.string(), z.array(Part)]) });
const Body = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.looseObject({ type: z.string().nullish() }))]),
  instructions: z.string().nullish(),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional().catch(undefined) })).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/**
 * A request's body as a server reads it: both the GA and the preview spelling of calls and outputs. What the vendor
 * refuses is refused in its words: a call without output, an output without call, a check that nobody acknowledged,
 * an empty picture.
 */
export function readRequest(body: unknown): { readonly request: ReceivedRequest } | { readonly problem: VendorProblem } {
  const parsed = Body.safeParse(body);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, '') };
  const { data } = parsed;
  const listed = typeof data.input === 'string' ? [{ type: 'message', role: 'user', content: data.input }] : data.input;
  const items: ReceivedItem[] = [];
  for (const [index, raw] of listed.entries()) {
    const read = readItem(raw, `input[${index}]`);
    if ('problem' in read) return read;
    items.push(read.item);
  }
  const problem = pairingProblem(items);
  if (problem !== undefined) return { problem };
  return {
    request: {
      model: data.model,
      instructions: data.instructions ?? '',
      task: taskOf(items),
      items,
      latestPicture: items.flatMap(picturesOf).at(-1) ?? null,
      echo: EchoedFields.safeParse(body).data ?? {},
      toolTypes: (data.tools ?? []).map((tool) => tool.type),
      functions: (data.tools ?? []).flatMap(({ type, name }) => (type === 'function' && name !== undefined ? [name] : [])),
      stream: data.stream ?? false,
      store: data.store ?? true,
      previousResponseId: data.previous_response_id ?? null,
      metadata: data.metadata ?? {},
    },
  };
}

function taskOf(items: readonly ReceivedItem[]): string {
  const firstStep = items.findIndex(({ kind }) => kind === 'call' || kind === 'function_call' || kind === 'reasoning');
  const before = firstStep === -1 ? items : items.slice(0, firstStep);
  const begins = before.findLastIndex((item) => item.kind === 'message' && item.role === 'assistant') + 1;
  const task = before.slice(begins).find((item) => item.kind === 'message' && item.role === 'user');
  return task?.kind === 'message' ? task.text : '';
}

type ReadItem = { readonly item: ReceivedItem } | { readonly problem: VendorProblem };

function readItem(raw: { readonly type?: string | null | undefined }, param: string): ReadItem {
  const type = raw.type ?? 'message';
  if (type === 'message') return readMessage(raw, param);
  if (type === 'computer_call') return readCall(raw, param);
  if (type === 'computer_call_output') return readOutput(raw, param);
  if (type === 'function_call') return readFunctionCall(raw, param);
  if (type === 'function_call_output') return readFunctionOutput(raw, param);
  if (type !== 'reasoning') return { item: { kind: 'other', type } };
  const encrypted: unknown = 'encrypted_content' in raw ? raw.encrypted_content : null;
  return { item: { kind: 'reasoning', encrypted: typeof encrypted === 'string' ? encrypted : null } };
}

function readMessage(raw: unknown, param: string): ReadItem {
  const parsed = Message.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { role, content } = parsed.data;
  if (typeof content === 'string') return { item: { kind: 'message', role, text: content, pictures: [] } };
  const pictures: ReceivedPicture[] = [];
  for (const part of content) {
    if (part.type !== 'input_image') continue;
    const url = typeof part.image_url === 'string' ? readDataUrl(part.image_url) : undefined;
    if (url === undefined) return { problem: pictureProblem(param) };
    pictures.push(url);
  }
  const text = content.flatMap((part) => part.text ?? part.refusal ?? []).join('\n');
  return { item: { kind: 'message', role, text, pictures } };
}

function readCall(raw: unknown, param: string): ReadItem {
  const parsed = Call.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { call_id: callId, action, actions, pending_safety_checks: checks } = parsed.data;
  if (checks?.length === 0) return { problem: invalidRequest(`Invalid '${param}.pending_safety_checks': empty array. Expected an array with minimum length 1.`, `${param}.pending_safety_checks`, 'empty_array') };
  const listed = actions ?? (action === undefined || action === null ? [] : [action]);
  return { item: { kind: 'call', callId, actions: listed, pendingChecks: (checks ?? []).map(({ id, code, message }) => ({ id, code: code ?? null, message: message ?? null })) } };
}

function readOutput(raw: unknown, param: string): ReadItem {
  const parsed = Output.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { call_id: callId, output, acknowledged_safety_checks: acknowledged } = parsed.data;
  const picture = readDataUrl(output.image_url);
  if (picture === undefined) return { problem: pictureProblem(`${param}.output.image_url`) };
  return { item: { kind: 'output', callId, picture, acknowledged: (acknowledged ?? []).map((check) => check.id) } };
}

function readFunctionCall(raw: unknown, param: string): ReadItem {
  const parsed = FunctionCall.safeParse(raw);
  return parsed.success ? { item: { kind: 'function_call', callId: parsed.data.call_id, name: parsed.data.name } } : { problem: schemaProblem(parsed.error, param) };
}

function readFunctionOutput(raw: unknown, param: string): ReadItem {
  const parsed = FunctionOutput.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { call_id: callId, output } = parsed.data;
  return { item: { kind: 'function_output', callId, text: typeof output === 'string' ? output : output.flatMap((part) => part.text ?? []).join('\n') } };
}

function readDataUrl(url: string): ReceivedPicture | undefined {
  const mediaType = /^data:(image\/[a-z0-9.+-]{1,40});base64,/.exec(url.slice(0, 100))?.[1];
  if (mediaType === undefined) return undefined;
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  return bytes.length > 0 ? { mediaType, bytes } : undefined;
}

function picturesOf(item: ReceivedItem): readonly ReceivedPicture[] {
  if (item.kind === 'message') return item.pictures;
  return item.kind === 'output' ? [item.picture] : [];
}

/** The vendor's own sentences, where they are known. */
function pairingProblem(items: readonly ReceivedItem[]): VendorProblem | undefined {
  const calls = new Map(items.flatMap((item) => (item.kind === 'call' ? [[item.callId, item] as const] : [])));
  const outputs = new Map<string, Extract<ReceivedItem, { kind: 'output' }>>();
  for (const item of items) {
    if (item.kind !== 'output') continue;
    if (!calls.has(item.callId)) return invalidRequest(`No tool call found for computer call output with call_id ${item.callId}.`, 'input');
    if (outputs.has(item.callId)) return invalidRequest(`Duplicate computer call output for call_id ${item.callId}.`, 'input');
    outputs.set(item.callId, item);
  }
  const answered = new Set(items.flatMap((item) => (item.kind === 'function_output' ? [item.callId] : [])));
  const open = items.find((item) => item.kind === 'function_call' && !answered.has(item.callId));
  if (open?.kind === 'function_call') return invalidRequest(`No tool output found for function call ${open.callId}.`, 'input');
  for (const call of calls.values()) {
    const output = outputs.get(call.callId);
    if (output === undefined) return invalidRequest(`No tool output found for computer call ${call.callId}.`, 'input');
    const open = call.pendingChecks.filter((check) => !output.acknowledged.includes(check.id)).map((check) => `'${check.id}'`);
    if (open.length > 0) return invalidRequest(`Computer tool has unacknowledged safety check for [${open.join(', ')}]`, 'input');
  }
  return undefined;
}

function pictureProblem(param: string): VendorProblem {
  return invalidRequest(`Invalid '${param}'. Expected a base64-encoded data URL with an image MIME type, but got empty or unsupported base64-encoded bytes.`, param, 'invalid_base64_image');
}

function schemaProblem(error: z.ZodError, prefix: string): VendorProblem {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).reduce<string>((so, key) => (typeof key === 'number' ? `${so}[${key}]` : so === '' ? String(key) : `${so}.${String(key)}`), prefix);
  return invalidRequest(`Invalid request: '${path}': ${issue?.message ?? 'not an object'}`, path === '' ? null : path);
}
