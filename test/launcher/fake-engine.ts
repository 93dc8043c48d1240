import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A unix socket where something answers that is no healthy engine: `answer` gets every connection with the first bytes of its request. */
export class FakeEngine {
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  readonly url: string;

  private constructor(server: Server, folder: string, url: string) {
    this.#server = server;
    this.#folder = folder;
    this.url = url;
  }

  static async start(answer: (socket: Socket, request: string) => void): Promise<FakeEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-desktops-'));
    const path = join(folder, 'engine.sock');
    const server = createServer();
    const engine = new FakeEngine(server, folder, `unix://${path}`);
    server.on('connection', (socket) => {
      engine.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => engine.#sockets.delete(socket));
      socket.once('data', (bytes) => answer(socket, bytes.toString('latin1')));
    });
    server.listen(path);
    await once(server, 'listening');
    return engine;
  }

  /** Connections that the client has not closed. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** An HTTP reply with a JSON body. */
export function reply(status: number, body: unknown): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
