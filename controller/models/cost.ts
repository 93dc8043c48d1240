import type { Usage } from '../dialects/transcript.ts';
import type { ModelEntry } from './model-entry.ts';
import type { ModelPrice } from './model.ts';

/** US dollars for tokens used. Reasoning counts as output; cached input is part of input, at its own price. */
export function costOf(usage: Usage, price: ModelPrice): number {
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  return ((usage.inputTokens - cached) * price.input + cached * price.cachedInput + usage.outputTokens * price.output) / 1_000_000;
}

/** An entry's price; undefined if none is configured. Cached input costs what input costs unless the entry says otherwise. */
export function priceOf({ price }: ModelEntry): ModelPrice | undefined {
  return price === undefined ? undefined : { input: price.input, cachedInput: price.cachedInput ?? price.input, output: price.output };
}
