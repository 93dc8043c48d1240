import OpenAI from 'openai';
import type { ModelEntry } from './model-entry.ts';

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
    /* A redirect would carry the request, and the pictures in it, to another host. */
    fetchOptions: { redirect: 'manual' },
    defaultHeaders: headers,
  });
}

/** Azure takes its keys in a header of its own. */
function azureHeaders({ provider, apiKey }: ModelEntry): Record<string, string | null> {
  return provider === 'azure' && apiKey !== undefined ? { 'api-key': apiKey, authorization: null } : {};
}
