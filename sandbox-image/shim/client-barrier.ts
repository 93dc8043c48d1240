import type { XServer } from './x-server.ts';

/** An application that answers pings at all answers within this time, unless it is busy; then typing goes on after it. */
const pongMs = 2000;
const maxProtocolBytes = 256;

/** Waits until the focused application has taken in the input sent so far. */
export type ClientBarrier = (signal: AbortSignal) => Promise<void>;

/**
 * A barrier by `_NET_WM_PING` (EWMH): an application handles its events in order, so its pong comes after the keys before
 * the ping. For windows that do not take part, `otherwise` waits as well as can be.
 */
export function createClientBarrier(server: XServer, otherwise: ClientBarrier): ClientBarrier {
  let stamps = 0;
  return async (signal) => {
    const window = (await server.property(server.root, '_NET_ACTIVE_WINDOW', 4)).readUInt32LE?.(0) ?? 0;
    const [protocols, ping] = [await server.atom('WM_PROTOCOLS'), await server.atom('_NET_WM_PING')];
    if (window === 0 || !(await answersPings(server, window, ping))) return await otherwise(signal);
    stamps = (stamps + 1) % 0x4000_0000;
    const stamp = 0x4000_0000 + stamps;
    const isPonged = await pong(server, signal, (event) => event.message_type === protocols && event.data?.[0] === ping && event.data[1] === stamp, () => server.sendClientMessage(window, 'WM_PROTOCOLS', [ping, stamp, window, 0, 0]));
    if (!isPonged && !signal.aborted) await otherwise(signal);
  };
}

async function answersPings(server: XServer, window: number, ping: number): Promise<boolean> {
  const protocols = await server.property(window, 'WM_PROTOCOLS', maxProtocolBytes);
  for (let at = 0; at + 4 <= protocols.length; at += 4) if (protocols.readUInt32LE(at) === ping) return true;
  return false;
}

async function pong(server: XServer, signal: AbortSignal, isPong: (event: { message_type?: number; data?: readonly number[] }) => boolean, send: () => Promise<void>): Promise<boolean> {
  const waited = AbortSignal.any([signal, AbortSignal.timeout(pongMs)]);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  waited.addEventListener('abort', () => resolve(false), { once: true });
  using _listening = server.onEvent((event) => {
    if (isPong(event)) resolve(true);
  });
  await send();
  return await promise;
}
