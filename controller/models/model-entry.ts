import { z } from 'zod';

/** One configured model. */
export const ModelEntry = z.strictObject({
  /** The name under which runs ask for it. */
  name: z.string().regex(/^[\w.:-]{1,64}$/),
  provider: z.enum(['openai', 'rehearsal']),
  dialect: z.enum(['openai-responses']),
  /** The vendor's name of the model. */
  model: z.string().min(1).max(200),
  /** Where the API answers, with its version: http://host/v1. The vendor's own address if absent. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** May be absent where the server at `baseUrl` asks for none. */
  apiKey: z.string().min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Retries of one request on 408, 409, 429, 5xx and broken connections. */
  maxRetries: z.int().min(0).max(10).default(4),
  /** Longest wait for one answer. */
  timeoutMs: z.int().min(1000).max(3_600_000).default(300_000),
  /** How long the vendor's `wait`, which names no duration, lasts. */
  waitMs: z.int().min(0).max(60_000).default(2000),
});
export type ModelEntry = z.infer<typeof ModelEntry>;
/** An entry as configuration may write it: defaults left out. */
export type ModelEntryInput = z.input<typeof ModelEntry>;
