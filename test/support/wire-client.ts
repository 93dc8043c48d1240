import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createConnection } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { decodeMessage, encodeMessage, WireError, type WireErrorCode } from '../../sandbox-image/wire/index.ts';
import type { Methods, ParamsOf, ResultOf } from '../../sandbox-image/wire/method.ts';

/** A small client of the wire for tests of the servers alone: no reconnecting, no deadlines, answers are parsed with the contract. */
export class WireClient<Table extends Methods> implements Disposable {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly notices: unknown[] = [];
  readonly #methods: Table;
  readonly #waiting = new Map<number, { name: string; resolve(answer: { result: unknown; body: Buffer }): void; reject(error: Error): void }>();
  #id = 0;

  constructor(socket: WebSocket, methods: Table) {
    this.socket = socket;
    this.#methods = methods;
    this.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('error', () => undefined); // 'close' follows
    void this.closed.then(({ code, reason }) => {
      for (const { name, reject } of this.#waiting.values()) reject(new Error(`connection closed (${code} ${reason}) before ${name} was answered`));
    });
  }

  /** Sends a request; `id` is the one that `cancel` takes. */
  begin<Name extends keyof Table & string>(name: Name, params: ParamsOf<Table, Name>, body?: Uint8Array): { id: number; answer: Promise<{ result: ResultOf<Table, Name>; body: Buffer }> } {
    this.#id += 1;
    const id = this.#id;
    const answer = new Promise<{ result: unknown; body: Buffer }>((resolve, reject) => this.#waiting.set(id, { name, resolve, reject }));
    this.socket.send(encodeMessage({ id, method: name, params }, body));
    return { id, answer: answer.then(({ result, body: picture }) => ({ result: this.#methods[name]?.result.parse(result) as ResultOf<Table, Name>, body: picture })) };
  }

  async call<Name extends keyof Table & string>(name: Name, params: ParamsOf<Table, Name>, body?: Uint8Array): Promise<ResultOf<Table, Name>> {
    return (await this.begin(name, params, body).answer).result;
  }

  cancel(id: number): void {
    this.socket.send(encodeMessage({ cancel: id }));
  }

  #receive(data: Buffer): void {
    const { header, body } = decodeMessage(data);
    const message = header as { id?: number; result?: unknown; error?: { code: WireErrorCode; message: string } };
    if (message.id === undefined) return void this.notices.push(header);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve({ result: message.result, body: Buffer.from(body) });
    else waiting?.reject(new WireError(message.error.code, message.error.message));
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

/** A WebSocket over any duplex stream. */
export async function openSocket(open: () => Duplex): Promise<WebSocket> {
  const socket = new WebSocket('ws://desktop/', { createConnection: () => asConnection(open()) as never, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024, handshakeTimeout: 5000 });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake')));
  });
  return socket;
}

/** A unix socket on this machine. */
export function unixSocket(path: string): () => Duplex {
  return () => createConnection(path);
}

/** The two pipes of a program, such as `docker exec -i … socat`, as one stream. */
export function pipesOf(child: ChildProcessWithoutNullStreams): Duplex {
  const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin } as never);
  duplex.on('close', () => child.kill());
  // A program that ended answers nothing any more, whatever its pipes still look like.
  child.on('close', () => duplex.destroy());
  return duplex;
}

function asConnection(stream: Duplex): Duplex {
  const ignore = () => stream;
  return Object.assign(stream, { setTimeout: ignore, setNoDelay: ignore, setKeepAlive: ignore, ref: ignore, unref: ignore });
}
