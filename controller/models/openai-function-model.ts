import type OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { Resize } from '../dialects/coordinates.ts';
import type { Coordinates, CoordinateSpace } from '../dialects/coordinates.ts';
import { readChat } from '../dialects/function-tools/read-chat.ts';
import type { FunctionOptions } from '../dialects/function-tools/read-function-calls.ts';
import { readFunctionResponse } from '../dialects/function-tools/read-function-response.ts';
import { readUiTarsAnswer, writeUiTarsChat } from '../dialects/function-tools/ui-tars.ts';
import { writeFunctionChat, writeQwenChat } from '../dialects/function-tools/write-chat.ts';
import type { ChatToWrite } from '../dialects/function-tools/write-chat.ts';
import { writeFunctionResponse } from '../dialects/function-tools/write-function-response.ts';
import type { Offer, Turn } from '../dialects/transcript.ts';
import { VitrineError } from '../errors.ts';
import { answerBound } from './answer-bound.ts';
import { priceOf } from './model-price.ts';
import { captureFor } from './image-limits.ts';
import type { ModelEntry } from './model-entry.ts';
import type { DecideRequest, Model } from './model.ts';
import { createOpenAIClient, forwardingOver } from './openai-client.ts';
import { modelFailure } from './openai-failure.ts';
import { picturesFor } from './pictures-for.ts';
import { retrying } from './retrying.ts';

/** The dialects without a native computer tool. */
export type FunctionDialect = 'function-chat' | 'function-responses' | 'qwen' | 'ui-tars';

/** What the models usually served in these forms count in; an entry can say otherwise. */
const usualSpace: Readonly<Record<FunctionDialect, CoordinateSpace>> = { 'function-chat': 'pixels', 'function-responses': 'pixels', qwen: '0-1000', 'ui-tars': 'resized' };

/** A model that sees pictures and calls functions, or writes its calls as text, behind any server that speaks chat completions or the Responses API. */
export function createFunctionModel(entry: ModelEntry, dialect: FunctionDialect): Model {
  const client = createOpenAIClient(entry);
  const coordinates: Coordinates = { space: entry.coordinates ?? usualSpace[dialect], resize: Resize.parse(entry.resize) };
  return {
    name: entry.name,
    capture: captureFor(entry.limits),
    price: priceOf(entry),
    forwarding: forwardingOver(client, entry, dialect === 'function-responses' ? 'openai-responses' : 'openai-chat'),
    decide: (request, signal) => decide({ client, entry, dialect, coordinates }, request, signal),
  };
}

type Parts = { readonly client: OpenAI; readonly entry: ModelEntry; readonly dialect: FunctionDialect; readonly coordinates: Coordinates };

async function decide(parts: Parts, request: DecideRequest, signal: AbortSignal): Promise<Turn> {
  signal.throwIfAborted();
  const { entry, dialect, coordinates } = parts;
  const { frame, offer } = request;
  if (dialect === 'ui-tars') refuseTools(entry, offer);
  const chat: ChatToWrite = {
    briefing: request.briefing, transcript: request.transcript, pictures: await picturesFor(request, entry.limits), offer, frame, coordinates, takesAnswerFormat: isVendors(entry),
  };
  const options: FunctionOptions = { frame, coordinates, offer, waitMs: entry.waitMs };
  const ask = dialect === 'function-responses' ? responsesAsker(parts, chat, options, signal) : chatAsker(parts, chat, options, signal);
  return retrying(entry.maxRetries, ask, (reason) => modelFailure(reason, entry), signal);
}

/** The vendor's own servers take a schema beside tools, and encrypted reasoning; others make everything fit the schema, calls included. */
function isVendors({ provider }: ModelEntry): boolean {
  return provider === 'openai' || provider === 'azure';
}

function responsesAsker({ client, entry }: Parts, chat: ChatToWrite, options: FunctionOptions, signal: AbortSignal): () => Promise<Turn> {
  const written = writeFunctionResponse({ ...chat, keepsReasoning: isVendors(entry) });
  const most = answerBound(entry, chat.offer);
  const bound = most === undefined ? {} : { max_output_tokens: most };
  /* Items are replayed as they came, which the vendor's types do not know. */
  const params = { model: entry.model, ...written, ...bound } as unknown as ResponseCreateParamsNonStreaming;
  return async () => readFunctionResponse(await client.responses.create(params, { signal }), options);
}

function chatAsker({ client, entry, dialect }: Parts, chat: ChatToWrite, options: FunctionOptions, signal: AbortSignal): () => Promise<Turn> {
  const params = { model: entry.model, ...writerOf(dialect)(chat), ...boundOf(entry, chat.offer) } as unknown as ChatCompletionCreateParamsNonStreaming;
  const read = dialect === 'ui-tars' ? readUiTarsAnswer : undefined;
  return async () => readChat(await client.chat.completions.create(params, { signal }), options, read);
}

function writerOf(dialect: FunctionDialect): typeof writeFunctionChat {
  if (dialect === 'ui-tars') return writeUiTarsChat;
  return dialect === 'qwen' ? writeQwenChat : writeFunctionChat;
}

function boundOf(entry: ModelEntry, offer: Offer): Readonly<Record<string, number>> {
  const most = answerBound(entry, offer);
  if (most === undefined) return {};
  return isVendors(entry) ? { max_completion_tokens: most } : { max_tokens: most };
}

function refuseTools(entry: ModelEntry, offer: Offer): void {
  if (!offer.shell && !offer.files && offer.callerTools.length === 0) return;
  throw new VitrineError('model_failed', `model ${entry.name}: the form of UI-TARS has no tools besides the screen: ask for none, or choose another model`, { details: { model: entry.name, retryable: false } });
}
