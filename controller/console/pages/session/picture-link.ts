import { ApiFailure } from '../../api/api-failure.ts';
import { createNextTry } from '../../api/next-try.ts';

/** How a live picture stands. `lost`: it is opened again at `retryAt`. `over`: it is not to be had (any more), and why. */
export type PictureState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly retryAt: number; readonly why: string }
  | { readonly kind: 'over'; readonly why: string };

/** One connection. It says once that a picture is there, and once that it is closed. */
export type Opened = { close(): void };
export type OpenPicture = (ticket: string, on: { readonly picture: () => void; readonly closed: (code: number, reason: string) => void }) => Opened;

export type PictureLinkOptions = {
  readonly ticket: (signal: AbortSignal) => Promise<string>;
  readonly open: OpenPicture;
  readonly onState: (state: PictureState) => void;
  /** How long a connection may take to its first picture before it counts as lost. */
  readonly silenceMs?: number;
  readonly firstDelayMs?: number;
};

export type PictureLink = {
  /** Tries again at once if it waits to do so. */
  wake(): void;
  close(): void;
};

const maxDelayMs = 8000;
/**
 * Closed for a reason that trying again does not mend: what was sent was refused, the access or the desktop has ended. A lease is
 * not among them: it passes to another run when its own ends, and whoever lost it takes the picture away.
 */
const finalCodes: ReadonlySet<number> = new Set([1008, 4003, 4010]);
const finalFailures: ReadonlySet<string> = new Set(['not_found', 'gone', 'forbidden', 'unauthorized']);

/** Keeps a live picture open, each time with a ticket of its own, until it is closed or not to be had any more. */
export function keepPicture({ ticket, open, onState, silenceMs = 15_000, firstDelayMs = 300 }: PictureLinkOptions): PictureLink {
  const closing = new AbortController();
  const nextTry = createNextTry({ firstDelayMs, maxDelayMs, ended: closing.signal });
  let attempts = 0;

  /** One connection from its ticket to its end; undefined when it should be tried again. */
  const connect = async (): Promise<{ readonly isFinal: boolean; readonly why: string }> => {
    try {
      const pass = await ticket(closing.signal);
      if (closing.signal.aborted) return { isFinal: true, why: '' };
      const { promise, resolve } = Promise.withResolvers<{ isFinal: boolean; why: string }>();
      const late = setTimeout(() => resolve({ isFinal: false, why: 'no picture came' }), silenceMs);
      const opened = open(pass, {
        picture() {
          clearTimeout(late);
          attempts = 0;
          onState({ kind: 'live' });
        },
        closed: (code, reason) => resolve({ isFinal: finalCodes.has(code), why: reason === '' ? 'the connection was lost' : reason }),
      });
      const stop = () => resolve({ isFinal: true, why: '' });
      closing.signal.addEventListener('abort', stop, { once: true });
      const end = await promise;
      clearTimeout(late);
      closing.signal.removeEventListener('abort', stop);
      opened.close();
      return end;
    } catch (reason) {
      const { code, message } = ApiFailure.from(reason);
      return { isFinal: finalFailures.has(code), why: message };
    }
  };

  const keep = async () => {
    onState({ kind: 'connecting' });
    while (!closing.signal.aborted) {
      const { isFinal, why } = await connect();
      if (closing.signal.aborted) return;
      if (isFinal) return onState({ kind: 'over', why });
      attempts += 1;
      const delay = nextTry.delayAfter(attempts);
      onState({ kind: 'lost', retryAt: Date.now() + delay, why });
      await nextTry.wait(delay);
    }
  };
  void keep();
  return { wake: nextTry.wake, close: () => closing.abort() };
}
