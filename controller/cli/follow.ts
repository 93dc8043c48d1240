import { setTimeout as delay } from 'node:timers/promises';
import type { AnswerOf } from '../api/contract.ts';
import { Unreachable } from './client.ts';
import type { Client } from './client.ts';

/** One event of a run. */
export type RunEvent = AnswerOf<'GET /api/events'>['events'][number];

const retryMs = 1000;
const maxRetries = 30;

/**
 * Events as they happen, of one run (until it is over) or of all (until aborted). After a lost connection it goes on
 * where it was; it gives up with Unreachable after 30 tries in a row.
 */
export async function* follow(client: Client, { runId, after = 0 }: { readonly runId?: string | undefined; readonly after?: number }, signal: AbortSignal): AsyncGenerator<RunEvent> {
  let last = after;
  for (let failures = 0; !signal.aborted;) {
    try {
      const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
      const response = await (runId === undefined
        ? client.open('GET /api/events', {}, signal, headers)
        : client.open('GET /api/runs/{id}/events', { params: { id: runId } }, signal, headers));
      failures = 0;
      for await (const event of eventsOf(response)) {
        last = event.sequence;
        yield event;
        if (runId !== undefined && event.fact.type === 'run.ended') return;
      }
      if (response.status === 204) return;
    } catch (reason) {
      if (signal.aborted) return;
      if (!(reason instanceof Unreachable || isCutStream(reason)) || failures >= maxRetries) throw reason;
    }
    failures += 1;
    await delay(retryMs, undefined, { signal }).catch(() => undefined); // Aborted: the loop ends.
  }
}

/** A connection that breaks while a body is read shows as a TypeError of fetch. */
function isCutStream(reason: unknown): boolean {
  return reason instanceof TypeError;
}

/** The events of a server-sent event stream. */
async function* eventsOf(response: Response): AsyncGenerator<RunEvent> {
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
      if (data !== '') yield JSON.parse(data) as RunEvent;
    }
  }
}
