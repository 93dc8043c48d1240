import { VitrineError } from '../errors.ts';

/**
 * The part of a run that one HTTP response answers: from its beginning, or from an answer of the caller's functions, to
 * the next calls of them, or its end. Its id is made of the run's, so that nothing has to be remembered.
 */
export type Segment = {
  readonly runId: string;
  /** How often calls of the caller's functions were answered before it. */
  readonly index: number;
};

const hex = '[0-9a-f]{20}';

/** The segment's id without any vendor's prefix: the run's own letters, and its index if it is not the first. */
export function idOf({ runId, index }: Segment): string {
  const own = runId.replace(/^run-/, '');
  return index === 0 ? own : `${own}_${index}`;
}

/** The segment that a response's id names. Throws `not_found`. */
export function segmentOfResponse(responseId: string): Segment {
  const [, own, index = '0'] = new RegExp(`^resp_(${hex})(?:_(\\d{1,4}))?$`).exec(responseId) ?? [];
  if (own === undefined) throw new VitrineError('not_found', `Response with id '${responseId.slice(0, 100)}' not found.`);
  return { runId: `run-${own}`, index: Number(index) };
}

/** The id under which a call of the caller's function goes out: it says which run asks, and comes back with the answer. */
export function callIdOf(prefix: 'call' | 'toolu', { runId, index }: Segment, position: number): string {
  return `${prefix}_${runId.replace(/^run-/, '')}_${index}_${position}`;
}

/** Which call of a caller's function an id stands for; undefined if it is none of ours. */
export function callerCallOf(callId: string): (Segment & { readonly position: number }) | undefined {
  const [, own, index, position] = new RegExp(`^(?:call|toolu)_(${hex})_(\\d{1,4})_(\\d{1,4})$`).exec(callId) ?? [];
  return own === undefined ? undefined : { runId: `run-${own}`, index: Number(index), position: Number(position) };
}
