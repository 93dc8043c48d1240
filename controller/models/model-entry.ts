import { z } from 'zod';
import { CoordinateSpace, Resize } from '../dialects/coordinates.ts';

/** The vendors' shapes in which a model can be asked (a folder of dialects/ each, the dated ones of one vendor sharing theirs). */
export const ModelDialect = z.enum([
  'openai-responses', 'openai-responses-preview',
  'anthropic-computer_toolset_20260801', 'anthropic-computer_20251124', 'anthropic-computer_20250124', 'anthropic-computer_20241022',
  'function-chat', 'function-responses', 'qwen', 'ui-tars',
]);
export type ModelDialect = z.infer<typeof ModelDialect>;

/** How large and how many the pictures may be that a model is shown. */
export const ImageLimits = z.strictObject({
  /** Longest edge in pixels. */
  maxEdge: z.int().min(64).max(4096).optional(),
  /** Width times height. */
  maxPixels: z.int().min(4096).max(16_777_216).optional(),
  /** ⌈width / 28⌉ · ⌈height / 28⌉, the way in which Anthropic counts. */
  maxVisualTokens: z.int().min(16).max(21_609).optional(),
  /** Pictures in one request, those of the caller included. */
  maxImages: z.int().min(1).max(500).optional(),
});
export type ImageLimits = z.infer<typeof ImageLimits>;

const price = z.number().nonnegative().max(1_000_000);

/** US dollars per million tokens. Cached input costs what input costs unless it has a price of its own. */
export const Price = z.strictObject({ input: price, cachedInput: price.optional(), output: price });
export type Price = z.infer<typeof Price>;

const modelName = z.string().regex(/^[\w./:-]{1,64}$/, { error: 'must be 1 to 64 letters, digits and . / : _ -' });

/** What a model's entry in the registry file may say, and everything else that is known of a model. */
export const ModelEntry = z.strictObject({
  /** The name under which runs ask for it. */
  name: modelName,
  provider: z.enum(['openai', 'azure', 'anthropic', 'compatible', 'rehearsal']),
  dialect: ModelDialect,
  /** The vendor's name of the model; for Azure that of the deployment. */
  model: z.string().min(1).max(200),
  /** Where the API answers, with its version for OpenAI's shapes: http://host/v1. The vendor's own address if absent. */
  baseUrl: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  /** The name of the environment variable that holds the key; NAME_FILE may name a file instead. Absent: the server asks for none. */
  apiKeyEnv: z.string().regex(/^[A-Z][A-Z0-9_]{0,100}$/, { error: 'must be the NAME of an environment variable, never a key' }).optional(),
  /** The key itself, which no file holds: put here when the variable is read. */
  apiKey: z.string().min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Other names under which runs may ask for it. */
  aliases: z.array(modelName).max(64).default([]),
  limits: ImageLimits.default({}),
  /** The dialect's own if absent. */
  coordinates: CoordinateSpace.optional(),
  resize: Resize.prefault({}),
  price: Price.optional(),
  /** Longest answer in tokens; the dialect's own if absent. */
  maxOutputTokens: z.int().min(256).max(1_000_000).optional(),
  /**
   * Where the history of a run comes from. replayed: every request carries it whole, and the vendor keeps nothing. stored: a request
   * goes on from the response that the vendor keeps, and carries the history only where the vendor does not know that response.
   */
  history: z.enum(['replayed', 'stored']).default('replayed'),
  /** Retries of one request on 408, 409, 429, 5xx and broken connections. */
  maxRetries: z.int().min(0).max(10).default(4),
  /** Longest wait for one answer. */
  timeoutMs: z.int().min(1000).max(3_600_000).default(300_000),
  /** How long a `wait` that names no duration lasts. */
  waitMs: z.int().min(0).max(60_000).default(2000),
});
export type ModelEntry = z.infer<typeof ModelEntry>;
/** An entry as configuration may write it: defaults left out. */
export type ModelEntryInput = z.input<typeof ModelEntry>;
