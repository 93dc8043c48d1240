import { z } from 'zod';
import { Action } from '../../sandbox-image/wire/index.ts';

/**
 * What a model says and is told, in no vendor's shape. The dialects turn vendors' items into turns and transcripts
 * into vendors' items; runs, journal and API know only these.
 */

/** Tokens of one model call. Cached input is part of `inputTokens`, reasoning part of `outputTokens`. */
export const Usage = z.strictObject({
  inputTokens: z.int().nonnegative(),
  cachedInputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  reasoningTokens: z.int().nonnegative(),
}).meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;

/** A vendor's demand that a person confirms before a call is performed. Echoed back exactly as it came. */
export const SafetyCheck = z.strictObject({ id: z.string(), code: z.string().nullable(), message: z.string().nullable() }).meta({ id: 'SafetyCheck' });
export type SafetyCheck = z.infer<typeof SafetyCheck>;

/** One call of a turn: actions to perform in order, in screen pixels. */
export const Call = z.strictObject({
  callId: z.string(),
  actions: z.array(Action),
  safetyChecks: z.array(SafetyCheck),
  /** What is wrong with it, in words for the model. If any call of a turn has a problem, nothing of the turn is performed. */
  problem: z.string().optional(),
}).meta({ id: 'Call' });
export type Call = z.infer<typeof Call>;

/** One answer of a model. With calls it goes on; without, `message` is the final word. */
export const Turn = z.strictObject({
  /** The vendor's id of the response. */
  responseId: z.string(),
  /** What the model said besides its calls: commentary, reasoning summary. May be empty. */
  commentary: z.string(),
  calls: z.array(Call),
  /** The final message; null while there are calls, and when the turn is unfinished or refused. */
  message: z.string().nullable(),
  /** Why the response is not to be used: the vendor's reason (max_output_tokens, content_filter, …). An unfinished response is never executed. */
  unfinished: z.string().nullable(),
  /** The model's refusal, in its words. */
  refusal: z.string().nullable(),
  usage: Usage,
  /** The vendor's items, replayed to it verbatim. */
  raw: z.array(z.unknown()),
}).meta({ id: 'Turn' });
export type Turn = z.infer<typeof Turn>;

/** What a call came to, as told to the model. */
export const CallResult = z.strictObject({
  callId: z.string(),
  /** True if it was not performed, or not whole. */
  isError: z.boolean(),
  /** What the model should know: errors, effects, warnings. Plain sentences. */
  notes: z.array(z.string()),
  /** The checks that a person acknowledged for this call. */
  acknowledged: z.array(SafetyCheck),
  /** The frame that answers the call. */
  frameId: z.string().nullable(),
}).meta({ id: 'CallResult' });
export type CallResult = z.infer<typeof CallResult>;

/** One entry of what a model has seen and said, oldest first. */
export type Entry =
  | { readonly kind: 'task'; readonly text: string; readonly frameId: string | null }
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'results'; readonly results: readonly CallResult[] }
  /** A word from a person, the caller, or Vitrine itself, with a frame if the screen is to be looked at again. */
  | { readonly kind: 'note'; readonly from: 'person' | 'caller' | 'vitrine'; readonly text: string; readonly frameId: string | null };
export type Transcript = readonly Entry[];
