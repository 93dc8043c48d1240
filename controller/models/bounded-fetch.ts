import { VitrineError } from '../errors.ts';

/** An answer of a model is text: thoughts, calls and a message. What is longer than this is no answer, and would fill the controller's memory. */
export const maxModelAnswerBytes = 32 * 2 ** 20;

/** `fetch` whose answers end with `model_failed` where they exceed `maxModelAnswerBytes`, however slowly they come. */
export const boundedFetch: typeof globalThis.fetch = async (...request) => bounded(await fetch(...request), maxModelAnswerBytes);

/** The same answer with a body that fails beyond `maxBytes`. */
export function bounded(response: Response, maxBytes: number): Response {
  const { body, status, statusText, headers } = response;
  if (body === null) return response;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new VitrineError('model_failed', `the answer exceeds ${maxBytes} bytes; check that the base URL is that of a model`, { details: { retryable: true } }));
      else controller.enqueue(chunk);
    },
  });
  return new Response(body.pipeThrough(counted), { status, statusText, headers });
}
