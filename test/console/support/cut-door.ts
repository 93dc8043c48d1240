import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A way to a server that can be cut: every connection through it ends at once, and none is let in until it is mended. */
export type CutDoor = AsyncDisposable & { readonly url: string; cut(): void; mend(): void };

/** Opens a door in front of a server on this machine. */
export async function openCutDoor(url: string): Promise<CutDoor> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((outer) => {
    if (isCut) return void outer.destroy();
    const inner = connect(Number(port), hostname);
    for (const [one, other] of [[outer, inner], [inner, outer]] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      end();
    },
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      end();
      server.close();
      await once(server, 'close');
    },
  };
}
