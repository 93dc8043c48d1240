import type { ApiFailure } from '../../api/api-failure.ts';

/** What it means that a run was not started. */
export function wordsFor({ code, details }: ApiFailure): string {
  if (code !== 'too_many_requests') return 'The run was not started';
  if ('maxUploads' in details) return 'Too many files wait for runs already';
  const after = Number(details['retryAfterSeconds']);
  return Number.isFinite(after) ? `The queue is full: try again in ${after} s` : 'The queue is full: try again later';
}
