import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { VitrineError } from '../errors.ts';
import type { ModelEntry } from './model-entry.ts';
import type { FailedAttempt } from './retrying.ts';
import { anotherKey, rootCause, shortWords, vendorFailure } from './vendor-failure.ts';
import type { Explanation } from './vendor-failure.ts';
import { withoutKeys } from './without-keys.ts';

/** Whatever the vendor's client threw, as `model_failed` with a sentence that says what to configure or whom to ask. No key is ever in it. */
export function modelFailure(reason: unknown, entry: ModelEntry): FailedAttempt {
  if (reason instanceof VitrineError) return { failure: named(reason, entry) };
  const facts = reason instanceof APIError
    ? { headers: reason.headers as Headers | undefined, status: reason.status as number | undefined, requestId: reason.requestID }
    : { headers: undefined, status: undefined, requestId: undefined };
  return vendorFailure(reason, entry, explain(reason, facts.status, entry), facts);
}

/** Whether a failure of `modelFailure` came of a `previous_response_id` that the server does not know, or does not take at all. */
export function isUnknownResponse(failure: unknown): boolean {
  const reason = failure instanceof VitrineError ? failure.cause : failure;
  return reason instanceof APIError && (reason.status === 400 || reason.status === 404) && (reason.code === 'previous_response_not_found' || /previous.?response/i.test(`${reason.param ?? ''} ${reason.message}`));
}

/** What a dialect found wrong with an answer, with the model's name. */
function named(reason: VitrineError, entry: ModelEntry): VitrineError {
  if (reason.code !== 'model_failed') return reason;
  return new VitrineError('model_failed', withoutKeys(`model ${entry.name}: ${reason.message}`, entry.apiKey), { cause: reason, details: { model: entry.name, ...reason.details } });
}

function explain(reason: unknown, status: number | undefined, entry: ModelEntry): Explanation {
  const where = entry.baseUrl ?? 'the OpenAI API';
  if (reason instanceof APIConnectionTimeoutError) return { sentence: `no answer from ${where} within ${entry.timeoutMs} ms; ask again, or configure a longer timeout`, retryable: true };
  if (reason instanceof APIConnectionError) return { sentence: `${where} cannot be reached (${rootCause(reason)}); check the base URL and the way there`, retryable: true };
  if (status === undefined) return { sentence: `${where} broke off or answered with something that cannot be read (${rootCause(reason)}); ask again, and check that the base URL speaks ${spoken(entry)}`, retryable: true };
  const said = vendorWords(reason);
  if (status >= 300 && status < 400) return { sentence: `${where} redirects elsewhere (${status}), and requests with a key are not sent on; configure the final base URL`, retryable: false };
  switch (status) {
    case 400:
    case 422:
      return { sentence: `${where} refused the request: ${said}`, retryable: false };
    case 401:
      return { sentence: `${where} did not accept the key: ${anotherKey(entry)} (${said})`, retryable: false };
    case 402:
      return usedUp(where, said);
    case 403:
      return { sentence: `${where} does not permit this: check the key's project, region and rights, and access to model ${entry.model} (${said})`, retryable: false };
    case 404:
      return { sentence: `${where} knows no model ${entry.model}, or the base URL is wrong: configure a model that ${offers(entry)} (${said})`, retryable: false };
    case 413:
      return { sentence: `${where} finds the request too large; a smaller display makes smaller pictures (${said})`, retryable: false };
    case 429:
      return reason instanceof APIError && (reason.code === 'insufficient_quota' || reason.type === 'insufficient_quota')
        ? usedUp(where, said)
        : { sentence: `${where} allows no more requests for now, after ${entry.maxRetries} retries: ask again later (${said})`, retryable: true };
    default:
      return { sentence: `${where} answered ${status} (${said})`, retryable: status >= 500 || status === 408 || status === 409 };
  }
}

function usedUp(where: string, said: string): Explanation {
  return { sentence: `the account's quota at ${where} is used up: see its billing page (${said})`, retryable: false };
}

function spoken({ dialect }: ModelEntry): string {
  return dialect.startsWith('openai-responses') || dialect === 'function-responses' ? 'the Responses API' : 'chat completions';
}

function offers({ dialect }: ModelEntry): string {
  return dialect.startsWith('openai-responses') ? 'offers the computer tool' : 'sees pictures and calls functions';
}

function vendorWords(reason: unknown): string {
  const words = reason instanceof Error ? reason.message.replace(/^\d{3} /, '') : String(reason);
  return shortWords(words);
}
