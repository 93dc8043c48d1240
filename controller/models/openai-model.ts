import type OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { readResponse } from '../dialects/openai-responses/read-response.ts';
import { afterStored, writeContinuation, writeRequest } from '../dialects/openai-responses/write-input.ts';
import type { ComputerForm, WrittenRequest } from '../dialects/openai-responses/write-input.ts';
import type { Turn } from '../dialects/transcript.ts';
import { answerBound } from './answer-bound.ts';
import { captureFor } from './image-limits.ts';
import type { ModelEntry } from './model-entry.ts';
import type { DecideRequest, Model } from './model.ts';
import { priceOf } from './model-price.ts';
import { createOpenAIClient, forwardingOver } from './openai-client.ts';
import { isUnknownResponse, modelFailure } from './openai-failure.ts';
import { picturesFor } from './pictures-for.ts';
import { retrying } from './retrying.ts';

/** After this many responses in a row that the server did not know, it is taken for one that keeps none. */
const maxUnknown = 3;

/**
 * A model with native computer use behind OpenAI's Responses API, or any server that speaks it. The journal holds the history: each request
 * carries it whole, and nothing is stored at the vendor, unless the entry's `history` says so. The entry's dialect says whether the tool has its GA or its
 * preview form.
 */
export function createOpenAIModel(entry: ModelEntry): Model {
  const client = createOpenAIClient(entry);
  let unknown = 0;
  return {
    name: entry.name,
    capture: captureFor(entry.limits),
    price: priceOf(entry),
    forwarding: forwardingOver(client, entry, 'openai-responses'),
    decide: async (request, signal) => {
      signal.throwIfAborted();
      const goingOn = entry.history === 'stored' && unknown < maxUnknown ? await continuation(entry, request) : undefined;
      if (goingOn === undefined) return ask(client, entry, request, await whole(entry, request), signal);
      try {
        const turn = await ask(client, entry, request, goingOn, signal);
        unknown = 0;
        return turn;
      } catch (reason) {
        if (!isUnknownResponse(reason)) throw reason;
        unknown += 1;
        return ask(client, entry, request, await whole(entry, request), signal);
      }
    },
  };
}

/** The request that carries the history. */
async function whole(entry: ModelEntry, request: DecideRequest): Promise<WrittenRequest> {
  const pictures = await picturesFor(request, entry.limits);
  return { ...writeRequest(request.briefing, request.transcript, pictures, request.offer, formOf(entry, request)), store: entry.history === 'stored' };
}

/** The request that goes on from the last response; undefined where there is none to go on from. */
async function continuation(entry: ModelEntry, request: DecideRequest): Promise<WrittenRequest | undefined> {
  const tail = afterStored(request.transcript);
  if (tail === undefined) return undefined;
  const pictures = await picturesFor({ ...request, transcript: tail.transcript }, entry.limits);
  return writeContinuation(request.briefing, tail, pictures, request.offer, formOf(entry, request));
}

function ask(client: OpenAI, entry: ModelEntry, { frame, offer }: DecideRequest, written: WrittenRequest, signal: AbortSignal): Promise<Turn> {
  const most = answerBound(entry, offer);
  const bound = most === undefined ? {} : { max_output_tokens: most };
  /* The vendor's types lack `detail` on a screenshot, which its guide asks for, and know no item replayed verbatim. */
  const params = { model: entry.model, ...written, ...bound } as unknown as ResponseCreateParamsNonStreaming;
  const attempt = async () => readResponse(await client.responses.create(params, { signal }), { frame, waitMs: entry.waitMs, offer });
  return retrying(entry.maxRetries, attempt, (reason) => modelFailure(reason, entry), signal);
}

function formOf(entry: ModelEntry, { frame }: DecideRequest): ComputerForm {
  return entry.dialect === 'openai-responses-preview' ? { kind: 'computer_use_preview', width: frame.width, height: frame.height } : { kind: 'computer' };
}
