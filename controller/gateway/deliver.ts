import type { Response } from 'express';
import type { AnswerStream } from '../dialects/answer-to-print.ts';
import { VitrineError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { RunFailure } from '../runs/run.ts';
import type { Runs } from '../runs/runs.ts';
import { final } from './failures.ts';
import type { Reading } from './segment-reader.ts';
import type { Endpoint } from './vendor.ts';

export type Delivery = {
  readonly endpoint: Endpoint;
  /** How it is told while it goes on. */
  readonly stream: AnswerStream;
  readonly runs: Runs;
  /** The segment as far as it is. */
  readonly read: () => Reading;
  readonly keepAliveMs: number;
  /** Aborted when the client has gone, or the controller stops. */
  readonly signal: AbortSignal;
};

const codeOfFailure: Readonly<Record<RunFailure['code'], ErrorCode>> = {
  budget_steps: 'unprocessable', budget_duration: 'unprocessable', budget_tokens: 'unprocessable', budget_cost: 'unprocessable', model_failed: 'model_failed', model_refused: 'unprocessable',
  desktop_failed: 'engine_unavailable', desktop_lost: 'desktop_broken', caller_lost: 'gone', queue_timeout: 'unavailable', stuck: 'unprocessable', internal: 'internal',
};

/** Waits for the segment's end and answers with one body. Throws what the run ended with, never to be sent again by itself. */
export async function deliverBody(response: Response, delivery: Delivery): Promise<void> {
  for await (const reading of readings(delivery)) {
    if (!reading.isOver) continue;
    const failure = failureOf(reading, delivery.endpoint);
    if (failure !== undefined) throw failure;
    describe(response, reading);
    response.json(delivery.endpoint.print(reading.answer));
    return;
  }
  if (!response.destroyed) throw stopping();
}

/** Streams the segment as the vendor's events, from its beginning to its end, with what keeps the connection open in between. One in the background ends without a last event when the controller stops. */
export async function deliverStream(response: Response, delivery: Delivery): Promise<void> {
  const { stream } = delivery;
  const first = delivery.read();
  describe(response, first);
  response.set({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  const write = (text: string) => {
    if (text !== '' && response.writable) response.write(text);
  };
  write(stream.begin(first.answer));
  const keepAlive = setInterval(() => write(stream.keepAlive()), delivery.keepAliveMs);
  let told = 0;
  try {
    for await (const reading of readings(delivery)) {
      for (const thought of reading.answer.thoughts.slice(told)) write(stream.thought(thought));
      told = reading.answer.thoughts.length;
      if (!reading.isOver) continue;
      const failure = failureOf(reading, delivery.endpoint, false);
      write(failure === undefined ? stream.end(reading.answer) : stream.fail(reading.answer, failure.message));
      response.end();
      return;
    }
    /* One in the background goes on, and is told again by the same numbers: an end with a number would stand in the place of another event. */
    const { answer } = delivery.read();
    if (!answer.isBackground) write(stream.fail(answer, stopping().message));
    response.end();
  } finally {
    clearInterval(keepAlive);
  }
}

/** Where the steps can be read and which desktop it is, in headers. */
export function describe(response: Response, { run }: Reading): void {
  response.set('x-vitrine-run', run.id);
  if (run.desktopId !== null) response.set('x-vitrine-desktop', run.desktopId);
}

/** The segment, read again whenever something was committed, until it is over or the signal aborts. */
async function* readings({ runs, read, signal }: Delivery): AsyncGenerator<Reading> {
  let wake = Promise.withResolvers<void>();
  const ring = () => wake.resolve();
  const stop = runs.onEvents(ring);
  signal.addEventListener('abort', ring, { once: true });
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>();
      const reading = read();
      yield reading;
      if (reading.isOver) return;
      await wake.promise;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', ring);
  }
}

/** What the client is told of a run that came to nothing. A cancelled response is an answer of its endpoint, where that has a word for it. */
function failureOf({ run, answer }: Reading, endpoint: Endpoint, hasWordForCancelled = endpoint.name === 'openai-responses'): VitrineError | undefined {
  if (answer.status === 'failed') return final(new VitrineError(codeOfFailure[run.failure?.code ?? 'internal'], run.failure?.message ?? 'the run failed', { details: { vendorCode: run.failure?.code ?? 'internal' } }), run.id);
  if (answer.status !== 'cancelled' || hasWordForCancelled) return undefined;
  return final(new VitrineError('conflict', `run ${run.id} was cancelled`, { details: { vendorCode: 'cancelled' } }), run.id);
}

/** The client may ask again: its run is in the journal and goes on with the next start. */
function stopping(): VitrineError {
  return new VitrineError('unavailable', 'Vitrine is stopping; the run goes on with its next start: send the same request again', { details: { retryAfterSeconds: 2 } });
}
