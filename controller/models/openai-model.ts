import OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { readResponse } from '../dialects/openai-responses/read-response.ts';
import { writeRequest } from '../dialects/openai-responses/write-input.ts';
import type { Turn } from '../dialects/transcript.ts';
import { defaultImageBounds, framesToShow, loadImages } from './images.ts';
import type { ModelEntry } from './model-entry.ts';
import type { DecideRequest, Model } from './model.ts';
import { modelFailure } from './openai-failure.ts';

/** PNG at native size up to 1600x1200: the vendor keeps pictures of `detail: original` as they are up to 10 megapixels. */
const capture = { format: 'png', maxWidth: 1600, maxHeight: 1200 } as const;

/** A model behind OpenAI's Responses API, or any server that speaks it. Nothing is stored there: each request carries the whole transcript. */
export function createOpenAIModel(entry: ModelEntry): Model {
  const client = createClient(entry);
  return {
    name: entry.name,
    capture,
    decide: (request, signal) => decide(client, entry, request, signal),
  };
}

async function decide(client: OpenAI, entry: ModelEntry, request: DecideRequest, signal: AbortSignal): Promise<Turn> {
  signal.throwIfAborted();
  const pictures = await loadImages(framesToShow(request.transcript, defaultImageBounds), request.loadPicture);
  const body = writeRequest(request.briefing, request.transcript, pictures);
  /* The vendor's types lack `detail` on a screenshot, which its guide asks for, and know no item replayed verbatim. */
  const params = { model: entry.model, ...body } as unknown as ResponseCreateParamsNonStreaming;
  try {
    const response: unknown = await client.responses.create(params, { signal });
    return readResponse(response, { frame: request.frame, waitMs: entry.waitMs });
  } catch (reason) {
    signal.throwIfAborted();
    throw modelFailure(reason, entry);
  }
}

/** Everything that the client would otherwise take from the environment is given here, so that configuration is the only source. */
function createClient(entry: ModelEntry): OpenAI {
  return new OpenAI({
    apiKey: entry.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: entry.baseUrl ?? 'https://api.openai.com/v1',
    maxRetries: entry.maxRetries,
    timeout: entry.timeoutMs,
    logLevel: 'off',
    /* A redirect would carry the request, and the pictures in it, to another host. */
    fetchOptions: { redirect: 'manual' },
    ...(entry.headers === undefined ? {} : { defaultHeaders: entry.headers }),
  });
}
