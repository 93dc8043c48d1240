import type { ModelEntry } from './model-entry.ts';
import type { ModelPrice } from './model.ts';

/** An entry's price; undefined if none is configured. Cached input costs what input costs unless the entry says otherwise. */
export function priceOf({ price }: ModelEntry): ModelPrice | undefined {
  return price === undefined ? undefined : { input: price.input, cachedInput: price.cachedInput ?? price.input, output: price.output };
}
