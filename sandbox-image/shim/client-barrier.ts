import type { RemapWitness } from './remap-witness.ts';
import type { XServer } from './x-server.ts';

/** An application that answers pings at all answers within this time, unless it is busy; then typing goes on after it. */
const pongMs = 2000;
const maxProtocolBytes = 256;

/** An Xlib client has asked for a changed mapping this long ago and not again: it has seen all of the change. */
const learnedRestMs = 30;

/** Keeps the keyboard mapping and the focused application in step, so that each key means to it what it meant when it was sent. */
export type ClientBarrier = {
  /** After a change of the mapping: waits until the application knows it. */
  learned(signal: AbortSignal): Promise<void>;
  /** Before a keycode is given another character: waits until the application has handled the keys sent so far. */
  consumed(signal: AbortSignal): Promise<void>;
};

/**
 * A barrier by `_NET_WM_PING` (EWMH): an application handles its events in order, so its pong comes after the keys before
 * the ping, and after any change of the mapping. Where a window does not take part, the remap witness is asked; where that
 * gives no answer either, `otherwise` waits as well as can be.
 */
export function createClientBarrier(server: XServer, witness: RemapWitness, otherwise: (signal: AbortSignal) => Promise<void>): ClientBarrier {
  let stamps = 0;
  const silent = new Set<number>();

  const isPonged = async (window: number, signal: AbortSignal): Promise<boolean> => {
    const [protocols, ping] = [await server.atom('WM_PROTOCOLS'), await server.atom('_NET_WM_PING')];
    stamps = (stamps + 1) % 0x4000_0000;
    const stamp = 0x4000_0000 + stamps;
    const isOurs = (event: Message) => event.message_type === protocols && event.data?.[0] === ping && event.data[1] === stamp;
    return await pong(server, signal, isOurs, () => server.sendClientMessage(window, 'WM_PROTOCOLS', [ping, stamp, window, 0, 0]));
  };
  const hasAsked = async (window: number, restMs: number, signal: AbortSignal): Promise<boolean> => {
    if (silent.has(window)) return false;
    const hasAnswered = await witness.asked(window, restMs, signal);
    if (!hasAnswered && !signal.aborted) silent.add(window);
    return hasAnswered;
  };
  const focus = async (): Promise<{ window: number; takesPings: boolean }> => {
    const active = await server.property(server.root, '_NET_ACTIVE_WINDOW', 4);
    const window = active.length < 4 ? 0 : active.readUInt32LE(0);
    return { window, takesPings: window !== 0 && (await answersPings(server, window, await server.atom('_NET_WM_PING'))) };
  };
  return {
    async learned(signal) {
      const { window, takesPings } = await focus();
      if (window !== 0 && !takesPings) await hasAsked(window, learnedRestMs, signal);
    },
    async consumed(signal) {
      const { window, takesPings } = await focus();
      const isConsumed = takesPings ? await isPonged(window, signal) : window !== 0 && (await hasAsked(window, 0, signal));
      if (!isConsumed && !signal.aborted) await otherwise(signal);
    },
  };
}

type Message = { readonly message_type?: number; readonly data?: readonly number[] };

async function answersPings(server: XServer, window: number, ping: number): Promise<boolean> {
  const protocols = await server.property(window, 'WM_PROTOCOLS', maxProtocolBytes);
  for (let at = 0; at + 4 <= protocols.length; at += 4) if (protocols.readUInt32LE(at) === ping) return true;
  return false;
}

async function pong(server: XServer, signal: AbortSignal, isPong: (event: Message) => boolean, send: () => Promise<void>): Promise<boolean> {
  const waited = AbortSignal.any([signal, AbortSignal.timeout(pongMs)]);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  waited.addEventListener('abort', () => resolve(false), { once: true });
  using _listening = server.onEvent((event) => {
    if (isPong(event)) resolve(true);
  });
  await send();
  return await promise;
}
