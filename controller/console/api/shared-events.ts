import { followEvents } from './events.ts';
import type { EventStream, EventStreamOptions, StreamState } from './events.ts';

type Message<Event> =
  | { readonly kind: 'event'; readonly event: Event; readonly sequence: number }
  | { readonly kind: 'state'; readonly state: StreamState }
  | { readonly kind: 'joined' };

export type SharedEventsOptions<Event> = Omit<EventStreamOptions<Event>, 'after'> & {
  /** What is shared under one name is one stream: of the same things, for the same person. */
  readonly name: string;
  /** The sequence number after which to begin; asked once this tab listens, so that nothing is lost in between. */
  readonly begin: () => Promise<number>;
  /** Events after a sequence number, oldest first, asked when this tab may have slept through some. */
  readonly after: (sequence: number) => Promise<readonly { readonly sequence: number; readonly event: Event }[]>;
};

export type SharedEvents = EventStream & {
  /** Resolves once it is known where to begin; rejects with why that could not be found out. */
  readonly begun: Promise<void>;
  /** Fetches what this tab may have slept through. */
  catchUp(): Promise<void>;
};

/**
 * A stream of events that all tabs of a browser have together: one of them holds the connection and tells the others,
 * and when it is closed another takes over where it was. A browser has six connections to one server at most; a stream
 * for each tab would use them up. Every tab gets each event once. Where tabs cannot agree (plain http beyond this
 * machine), each has a stream of its own.
 */
export function followShared<Event>({ name, begin, after, onEvent, onState = () => undefined, ...options }: SharedEventsOptions<Event>): SharedEvents {
  const closing = new AbortController();
  const channel = new BroadcastChannel(name);
  let own: EventStream | undefined;
  let state: StreamState = { kind: 'connecting' };
  let last: number | undefined;
  /** What comes before what is older has been fetched waits here: it would hide that. */
  let early: Extract<Message<Event>, { kind: 'event' }>[] = [];
  let isCatchingUp = false;

  const take = (event: Event, sequence: number) => {
    if (closing.signal.aborted || last === undefined || sequence <= last) return;
    last = sequence;
    onEvent(event, sequence);
  };
  const takeEarly = () => {
    const waiting = early;
    early = [];
    for (const { event, sequence } of waiting) take(event, sequence);
  };
  const tell = (message: Message<Event>) => channel.postMessage(message);
  const stand = (now: StreamState) => {
    state = now;
    onState(now);
  };

  channel.onmessage = ({ data }: MessageEvent<Message<Event>>) => {
    if (data.kind === 'event' && (last === undefined || isCatchingUp)) early.push(data);
    else if (data.kind === 'event') take(data.event, data.sequence);
    else if (data.kind === 'joined' && own !== undefined) tell({ kind: 'state', state });
    else if (data.kind === 'state' && own === undefined) stand(data.state);
  };

  const lead = () => {
    own = followEvents<Event>({
      ...options, after: last ?? 0,
      onEvent: (event, sequence) => {
        tell({ kind: 'event', event, sequence });
        take(event, sequence);
      },
      onState: (now) => {
        tell({ kind: 'state', state: now });
        stand(now);
      },
    });
    return new Promise<void>((resolve) => closing.signal.addEventListener('abort', () => resolve(), { once: true }));
  };

  const follow = async () => {
    onState(state);
    const first = await begin();
    if (closing.signal.aborted) return;
    last = first;
    takeEarly();
    tell({ kind: 'joined' });
    const locks = (globalThis.navigator as { readonly locks?: LockManager }).locks;
    if (locks === undefined) void lead();
    else locks.request(name, { signal: closing.signal }, lead).catch(() => undefined); // Closed before it was its turn.
  };

  return {
    begun: follow(),
    get last() {
      return last ?? 0;
    },
    wake: () => own?.wake(),
    async catchUp() {
      if (own !== undefined || last === undefined || isCatchingUp) return;
      isCatchingUp = true;
      try {
        for (const { event, sequence } of await after(last)) take(event, sequence);
      } finally {
        isCatchingUp = false;
        takeEarly();
      }
    },
    close() {
      closing.abort();
      own?.close();
      channel.close();
    },
  };
}
