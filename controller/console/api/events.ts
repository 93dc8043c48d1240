import { clock } from './clock.ts';
import { createNextTry } from './next-try.ts';
import { createSentParser } from './server-sent.ts';

/** How a stream stands. `since`: from when on nothing has come; `retryAt`: when it is opened again. Milliseconds since the epoch. */
export type StreamState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly since: number; readonly retryAt: number; readonly attempts: number }
  | { readonly kind: 'refused'; readonly status: number };

export type EventStreamOptions<Event> = {
  /** Path of the stream, such as `/api/events`. */
  readonly url: string;
  /** Sequence number after which to begin. */
  readonly after: number;
  readonly onEvent: (event: Event, sequence: number) => void;
  readonly onState?: (state: StreamState) => void;
  readonly headers?: Readonly<Record<string, string>>;
  /** Silence after which the connection counts as lost: the server says something every 15 s. */
  readonly silenceMs?: number;
  /** The wait after the first failure; it doubles with each further one, up to 15 s, and is drawn by lot below that. */
  readonly firstDelayMs?: number;
};

export type EventStream = {
  /** The sequence number of the last event that was handed over. */
  readonly last: number;
  /** Tries again at once if it waits to do so: the network is back, or somebody looks. */
  wake(): void;
  close(): void;
};

const maxDelayMs = 15_000;

/**
 * Follows a stream of events for as long as it is open: each event is handed over once and none is left out, whatever
 * becomes of the connection, because every connection begins after the last event that was handed over. It ends with
 * `close`, with a 204 (there is nothing more to come), or when the server refuses it (401, 403, 404).
 */
export function followEvents<Event>({ url, after, onEvent, onState = () => undefined, headers = {}, silenceMs = 40_000, firstDelayMs = 500 }: EventStreamOptions<Event>): EventStream {
  const closing = new AbortController();
  let last = after;
  const nextTry = createNextTry({ firstDelayMs, maxDelayMs, ended: closing.signal });
  let attempts = 0;
  let isLive = false;
  let lostAt: number | undefined;

  const read = async (): Promise<'again' | 'over'> => {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silenceMs);
    try {
      const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream', 'last-event-id': String(last) }, signal: AbortSignal.any([closing.signal, silence.signal]) });
      if ([401, 403, 404].includes(response.status)) onState({ kind: 'refused', status: response.status });
      if ([204, 401, 403, 404].includes(response.status)) return 'over';
      if (!response.ok || response.body === null) return 'again';
      const parse = createSentParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'again';
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), silenceMs);
        if (!isLive) onState({ kind: 'live' });
        isLive = true;
        attempts = 0;
        lostAt = undefined;
        for (const { id, data } of parse(value)) {
          const sequence = Number(id);
          if (id === undefined || !(sequence > last)) continue;
          last = sequence;
          onEvent(JSON.parse(data) as Event, sequence);
        }
      }
    } catch {
      return 'again'; // The connection was lost or fell silent: the next one begins after `last`.
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  };

  const waitForNext = async () => {
    const now = clock();
    isLive = false;
    lostAt ??= now;
    attempts += 1;
    const delay = nextTry.delayAfter(attempts);
    onState({ kind: 'reconnecting', since: lostAt, retryAt: now + delay, attempts });
    await nextTry.wait(delay);
  };

  const follow = async () => {
    onState({ kind: 'connecting' });
    while (!closing.signal.aborted) {
      if ((await read()) === 'over' || closing.signal.aborted) return;
      await waitForNext();
    }
  };
  void follow();
  return {
    get last() {
      return last;
    },
    wake: nextTry.wake,
    close: () => closing.abort(),
  };
}
