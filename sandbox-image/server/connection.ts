import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import {
  Cancel, decodeMessage, encodeMessage, protocolVersion, Request, WireError,
  type Message, type Notice,
} from '../wire/index.ts';
import type { MethodServerOptions, Session } from './method-server.ts';
import type { hello } from '../wire/hello.ts';
import type { Method, Methods, ParsedParamsOf } from '../wire/method.ts';

/** Requests of one connection that may be unanswered at a time; more ends the connection. */
const maxOutstanding = 128;
/** Answers waiting to be read by the other end; a peer that reads nothing loses its connection. */
const maxBufferedBytes = 64 * 1024 * 1024;
const maxErrorCharacters = 2000;

/** What the server needs to know of its connections. */
export type ConnectionOwner = {
  /** A hello was accepted; `isNewer` says that every other connection must end. */
  greeted(connection: Connection, isNewer: boolean): void;
  ended(connection: Connection): void;
};

/**
 * One controller's connection: hello first, then requests, each answered once, in any order.
 * A message that is none ends this connection and nothing else; bad parameters are only an error's answer.
 */
export class Connection {
  readonly #socket: WebSocket;
  readonly #options: MethodServerOptions<Methods>;
  readonly #owner: ConnectionOwner;
  readonly #running = new Map<number, AbortController>();
  #session: Session<Methods> | undefined;

  constructor(socket: WebSocket, options: MethodServerOptions<Methods>, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#options = options;
    this.#owner = owner;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#closed());
  }

  get isGreeted(): boolean {
    return this.#session !== undefined;
  }

  /** Ends the connection; what it began is cancelled. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, 100));
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  notify(notice: Notice): void {
    if (this.isGreeted) this.#send(encodeMessage(notice));
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#options.heard();
    try {
      if (!isBinary || !Buffer.isBuffer(data)) throw new WireError('invalid_request', 'messages are binary');
      this.#dispatch(decodeMessage(data));
    } catch (reason) {
      this.close(1002, WireError.from(reason).message);
    }
  }

  #dispatch({ header, body }: Message<unknown>): void {
    const cancel = Cancel.safeParse(header);
    if (cancel.success) {
      this.#running.get(cancel.data.cancel)?.abort(new WireError('cancelled', 'the request was cancelled'));
      return;
    }
    const request = Request.parse(header);
    if (this.#running.has(request.id)) throw new WireError('invalid_request', `request ${request.id} is still being answered`);
    if (this.#running.size >= maxOutstanding) throw new WireError('limit_exceeded', `more than ${maxOutstanding} requests at a time`);
    const controller = new AbortController();
    this.#running.set(request.id, controller);
    this.#run(request, body, controller.signal).then(
      ({ result, body: answer }) => this.#answer(request.id, { id: request.id, result }, answer),
      (reason: unknown) => this.#answer(request.id, failure(request.id, reason)),
    );
  }

  async #run(request: Request, body: Uint8Array, signal: AbortSignal): Promise<{ result: unknown; body?: Uint8Array }> {
    const method = Object.hasOwn(this.#options.methods, request.method) ? this.#options.methods[request.method] : undefined;
    if (method === undefined) throw new WireError('invalid_request', `unknown method ${JSON.stringify(request.method)}`);
    if (request.method === 'hello') return { result: this.#greet(parseParams(method, request)) };
    const session = this.#session;
    if (session === undefined) {
      setImmediate(() => this.close(1002, 'hello comes first'));
      throw new WireError('invalid_request', `${request.method} before hello`);
    }
    if (body.length > 0 && method.body !== 'request') throw new WireError('invalid_request', `${request.method} takes no body`);
    const params = parseParams(method, request);
    const refusal = this.#options.refusal();
    if (refusal !== undefined) throw refusal;
    const handler = session.handlers[request.method];
    if (handler === undefined) throw new WireError('internal', `${request.method} has no handler`);
    return await handler(params, { body, signal });
  }

  #greet(params: unknown): unknown {
    if (this.isGreeted) throw new WireError('invalid_request', 'hello was said already');
    const { protocol, controllerEpoch, desktopId } = params as ParsedParamsOf<{ readonly hello: typeof hello }, 'hello'>;
    const isNewer = this.#options.fence.admit(controllerEpoch, desktopId);
    const spoken = Math.min(protocol, protocolVersion);
    this.#session = this.#options.open(spoken);
    this.#owner.greeted(this, isNewer);
    return { protocol: spoken, server: this.#options.server, ...this.#options.describe() };
  }

  #answer(id: number, header: unknown, body?: Uint8Array): void {
    this.#running.delete(id);
    let message: Buffer;
    try {
      message = encodeMessage(header, body);
    } catch (reason) {
      message = encodeMessage(failure(id, reason));
    }
    this.#send(message);
  }

  #send(message: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBufferedBytes) this.#socket.terminate();
    else this.#socket.send(message);
  }

  #closed(): void {
    for (const controller of this.#running.values()) controller.abort(new WireError('cancelled', 'the connection ended'));
    this.#session?.closed();
    this.#owner.ended(this);
  }
}

function parseParams(method: Method, request: Request): unknown {
  const parsed = method.params.safeParse(request.params ?? {});
  if (!parsed.success) throw new WireError('invalid_request', `${request.method}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function failure(id: number, reason: unknown): unknown {
  const error = WireError.from(reason);
  return { id, error: { code: error.code, message: error.message.slice(0, maxErrorCharacters) } };
}
