import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { limits, type WireError, type Notice } from '../wire/index.ts';
import type { Methods, ParsedParamsOf, ResultOf } from '../wire/method.ts';
import type { hello } from '../wire/hello.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { ControllerFence } from './controller-fence.ts';

/** What comes with a request besides its parameters; `signal` aborts when it is cancelled or its connection ends. */
export type Call = { readonly body: Uint8Array; readonly signal: AbortSignal };

/** The answer to a request. */
export type Reply<Result> = { readonly result: Result; readonly body?: Uint8Array };

/** One function per method but `hello`. Parameters arrive parsed; a thrown WireError crosses the wire as it is. */
export type Handlers<Table extends Methods> = {
  readonly [Name in Exclude<keyof Table & string, 'hello'>]: (params: ParsedParamsOf<Table, Name>, call: Call) => Promise<Reply<ResultOf<Table, Name>>>;
};

/** What one connection may call, and what happens when it ends. */
export type Session<Table extends Methods> = { readonly handlers: Handlers<Table>; closed(): void };

type HelloAnswer = ResultOf<{ readonly hello: typeof hello }, 'hello'>;

/** Everything a method server is told by its main. */
export type MethodServerOptions<Table extends Methods> = {
  readonly server: 'shim' | 'hands';
  readonly methods: Table;
  readonly fence: ControllerFence;
  /** The rest of hello's answer. */
  describe(): Omit<HelloAnswer, 'protocol' | 'server'>;
  /** `version` of the wire is what both ends speak. */
  open(version: number): Session<Table>;
  /** Why nothing can be answered, if so. */
  refusal(): WireError | undefined;
  /** Called for every message. */
  heard(): void;
  /** Called when a first connection was greeted (true) and when the last one ended (false). */
  connected(isConnected: boolean): void;
};

/** A listening method server. */
export type MethodServer = AsyncDisposable & {
  /** Says something to every connection. */
  notify(notice: Notice): void;
};

const maxConnections = 16;

/** Listens on a unix socket (mode 0600; a stale one is replaced) and answers the wire's requests. Rejects if it cannot listen. */
export async function serveMethods<Table extends Methods>(socketPath: string, options: MethodServerOptions<Table>): Promise<MethodServer> {
  const connections = new Set<Connection>();
  const greeted = () => [...connections].filter((connection) => connection.isGreeted);
  const owner: ConnectionOwner = {
    greeted(connection, isNewer) {
      if (isNewer) for (const other of connections) if (other !== connection && other.isGreeted) other.close(4001, 'a newer controller has taken over');
      if (greeted().length === 1) options.connected(true);
    },
    ended(connection) {
      connections.delete(connection);
      if (connection.isGreeted && greeted().length === 0) options.connected(false);
    },
  };
  const http = createServer((_request, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: limits.maxMessageBytes });
  sockets.on('connection', (socket) => {
    if (connections.size >= maxConnections) socket.terminate();
    else connections.add(new Connection(socket, options as unknown as MethodServerOptions<Methods>, owner));
  });
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  return {
    notify(notice) {
      for (const connection of connections) connection.notify(notice);
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.close(1001, 'the server ends');
      sockets.close();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
