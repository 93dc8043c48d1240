import { renameModelInBody, renameModelInEvents } from '../dialects/model-name.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Forwarded, Forwarding, ForwardRequest } from './model.ts';
import type { FailedAttempt } from './retrying.ts';
import { withoutKeys } from './without-keys.ts';

/** A body to be sent with the vendor's client, and what its transport is to be. */
export type Sending = {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
};

export type ForwardingOptions = {
  readonly shape: Forwarding['shape'];
  /** The vendor's name of the model. */
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Sends with the vendor's client, which adds address and key. */
  readonly send: (sending: Sending) => Promise<Response>;
  readonly explain: (reason: unknown) => FailedAttempt;
};

/** Of an answer's headers, those that its reader may need. */
const passed = /^(?:content-type|retry-after(?:-ms)?|x-should-retry|(?:x-)?request-id|(?:x|anthropic)-ratelimit-[\w-]+)$/;

/** Passes requests of one shape on to one model. Answers that say no are passed back too; only a server that does not answer is an error. */
export function createForwarding(options: ForwardingOptions): Forwarding {
  return { shape: options.shape, forward: (request, signal) => forward(options, request, signal) };
}

async function forward(options: ForwardingOptions, { body, headers }: ForwardRequest, signal: AbortSignal): Promise<Forwarded> {
  signal.throwIfAborted();
  const { model, apiKey, send, explain } = options;
  let refused: Forwarded | undefined;
  /* The vendor's client makes an error of an answer that says no, and keeps only a part of what it says. */
  const listening: typeof globalThis.fetch = async (...request) => {
    const response = await boundedFetch(...request);
    if (response.status >= 400) refused = { ...headOf(response), body: only(withoutKeys(await response.clone().text(), apiKey)) };
    return response;
  };
  try {
    const response = await send({ body: { ...body, model }, headers, fetch: listening, signal });
    const asked = body['model'];
    return { ...headOf(response), body: typeof asked === 'string' && asked !== model ? renamed(response, asked) : bytesOf(response) };
  } catch (reason) {
    signal.throwIfAborted();
    if (refused !== undefined) return refused;
    throw explain(reason).failure;
  }
}

function headOf({ status, headers }: Response): Pick<Forwarded, 'status' | 'headers'> {
  return { status, headers: Object.fromEntries([...headers].filter(([name]) => passed.test(name))) };
}

function renamed(response: Response, name: string): AsyncIterable<Uint8Array> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) return renameModelInEvents(bytesOf(response), name);
  return type.startsWith('application/json') ? renamedWhole(response, name) : bytesOf(response);
}

async function* renamedWhole(response: Response, name: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(renameModelInBody(await response.text(), name));
}

async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body !== null) yield* body;
}

async function* only(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
