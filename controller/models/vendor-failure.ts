import { VitrineError } from '../errors.ts';
import { retryAfterOf } from './retrying.ts';
import type { FailedAttempt } from './retrying.ts';
import { withoutKeys } from './without-keys.ts';

/** A vendor's failure in a sentence that says what to configure or whom to ask, and whether asking again can help. */
export type Explanation = { readonly sentence: string; readonly retryable: boolean };

/** What the vendor's answer said besides its words; all absent when there was no answer. */
export type VendorFacts = { readonly headers: Headers | undefined; readonly status: number | undefined; readonly requestId: string | null | undefined };

const maxWords = 600;
const maxCause = 300;

/** The failure as `model_failed`, without a trace of the key, and how long the vendor asks to wait. */
export function vendorFailure(reason: unknown, entry: { readonly name: string; readonly apiKey?: string | undefined }, { sentence, retryable }: Explanation, { headers, status, requestId }: VendorFacts): FailedAttempt {
  const failure = new VitrineError('model_failed', withoutKeys(`model ${entry.name}: ${sentence}`, entry.apiKey), {
    cause: reason,
    details: {
      model: entry.name,
      retryable: retryable && headers?.get('x-should-retry') !== 'false',
      ...(status === undefined ? {} : { vendorStatus: status }),
      ...(requestId ? { requestId } : {}),
    },
  });
  return { failure, retryAfterMs: retryAfterOf(headers) };
}

/** What to do about a key that is not accepted. */
export function anotherKey({ apiKeyEnv }: { readonly apiKeyEnv?: string | undefined }): string {
  return apiKeyEnv === undefined ? 'configure another one' : `set ${apiKeyEnv} (or ${apiKeyEnv}_FILE) to another one`;
}

/** A vendor's words, not more than a screenful. */
export function shortWords(words: string): string {
  return words.length > maxWords ? `${words.slice(0, maxWords)}…` : words;
}

/** The innermost message: the outer ones say only that a connection failed. */
export function rootCause(reason: unknown): string {
  let inner = reason;
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause !== undefined; depth += 1) inner = inner.cause;
  const code: unknown = typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined;
  const text = inner instanceof Error && inner.message !== '' ? inner.message : String(code ?? inner);
  return text.slice(0, maxCause);
}
