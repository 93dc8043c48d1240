import OpenAI from 'openai';
import { boundedFetch } from './bounded-fetch.ts';
import { createForwarding } from './forwarding.ts';
import type { ModelEntry } from './model-entry.ts';
import type { Forwarding } from './model.ts';
import { modelFailure } from './openai-failure.ts';

/**
 * The client for one entry. Everything that it would otherwise take from the environment is given here, so that configuration is the
 * only source; retries are made in retrying.ts, so that an answer that breaks off is one of them.
 */
export function createOpenAIClient(entry: ModelEntry): OpenAI {
  const headers = { ...entry.headers, ...azureHeaders(entry) };
  return new OpenAI({
    apiKey: entry.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: entry.baseUrl ?? 'https://api.openai.com/v1',
    maxRetries: 0,
    timeout: entry.timeoutMs,
    logLevel: 'off',
    fetch: boundedFetch,
    /* A redirect would carry the request, and the pictures in it, to another host. */
    fetchOptions: { redirect: 'manual' },
    defaultHeaders: headers,
  });
}

const paths = { 'openai-responses': '/responses', 'openai-chat': '/chat/completions' } as const;

/** The way through to one entry's server with this client. */
export function forwardingOver(client: OpenAI, entry: ModelEntry, shape: keyof typeof paths): Forwarding {
  return createForwarding({
    shape, model: entry.model, apiKey: entry.apiKey,
    send: ({ fetch, ...request }) => client.withOptions({ fetch }).post(paths[shape], request).asResponse(),
    explain: (reason) => modelFailure(reason, entry),
  });
}

/** Azure takes its keys in a header of its own. */
function azureHeaders({ provider, apiKey }: ModelEntry): Record<string, string | null> {
  return provider === 'azure' && apiKey !== undefined ? { 'api-key': apiKey, authorization: null } : {};
}
