import type OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { readResponse } from '../dialects/openai-responses/read-response.ts';
import { writeRequest } from '../dialects/openai-responses/write-input.ts';
import type { ComputerForm } from '../dialects/openai-responses/write-input.ts';
import type { Turn } from '../dialects/transcript.ts';
import { captureFor } from './image-limits.ts';
import type { ModelEntry } from './model-entry.ts';
import type { DecideRequest, Model } from './model.ts';
import { priceOf } from './model-price.ts';
import { createOpenAIClient, forwardingOver } from './openai-client.ts';
import { modelFailure } from './openai-failure.ts';
import { picturesFor } from './pictures-for.ts';
import { retrying } from './retrying.ts';

/**
 * A model with native computer use behind OpenAI's Responses API, or any server that speaks it. Nothing is stored there: each request
 * carries the whole transcript. The entry's dialect says whether the tool has its GA or its preview form.
 */
export function createOpenAIModel(entry: ModelEntry): Model {
  const client = createOpenAIClient(entry);
  return {
    name: entry.name,
    capture: captureFor(entry.limits),
    price: priceOf(entry),
    forwarding: forwardingOver(client, entry, 'openai-responses'),
    decide: (request, signal) => decide(client, entry, request, signal),
  };
}

async function decide(client: OpenAI, entry: ModelEntry, request: DecideRequest, signal: AbortSignal): Promise<Turn> {
  signal.throwIfAborted();
  const { frame, offer } = request;
  const pictures = await picturesFor(request, entry.limits);
  const written = writeRequest(request.briefing, request.transcript, pictures, offer, formOf(entry, request));
  const bound = entry.maxOutputTokens === undefined ? {} : { max_output_tokens: entry.maxOutputTokens };
  /* The vendor's types lack `detail` on a screenshot, which its guide asks for, and know no item replayed verbatim. */
  const params = { model: entry.model, ...written, ...bound } as unknown as ResponseCreateParamsNonStreaming;
  const ask = async () => readResponse(await client.responses.create(params, { signal }), { frame, waitMs: entry.waitMs, offer });
  return retrying(entry.maxRetries, ask, (reason) => modelFailure(reason, entry), signal);
}

function formOf(entry: ModelEntry, { frame }: DecideRequest): ComputerForm {
  return entry.dialect === 'openai-responses-preview' ? { kind: 'computer_use_preview', width: frame.width, height: frame.height } : { kind: 'computer' };
}
