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
  /** By address, each with the port it came from, in the order of their coming. How many there are is counted from this alone. */
  const waiting = new Map<string, Map<Socket, number | undefined>>();
  const forget = (address: string, socket: Socket) => {
    const there = waiting.get(address);
    if (there?.delete(socket) === true && there.size === 0) waiting.delete(address);
  };
  return {
    arrived(socket) {
      const { remoteAddress, remotePort } = socket;
      // Gone before it was looked at: nobody is there any more.
      if (remoteAddress === undefined) return void socket.destroy();
      waiting.set(remoteAddress, (waiting.get(remoteAddress) ?? new Map<Socket, number | undefined>()).set(socket, remotePort));
      for (const end of ['close', recognised]) socket.once(end, () => forget(remoteAddress, socket));
      const count = waiting.values().reduce((sum, { size }) => sum + size, 0);
      if (count <= max) return;
      const [address, most] = waiting.entries().reduce((one, other) => (other[1].size > one[1].size ? other : one));
      for (const oldest of most.keys().take(1)) {
        forget(address, oldest);
        oldest.destroy();
      }
    },
    readOver(stream) {
      const { remoteAddress = '', remotePort } = stream;
      // Where a port is used again before the end of its last connection was seen, the newer one is the one that speaks.
      const spoken = [...waiting.get(remoteAddress) ?? []].findLast(([, port]) => port === remotePort);
      if (spoken !== undefined) stream.once(recognised, () => forget(remoteAddress, spoken[0]));
    },
  };
}
