import type { Offer } from '../dialects/transcript.ts';
import type { ModelEntry } from './model-entry.ts';

/** Most tokens of one answer: the less of what the model is configured with and what its asker wants. Undefined: the server's own bound. */
export function answerBound({ maxOutputTokens: configured }: Pick<ModelEntry, 'maxOutputTokens'>, { rules }: Offer): number | undefined {
  const wanted = rules?.maxOutputTokens;
  return configured === undefined || wanted === undefined ? configured ?? wanted : Math.min(configured, wanted);
}
