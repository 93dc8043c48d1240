import { comesToRest } from './process-rest.ts';
import type { XServer } from './x-server.ts';

/** An application that answers pings at all answers within this time, unless it is busy; then typing goes on after it. */
const pongMs = 2000;
const maxProtocolBytes = 256;

/** Waits until the focused application has handled the input sent so far. */
export type ClientBarrier = (signal: AbortSignal) => Promise<void>;

/**
 * A barrier by `_NET_WM_PING` (EWMH): an application handles its events in order, so its pong comes after the keys before
 * the ping. The process of a window that takes no part is waited for until it sleeps: data on its connection to the X
 * server would have woken it. Where that cannot be seen either, `otherwise` waits as well as can be.
 */
export function createClientBarrier(server: XServer, otherwise: ClientBarrier): ClientBarrier {
  let stamps = 0;
  const isPonged = async (window: number, ping: number, signal: AbortSignal): Promise<boolean> => {
    const protocols = await server.atom('WM_PROTOCOLS');
    stamps = (stamps + 1) % 0x4000_0000;
    const stamp = 0x4000_0000 + stamps;
    const isOurs = (event: Message) => event.message_type === protocols && event.data?.[0] === ping && event.data[1] === stamp;
    return await pong(server, signal, isOurs, () => server.sendClientMessage(window, 'WM_PROTOCOLS', [ping, stamp, window, 0, 0]));
  };
  return async (signal) => {
    const active = await server.property(server.root, '_NET_ACTIVE_WINDOW', 4);
    const window = active.length < 4 ? 0 : active.readUInt32LE(0);
    const ping = await server.atom('_NET_WM_PING');
    let isConsumed = false;
    if (window !== 0) isConsumed = (await answersPings(server, window, ping)) ? await isPonged(window, ping, signal) : await comesToRest(server, await server.processOf(window), signal);
    if (!isConsumed && !signal.aborted) await otherwise(signal);
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
