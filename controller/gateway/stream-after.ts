import type { AnswerStream } from '../dialects/answer-to-print.ts';
import { refusal } from './failures.ts';

const eventEnd = '\n\n';

/**
 * A response's stream without the events up to a number, for a client that has those already: they are numbered the same
 * whenever the response is told. Throws `invalid_request` for what is no number of an event.
 */
export function streamAfter(stream: AnswerStream, startingAfter: unknown): AnswerStream {
  if (startingAfter === undefined) return stream;
  const last = typeof startingAfter === 'string' && /^\d{1,9}$/.test(startingAfter) ? Number(startingAfter) : undefined;
  if (last === undefined) throw refusal("Invalid 'starting_after': send the sequence_number of the last event that you have.", 'starting_after');
  const rest = (text: string) => text.split(eventEnd).filter((event) => event !== '' && numberOf(event) > last).map((event) => `${event}${eventEnd}`).join('');
  return {
    begin: (answer) => rest(stream.begin(answer)),
    thought: (text) => rest(stream.thought(text)),
    keepAlive: () => stream.keepAlive(),
    end: (answer) => rest(stream.end(answer)),
    fail: (answer, message) => rest(stream.fail(answer, message)),
  };
}

function numberOf(event: string): number {
  return Number(/"sequence_number":(\d+)/.exec(event)?.[1] ?? Number.POSITIVE_INFINITY);
}
