import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { recognised } from '../access/recognised.ts';

/** Of the 1000 connections that the server takes: the rest is for those who have said who they are. */
const maxStrangers = 250;

/** Connections over which nobody has said yet who asks. */
export type Strangers = {
  /** A connection has come. */
  arrived(socket: Socket): void;
  /** What is spoken over a connection is read from another stream, as with TLS. */
  readOver(stream: EventEmitter & Pick<Socket, 'remoteAddress' | 'remotePort'>): void;
};

/**
 * Keeps strangers to `max`. One too many, and the one that has been there longest from the address that has the most of them is cut:
 * whoever says at once who he is gets through, however many others hold connections and say nothing.
 */
export function createStrangers(max = maxStrangers): Strangers {
  /** By address, then by port, each in the order of their coming. */
  const waiting = new Map<string, Map<number, Socket>>();
  let count = 0;
  const forget = (address: string, port: number, socket?: Socket) => {
    const there = waiting.get(address);
    const found = there?.get(port);
    if (there === undefined || found === undefined || (socket !== undefined && found !== socket)) return;
    there.delete(port);
    count -= 1;
    if (there.size === 0) waiting.delete(address);
  };
  const readOver: Strangers['readOver'] = (stream) => {
    const { remoteAddress = '', remotePort = 0 } = stream;
    stream.once(recognised, () => forget(remoteAddress, remotePort));
  };
  return {
    readOver,
    arrived(socket) {
      const { remoteAddress = '', remotePort = 0 } = socket;
      const there = waiting.get(remoteAddress) ?? new Map<number, Socket>();
      waiting.set(remoteAddress, there.set(remotePort, socket));
      count += 1;
      socket.once('close', () => forget(remoteAddress, remotePort, socket));
      readOver(socket);
      if (count <= max) return;
      const [address, most] = waiting.entries().reduce((one, other) => (other[1].size > one[1].size ? other : one));
      for (const [port, oldest] of most.entries().take(1)) {
        forget(address, port);
        oldest.destroy();
      }
    },
  };
}
