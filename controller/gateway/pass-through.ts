import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { Display } from '../../sandbox-image/wire/index.ts';
import { directionOf, readPassedRequest } from '../dialects/passed-request.ts';
import type { PassedRequest } from '../dialects/passed-request.ts';
import { VitrineError } from '../errors.ts';
import type { Forwarded, Forwarding, Models } from '../models/model.ts';
import type { NetworkPolicy } from '../gate/network-policy.ts';
import type { Principal } from '../runs/runs.ts';
import { missingComputer, refusal } from './failures.ts';
import { digestOf } from './labels.ts';
import { isUnknown } from './run-request.ts';
import type { Labels } from './labels.ts';
import type { SuppliedDesktops, TakenDesktop } from './supplied-desktops.ts';

/*
 * A caller with a loop of its own gets a desktop from here and turns from its model; it executes them itself:
 *
 *   → POST /v1/responses, x-vitrine-mode: pass-through { model, tools: [{ type: 'computer' }], input }
 *   ← x-vitrine-desktop: pass-… { output: [computer_call] }, as the vendor wrote it
 *   → POST /api/desktops/pass-…/actions
 *   → POST /v1/responses, x-vitrine-mode: pass-through, x-vitrine-desktop: pass-… { input: […, computer_call_output] }
 */

/** A request to be passed on, with what its headers say. */
export type PassAsk = {
  readonly endpoint: Labels['endpoint'];
  readonly body: unknown;
  readonly by: Principal;
  /** The way out of a desktop that is launched for it; nothing if absent. */
  readonly network?: NetworkPolicy | undefined;
  /** The value of a header of the request. */
  readonly headerOf: (name: string) => string | undefined;
};

export type PassOptions = { readonly models: Models; readonly supplied: SuppliedDesktops };

/** Headers by which callers choose a version of the vendor's API. */
const vendorHeaders = ['anthropic-version', 'anthropic-beta', 'openai-beta'];
const defaultDisplay: Display = { width: 1280, height: 800 };
const addresses: Readonly<Record<Forwarding['shape'], string>> = { 'openai-responses': '/v1/responses', 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/v1/messages' };

/** Who executes what the model asks for: as a header or the metadata say. Throws `invalid_request` for a mode that there is not. */
export function modeOf(header: string | undefined, body: unknown): 'executed' | 'pass-through' {
  const mode = header ?? directionOf(body, 'vitrine_mode') ?? '';
  if (mode === '' || mode === 'executed') return 'executed';
  if (mode === 'pass-through') return mode;
  throw refusal(`There is no mode '${mode.slice(0, 50)}': 'executed' lets the steps be executed here, as without a mode, and 'pass-through' leaves them to you.`, 'x-vitrine-mode');
}

/** Sends a request on to its model, with a desktop on which the caller can do what comes back. Nothing is executed here. */
export async function passThrough(response: Response, ask: PassAsk, { models, supplied }: PassOptions, signal: AbortSignal): Promise<void> {
  const { endpoint, by, headerOf } = ask;
  const read = readPassedRequest(ask.body);
  if ('problem' in read) throw refusal(read.problem.message, read.problem.param, read.problem.code);
  const { passed } = read;
  const display = displayOf(passed);
  const desktopId = headerOf('x-vitrine-desktop') ?? directionOf(ask.body, 'vitrine_desktop');
  if (passed.background) throw refusal("'background' cannot be honoured in pass-through: every turn ends a response. Leave it out.", 'background', 'unsupported_parameter');
  if (passed.hasActed && desktopId === undefined) throw refusal("This request goes on with what was done on a desktop, and names none: send the header x-vitrine-desktop (or metadata.vitrine_desktop) with the value that the first answer had in its header x-vitrine-desktop.", 'x-vitrine-desktop', 'missing_required_parameter');
  const forwarding = forwardingFor(models, passed.model, endpoint);
  const key = headerOf('idempotency-key');
  const isRetry = key !== undefined || Number(headerOf('x-stainless-retry-count') ?? 0) > 0;
  const taken = await supplied.take({ id: desktopId, display, network: ask.network, digest: digestOf(by, endpoint, JSON.stringify([key ?? null, ask.body, ask.network])), isRetry }, by, signal);
  const headers = Object.fromEntries(vendorHeaders.flatMap((name) => {
    const value = headerOf(name);
    return value === undefined ? [] : [[name, value]];
  }));
  try {
    const forwarded = await forwarding.forward({ body: passed.body, headers }, signal);
    const isUseless = taken.isNew && isFinalRefusal(forwarded.status);
    if (isUseless) void supplied.giveBack(taken.id, by);
    await deliver(response, forwarded, isUseless ? undefined : taken, signal);
  } catch (reason) {
    if (taken.isNew && VitrineError.from(reason).details?.['retryable'] === false) void supplied.giveBack(taken.id, by);
    throw reason;
  } finally {
    taken.done();
  }
}

function displayOf({ computer }: PassedRequest): Display {
  if (computer === null) throw missingComputer();
  const read = Display.safeParse(computer.display ?? defaultDisplay);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw refusal(`Invalid 'tools': ${issue?.path.join('.') ?? 'display'}: ${issue?.message ?? 'not valid'}.`, 'tools');
}

/**
 * The way to the model that was asked for. A name that nobody configured stands for the default model, or the first that
 * speaks the endpoint's shape. Throws `invalid_request` when there is none.
 */
function forwardingFor(models: Models, requested: string, endpoint: Labels['endpoint']): Forwarding {
  const own = configured(models, requested);
  const candidates = own ?? [models.get(undefined).forwarding, ...models.list().flatMap(({ name, usable }) => (usable ? [models.get(name).forwarding] : []))];
  const found = candidates.find((each) => each?.shape === endpoint);
  if (found !== undefined) return found;
  const [first] = candidates;
  const spoken = first === undefined ? 'takes no requests of callers with a loop of their own' : `speaks the shape of ${addresses[first.shape]}, not that of ${addresses[endpoint]}`;
  const what = own === undefined ? `No model is configured that speaks the shape of ${addresses[endpoint]}` : `The model '${requested}' ${spoken}`;
  throw refusal(`${what}, and in pass-through nothing is translated. Leave the mode out: then the steps are executed here, with any model on any endpoint.`, 'model', 'unsupported_value');
}

/** The ways to the model under that name: one or none; undefined if nobody configured it. */
function configured(models: Models, requested: string): readonly (Forwarding | undefined)[] | undefined {
  try {
    return [models.get(requested).forwarding];
  } catch (reason) {
    if (isUnknown(reason)) return undefined;
    throw reason;
  }
}

/** Whether the vendor's answer would be the same if the request were sent again. */
function isFinalRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 409, 429].includes(status);
}

async function deliver(response: Response, { status, headers, body }: Forwarded, taken: TakenDesktop | undefined, signal: AbortSignal): Promise<void> {
  response.status(status);
  /* As they came: express would add to the content's type. */
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (taken !== undefined) response.setHeader('x-vitrine-desktop', taken.id);
  response.flushHeaders();
  try {
    await pipeline(Readable.from(body), response, { signal });
  } catch (reason) {
    if (!signal.aborted) throw reason;
  }
}
