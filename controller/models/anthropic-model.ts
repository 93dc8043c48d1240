import Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming as BetaParams } from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { MessageCreateParamsNonStreaming as Params } from '@anthropic-ai/sdk/resources/messages/messages';
import type { Frame } from '../../sandbox-image/wire/index.ts';
import { toolsetForm } from '../dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm } from '../dialects/anthropic-messages/computer-tools.ts';
import { readResponse } from '../dialects/anthropic-messages/read-response.ts';
import { writeRequest } from '../dialects/anthropic-messages/write-request.ts';
import type { WrittenRequest } from '../dialects/anthropic-messages/write-request.ts';
import type { Turn } from '../dialects/transcript.ts';
import { VitrineError } from '../errors.ts';
import { anthropicFailure } from './anthropic-failure.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { createForwarding } from './forwarding.ts';
import { assertWithin, captureFor, imageBoundsFor } from './image-limits.ts';
import { framesToShow, loadImages } from './images.ts';
import type { ImageLimits, ModelEntry } from './model-entry.ts';
import type { DecideRequest, Model, ModelPrice } from './model.ts';
import { retrying } from './retrying.ts';

/** What is needed of a model's entry. `baseUrl` may end in the version, as the other vendors' do, or not. */
export type AnthropicEntry = Pick<ModelEntry, 'name' | 'model' | 'apiKey' | 'baseUrl' | 'headers' | 'maxRetries' | 'timeoutMs' | 'limits' | 'maxOutputTokens' | 'apiKeyEnv'> & {
  readonly price?: ModelPrice | undefined;
};

/**
 * A model behind Anthropic's Messages API, or any server that speaks it, with one form of the tool for the screen. All
 * state is here: each request carries the whole transcript. The desktop scales its pictures to what the model takes, and
 * the model's coordinates are mapped back through the frame.
 */
export function createAnthropicModel(entry: AnthropicEntry, form: ComputerForm): Model {
  const client = createClient(entry);
  const limits = { ...limitsOf(form, entry.model), ...entry.limits };
  return {
    name: entry.name,
    capture: captureFor(limits),
    price: entry.price,
    forwarding: createForwarding({
      shape: 'anthropic-messages', model: entry.model, apiKey: entry.apiKey,
      send: ({ fetch, ...request }) => client.withOptions({ fetch }).post('/v1/messages', request).asResponse(),
      explain: (reason) => anthropicFailure(reason, entry),
    }),
    decide: (request, signal) => decide({ client, entry, form, limits }, request, signal),
  };
}

type Parts = { readonly client: Anthropic; readonly entry: AnthropicEntry; readonly form: ComputerForm; readonly limits: ImageLimits };

/** Models that take large pictures as they are: Opus from 4.7, and every family from 5 on. */
const takesLarge = /opus-4-[789]|(?:opus|sonnet|haiku)-[5-9]|fable|mythos/;

/**
 * Large pictures: 2576 pixels and 4784 visual tokens, but 2000 pixels once a request holds more than 20 pictures.
 * Elsewhere the API shrinks what has more than 1568 pixels on an edge or 1.15 megapixels, and the model points into the
 * shrunken picture.
 */
function limitsOf(form: ComputerForm, model: string): ImageLimits {
  const isLarge = form === toolsetForm || (form === 'computer_20251124' && takesLarge.test(model));
  return isLarge ? { maxEdge: 2000, maxVisualTokens: 4784 } : { maxEdge: 1568, maxPixels: 1_150_000 };
}

async function decide(parts: Parts, request: DecideRequest, signal: AbortSignal): Promise<Turn> {
  signal.throwIfAborted();
  const { entry, form, limits } = parts;
  const frames = new Map<string, Frame>();
  const pictures = await loadImages(framesToShow(request.transcript, imageBoundsFor(limits, request.transcript)), request, (frame) => {
    frames.set(frame.frameId, frame);
    assertWithin(frame, limits);
  });
  const frame = await wholeScreen(request);
  const options = { form, frames, ...(entry.maxOutputTokens === undefined ? {} : { maxTokens: entry.maxOutputTokens }) };
  const written = writeRequest(request.briefing, request.transcript, pictures, request.offer, frame, options);
  const ask = async () => readResponse(await send(parts, written, signal), { form, offer: request.offer, frame, pointer: request.frame.pointer });
  return retrying(entry.maxRetries, ask, (reason) => anthropicFailure(reason, entry), signal);
}

/** The vendor's types of a transcript's blocks are its own; they are written as its guide wants them, and replayed as they came. */
function send({ client, entry, form }: Parts, { body, betas }: WrittenRequest, signal: AbortSignal): Promise<unknown> {
  const params: unknown = { model: entry.model, ...body };
  /* The dated tools exist in the beta API only. */
  if (form === toolsetForm) return client.messages.create(params as Params, { signal });
  return client.beta.messages.create({ ...(params as BetaParams), betas: [...betas] }, { signal });
}

/** After a zoom the latest picture shows a part; coordinates go on to be pixels of the last picture of the whole screen. */
async function wholeScreen(request: DecideRequest): Promise<Frame> {
  if (isWhole(request.frame)) return request.frame;
  for (const frameId of framesToShow(request.transcript, { keep: Number.MAX_SAFE_INTEGER, pruneInBatchesOf: 1 }).toReversed()) {
    const { frame } = await request.loadPicture(frameId);
    if (isWhole(frame)) return frame;
  }
  throw new VitrineError('internal', `run ${request.runId} has no picture of the whole screen, so a model cannot be told what its coordinates belong to`);
}

function isWhole({ region, display }: Frame): boolean {
  return region.width === display.width && region.height === display.height;
}

/**
 * Retries are made here, so that an answer that breaks off is one of them. Everything that the client would otherwise
 * take from the environment is given, so that configuration is the only source.
 */
function createClient(entry: AnthropicEntry): Anthropic {
  return new Anthropic({
    apiKey: entry.apiKey ?? 'none',
    webhookKey: null,
    baseURL: (entry.baseUrl ?? 'https://api.anthropic.com').replace(/\/+$/, '').replace(/\/v1$/, ''),
    maxRetries: 0,
    timeout: entry.timeoutMs,
    logLevel: 'off',
    openTelemetry: false,
    fetch: boundedFetch,
    /* A redirect would carry the request, and the pictures in it, to another host. */
    fetchOptions: { redirect: 'manual' },
    ...(entry.headers === undefined ? {} : { defaultHeaders: entry.headers }),
  });
}
