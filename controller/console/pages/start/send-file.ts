import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { askerHeader, failureOf, urlOf } from '../../api/client.ts';

/** Sends a file for a run that is to come, and says how far it is. By XMLHttpRequest: fetch tells nothing of what has been sent. Rejects with ApiFailure. */
export function sendFile(file: File, name: string, onSent: (bytes: number) => void, signal: AbortSignal): Promise<AnswerOf<'POST /api/uploads'>> {
  const { promise, resolve, reject } = Promise.withResolvers<AnswerOf<'POST /api/uploads'>>();
  const request = new XMLHttpRequest();
  const stop = () => request.abort();
  request.open('POST', urlOf('POST /api/uploads', {}, { name }));
  for (const [name, value] of Object.entries({ 'content-type': 'application/octet-stream', 'x-vitrine': '1', ...askerHeader() })) request.setRequestHeader(name, value);
  request.upload.addEventListener('progress', ({ loaded }) => onSent(Math.min(loaded, file.size)));
  request.addEventListener('load', () => {
    if (request.status < 300) resolve(JSON.parse(request.responseText) as AnswerOf<'POST /api/uploads'>);
    else failureOf(new Response(request.responseText, { status: request.status, statusText: request.statusText })).then(reject, reject);
  });
  request.addEventListener('error', () => reject(new ApiFailure('unreachable', `${name} could not be sent: Vitrine does not answer`)));
  request.addEventListener('abort', () => reject(new ApiFailure('aborted', 'the start was given up')));
  request.addEventListener('loadend', () => signal.removeEventListener('abort', stop));
  if (signal.aborted) reject(new ApiFailure('aborted', 'the start was given up'));
  else {
    signal.addEventListener('abort', stop, { once: true });
    onSent(0);
    request.send(file);
  }
  return promise;
}
