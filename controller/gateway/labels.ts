import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Principal } from '../runs/runs.ts';

/** What the gateway has to know again of a request, kept with its run: so it holds after a restart. */
export const Labels = z.object({
  /** The endpoint that the request came to. */
  endpoint: z.enum(['openai-chat', 'openai-responses', 'anthropic-messages']),
  /** The model's name as it was asked for. */
  model: z.string(),
  /** Of who asked, endpoint and body: equal requests have equal ones. */
  digest: z.string(),
  /** Of who asked, endpoint and Idempotency-Key. */
  key: z.string().nullable(),
  previous: z.string().nullable(),
  background: z.boolean(),
});
export type Labels = z.infer<typeof Labels>;

/** The entry of a run's metadata that holds them. */
const entry = 'vitrine_gateway';

/** Labels as an entry of a run's metadata. */
export function asMetadata(labels: Labels): Record<string, string> {
  return { [entry]: JSON.stringify(labels) };
}

/** A run's labels; undefined if it did not come through the gateway. */
export function labelsOf(metadata: Readonly<Record<string, string>>): Labels | undefined {
  const text = metadata[entry];
  if (text === undefined) return undefined;
  try {
    return Labels.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Somebody else wrote an entry of that name.
  }
}

/** A run's metadata as its caller gave it. */
export function ownMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith('vitrine_')));
}

/** What marks a request: who asked, where, and what. */
export function digestOf(by: Principal, endpoint: string, content: string): string {
  return createHash('sha256').update(JSON.stringify([by.project, by.name, endpoint, content])).digest('hex').slice(0, 32);
}
