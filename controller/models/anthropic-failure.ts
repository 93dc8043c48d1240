import { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import { VitrineError } from '../errors.ts';
import type { AnthropicEntry } from './anthropic-model.ts';
import type { FailedAttempt } from './retrying.ts';
import { anotherKey, rootCause, shortWords, vendorFailure } from './vendor-failure.ts';
import type { Explanation } from './vendor-failure.ts';

/** Whatever the vendor's client threw, as `model_failed` with a sentence that says what to configure or whom to ask. No key is ever in it. */
export function anthropicFailure(reason: unknown, entry: AnthropicEntry): FailedAttempt {
  if (reason instanceof VitrineError) return { failure: reason };
  const facts = reason instanceof APIError
    ? { headers: reason.headers as Headers | undefined, status: reason.status as number | undefined, requestId: reason.requestID }
    : { headers: undefined, status: undefined, requestId: undefined };
  return vendorFailure(reason, entry, explain(reason, facts.status, entry), facts);
}

function explain(reason: unknown, status: number | undefined, entry: AnthropicEntry): Explanation {
  const where = entry.baseUrl ?? 'the Anthropic API';
  if (reason instanceof APIConnectionTimeoutError) return { sentence: `no answer from ${where} within ${entry.timeoutMs} ms; ask again, or configure a longer timeout`, retryable: true };
  if (reason instanceof APIConnectionError) return { sentence: `${where} cannot be reached (${rootCause(reason)}); check the base URL and the way there`, retryable: true };
  if (status === undefined) return { sentence: `${where} broke off or answered with something that cannot be read (${rootCause(reason)}); ask again, and check that the base URL speaks the Messages API`, retryable: true };
  return explainStatus(status, vendorWords(reason), where, entry);
}

function explainStatus(status: number, said: string, where: string, entry: AnthropicEntry): Explanation {
  if (status >= 300 && status < 400) return { sentence: `${where} redirects elsewhere (${status}), and requests with a key are not sent on; configure the final base URL`, retryable: false };
  switch (status) {
    case 400:
    case 422:
      return /credit balance/i.test(said) ? usedUp(where, said) : { sentence: `${where} refused the request: ${said}`, retryable: false };
    case 401:
      return { sentence: `${where} did not accept the key: ${anotherKey(entry)} (${said})`, retryable: false };
    case 402:
      return usedUp(where, said);
    case 403:
      return { sentence: `${where} does not permit this: check the key's workspace, region and rights, and access to model ${entry.model} (${said})`, retryable: false };
    case 404:
      return { sentence: `${where} knows no model ${entry.model}, or the base URL is wrong: configure a model that offers this form of the computer tool (${said})`, retryable: false };
    case 413:
      return { sentence: `${where} finds the request too large; a smaller display makes smaller pictures (${said})`, retryable: false };
    case 429:
      return { sentence: `${where} allows no more requests for now, after ${entry.maxRetries} retries: ask again later (${said})`, retryable: true };
    case 529:
      return { sentence: `${where} is overloaded, after ${entry.maxRetries} retries: ask again later (${said})`, retryable: true };
    default:
      return { sentence: `${where} answered ${status} (${said})`, retryable: status >= 500 || status === 408 || status === 409 };
  }
}

function usedUp(where: string, said: string): Explanation {
  return { sentence: `the account's credit at ${where} is used up: see its billing page (${said})`, retryable: false };
}

/** The vendor's sentence, without the JSON around it. */
function vendorWords(reason: unknown): string {
  const told = reason instanceof APIError ? (reason.apiMessage as string | null | undefined) : undefined;
  const words = told ?? (reason instanceof Error ? reason.message.replace(/^\d{3} /, '') : String(reason));
  return shortWords(words);
}
