/** A failed answer of the API. */
export type FailedDecision = { readonly code: string; readonly message: string; readonly details?: Readonly<Record<string, unknown>> | undefined };

/** What became of a decision that the server did not take: somebody was first, it asks something else by now, or it was not allowed. */
export type Refusal = { readonly kind: 'decided' | 'changed' | 'other'; readonly words: string };

/** A refused decision in words. A `conflict` with a first decision names who made it, what it was, and why. */
export function refusalOf({ code, message, details = {} }: FailedDecision): Refusal {
  const { state, decidedBy, reason, digest } = details;
  if (code === 'conflict' && typeof state === 'string') {
    const why = typeof reason === 'string' && reason !== '' ? `, saying “${reason}”` : '';
    if (state === 'expired') return { kind: 'decided', words: 'Time was up first: it counts as denied. Your decision was not taken.' };
    if (state === 'withdrawn') return { kind: 'decided', words: `The question was withdrawn first${why}. Your decision was not taken.` };
    return { kind: 'decided', words: `${typeof decidedBy === 'string' ? decidedBy : 'Somebody'} was first and ${state} it${why}. Your decision was not taken.` };
  }
  if (code === 'conflict' && typeof digest === 'string') return { kind: 'changed', words: 'It asks something else by now than you saw. Nothing was decided: look at it again.' };
  return { kind: code === 'not_found' ? 'decided' : 'other', words: message };
}
