import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { canonicalAddress } from './address.ts';

/** Connects to one address. Rejects when it cannot be reached, or with the signal's reason. */
export type Dial = (address: string, port: number, signal: AbortSignal) => Promise<Socket>;

const dialMs = 10_000;

/** Dials an address, never a name, and makes sure that this is where the connection leads. */
export const dialAddress: Dial = async (address, port, signal) => {
  const within = AbortSignal.any([signal, AbortSignal.timeout(dialMs)]);
  within.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: address, port, allowHalfOpen: true, autoSelectFamily: false, noDelay: true });
  const onAbort = () => reject(within.reason);
  within.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', () => resolve(socket));
  socket.once('error', reject);
  try {
    await promise;
    if (canonicalAddress(socket.remoteAddress ?? '') !== address) throw new Error(`the connection leads to ${socket.remoteAddress}, not to ${address}`);
    socket.on('error', () => socket.destroy());
    return socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    within.removeEventListener('abort', onAbort);
  }
};

/** Dials the addresses of a host in their order until one answers. Rejects with the last error. */
export async function dialFirst(dial: Dial, addresses: readonly string[], port: number, signal: AbortSignal): Promise<{ readonly socket: Socket; readonly address: string }> {
  let last: unknown = new Error('there is no address');
  for (const address of addresses.slice(0, 4)) {
    try {
      return { socket: await dial(address, port, signal), address };
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
  }
  throw last;
}
