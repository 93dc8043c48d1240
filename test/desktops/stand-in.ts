import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Launcher } from '../../controller/launcher/launcher.ts';
import { VitrineError } from '../../controller/errors.ts';
import { decodeMessage, encodeMessage, Request } from '../../sandbox-image/wire/index.ts';

/** What a stand-in answers to one request: a result with bytes, an error, or nothing at all. */
export type StandInAnswer = { readonly result: unknown; readonly body?: Uint8Array } | { readonly error: { readonly code: string; readonly message: string } } | undefined;
export type StandInHandler = (request: Request, body: Uint8Array, socket: WebSocket) => StandInAnswer | Promise<StandInAnswer>;

/** A server of a desktop, in this process, on a unix socket: what it does is up to the test. */
export class StandIn {
  readonly #server: Server;
  readonly #folder: string;
  readonly path: string;
  /** Every connection so far, oldest first. */
  readonly sockets: WebSocket[] = [];
  /** Every cancel so far. */
  readonly cancelled: number[] = [];

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.path = join(folder, 'server.sock');
  }

  /** Calls `connected` with each new connection. */
  static async listen(connected: (socket: WebSocket) => void): Promise<StandIn> {
    const standIn = new StandIn(createServer(), await mkdtemp(join(tmpdir(), 'vitrine-test-desktops-')));
    new WebSocketServer({ server: standIn.#server }).on('connection', (socket) => {
      standIn.sockets.push(socket);
      socket.on('error', () => {});
      connected(socket);
    });
    standIn.#server.listen(standIn.path);
    await once(standIn.#server, 'listening');
    return standIn;
  }

  /** Answers requests one by one with `handle`. */
  static async answering(handle: StandInHandler): Promise<StandIn> {
    const standIn: StandIn = await StandIn.listen((socket) => {
      socket.on('message', (data: Buffer) => {
        const { header, body } = decodeMessage(data);
        if (header instanceof Object && 'cancel' in header) return void standIn.cancelled.push(Number(header.cancel));
        const request = Request.parse(header);
        void Promise.resolve(handle(request, body, socket)).then((answer) => {
          if (answer === undefined) return;
          const { body: bytes, ...rest } = 'result' in answer ? answer : { ...answer, body: undefined };
          socket.send(encodeMessage({ id: request.id, ...rest }, bytes));
        });
      });
    });
    return standIn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A launcher whose streams lead to stand-ins; everything else that it could do fails. `stop` makes the container gone. */
export function standInLauncher(paths: { readonly shim?: string; readonly hands?: string }): Launcher & { stop(): void } {
  let isStopped = false;
  const fail = () => Promise.reject(new VitrineError('engine_unavailable', 'there is no engine here'));
  return {
    version: fail, image: fail, desktopImage: fail, buildImage: fail, cancelBuild: fail, create: fail, start: fail, startPart: fail, list: fail, remove: fail,
    logTail: () => Promise.resolve(''),
    inspect: () => Promise.resolve(isStopped ? { state: 'exited' as const, exitCode: 137 } : { state: 'running' as const, exitCode: undefined }),
    async openStream(_containerId, endpoint) {
      if (isStopped) throw new VitrineError('gone', 'the container is not running');
      return connect((endpoint === 'shim' || endpoint === 'hands' ? paths[endpoint] : undefined) ?? '/nonexistent');
    },
    stop() {
      isStopped = true;
    },
  };
}
