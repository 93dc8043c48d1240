import { Buffer } from 'node:buffer';
import type { WebSocket } from 'ws';
import { decodeMessage, encodeMessage, Notice, protocolVersion, Response, WireError } from '../../sandbox-image/wire/index.ts';
import type { Methods, ParamsOf, ResultOf } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { printable, wireFailure } from './wire-failure.ts';
import { asSpoken } from './wire-versions.ts';

/** How a connection ended. `lost`: it may be opened again. `breach`: the desktop broke the contract. `closed`: by us. */
export type ConnectionEnd = { readonly kind: 'closed' | 'lost' | 'breach'; readonly error: VitrineError };

export type CallOptions<Result> = {
  readonly timeoutMs: number;
  /** Looks at an answer before it is believed: what it returns, if anything, is a breach of the contract in words. */
  readonly check?: (result: Result, body: Buffer) => string | undefined;
  /** Bytes that go with the request. */
  readonly body?: Uint8Array;
  /** After an abort, how long to wait for the answer all the same: a stopped action says how far it came. */
  readonly lingerMs?: number;
};

export type Answer<Result> = { readonly result: Result; readonly body: Buffer };

type Outstanding = {
  readonly name: string;
  readonly check: (result: unknown, body: Buffer) => string | undefined;
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (reason: unknown) => void;
};

const noBody = Buffer.alloc(0);
/** A server inside ends a connection with more than 128 unanswered requests. */
const maxOutstanding = 100;
/** Requests given up whose answer may still come, and notices, before a desktop counts as broken. */
const maxAbandoned = 64;
const maxNotices = 16;

/**
 * One open WebSocket to a server inside a desktop. What comes in is hostile: every message is bounded, parsed strictly
 * and tied to an outstanding request; the first breach of the contract ends the connection with `desktop_broken`.
 */
export class Connection<Table extends Methods> {
  readonly #socket: WebSocket;
  readonly #methods: Table;
  readonly #name: string;
  readonly #onNotice: (notice: Notice) => void;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #abandoned = new Set<number>();
  readonly #ended = Promise.withResolvers<ConnectionEnd>();
  #nextId = 1;
  #notices = 0;
  #end: ConnectionEnd | undefined;
  #spoken: { readonly version: number; readonly server: 'shim' | 'hands' } | undefined;

  /** Takes over an open socket. `name` is how the desktop and server are called in messages. */
  constructor(socket: WebSocket, methods: Table, name: string, onNotice: (notice: Notice) => void) {
    this.#socket = socket;
    this.#methods = methods;
    this.#name = name;
    this.#onNotice = onNotice;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error: Error & { code?: unknown }) => {
      const isBreach = typeof error.code === 'string' && error.code.startsWith('WS_ERR_');
      this.#finish(isBreach ? 'breach' : 'lost', printable(error.message, 300), error);
    });
    socket.on('close', () => this.#finish('lost', 'the connection was closed'));
  }

  /** The version of the wire that is spoken on it; that of this program until `speak`. */
  get version(): number {
    return this.#spoken?.version ?? protocolVersion;
  }

  /** From now on requests hold only what this version of the wire knows. */
  speak(version: number, server: 'shim' | 'hands'): void {
    this.#spoken = { version, server };
  }

  /** How it ended, if it has. */
  get end(): ConnectionEnd | undefined {
    return this.#end;
  }

  /** Resolves when the connection has ended; never rejects. */
  get ended(): Promise<ConnectionEnd> {
    return this.#ended.promise;
  }

  /**
   * Asks for one method and resolves with its checked result. Rejects with the desktop's refusal as a VitrineError, with
   * `deadline_exceeded`, `too_many_requests`, `unprocessable` (a method that its version lacks), with the signal's reason, or with `end.error` when the connection ends before the answer.
   */
  async call<Name extends keyof Table & string>(name: Name, params: ParamsOf<Table, Name>, options: CallOptions<ResultOf<Table, Name>>, signal: AbortSignal): Promise<Answer<ResultOf<Table, Name>>> {
    signal.throwIfAborted();
    if (this.#end !== undefined) throw this.#end.error;
    if (this.#outstanding.size + this.#abandoned.size >= maxOutstanding) throw new VitrineError('too_many_requests', `${this.#name} has ${maxOutstanding} requests to answer already: wait for some of them`);
    const id = this.#nextId++;
    const spoken = this.#spoken === undefined ? params : asSpoken(this.#spoken.version, this.#spoken.server, name, params as object, this.#name);
    const bytes = this.#encode({ id, method: name, params: spoken }, options.body);
    const { promise, resolve, reject } = Promise.withResolvers<Answer<unknown>>();
    // `#settlement` has parsed the result with the schema of this very method before it is looked at.
    const check = (result: unknown, body: Buffer) => options.check?.(result as ResultOf<Table, Name>, body);
    this.#outstanding.set(id, { name, check, resolve, reject });
    let lingering: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => this.#abandon(id, new VitrineError('deadline_exceeded', `${this.#name} did not answer ${name} within ${options.timeoutMs} ms`)), options.timeoutMs);
    const onAbort = () => {
      if (options.lingerMs === undefined) return this.#abandon(id, signal.reason);
      this.#send(encodeMessage({ cancel: id }));
      lingering = setTimeout(() => this.#abandon(id, signal.reason), options.lingerMs);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#send(bytes);
      return await promise as Answer<ResultOf<Table, Name>>;
    } catch (reason) {
      if (reason instanceof WireError) throw reason.code === 'cancelled' && signal.aborted ? signal.reason : wireFailure(this.#name, reason);
      throw reason;
    } finally {
      clearTimeout(deadline);
      clearTimeout(lingering);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the connection because the desktop broke the contract; returns the error. */
  breach(what: string): VitrineError {
    this.#finish('breach', what);
    return this.#end?.error ?? new VitrineError('desktop_broken', what);
  }

  /** Ends the connection. */
  close(): void {
    this.#finish('closed', 'the connection was closed by the controller');
  }

  #encode(header: object, body: Uint8Array | undefined): Buffer {
    try {
      return encodeMessage(header, body);
    } catch (error) {
      throw wireFailure(this.#name, WireError.from(error));
    }
  }

  #send(bytes: Buffer): void {
    if (this.#end === undefined) this.#socket.send(bytes, () => {});
  }

  #abandon(id: number, reason: unknown): void {
    const outstanding = this.#outstanding.get(id);
    if (outstanding === undefined) return;
    this.#outstanding.delete(id);
    this.#abandoned.add(id);
    this.#send(encodeMessage({ cancel: id }));
    outstanding.reject(reason);
    if (this.#abandoned.size > maxAbandoned) this.#finish('breach', `${maxAbandoned} requests were never answered`);
  }

  #receive(data: unknown, isBinary: boolean): void {
    if (this.#end !== undefined) return;
    try {
      if (!isBinary || !Buffer.isBuffer(data)) throw new WireError('invalid_request', 'a message that is not binary');
      const { header, body } = decodeMessage(data);
      if (header instanceof Object && 'notice' in header) this.#notice(header, body);
      else this.#answer(header, Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    } catch (error) {
      this.#finish('breach', printable(error instanceof Error ? error.message : String(error), 500), error);
    }
  }

  #notice(header: object, body: Uint8Array): void {
    this.#notices += 1;
    if (this.#notices > maxNotices) throw new WireError('limit_exceeded', `more than ${maxNotices} notices`);
    if (body.length > 0) throw new WireError('invalid_request', 'a notice with a body');
    this.#onNotice(Notice.parse(header));
  }

  #answer(header: unknown, body: Buffer): void {
    const response = Response.parse(header);
    const outstanding = this.#outstanding.get(response.id);
    if (outstanding === undefined) {
      if (this.#abandoned.delete(response.id)) return;
      throw new WireError('invalid_request', `an answer to request ${response.id}, which is not outstanding`);
    }
    const method = this.#methods[outstanding.name];
    if (method === undefined) throw new WireError('internal', `no method ${outstanding.name}`);
    if (body.length > 0 && (method.body !== 'response' || 'error' in response)) throw new WireError('invalid_request', `an answer to ${outstanding.name} with a body of ${body.length} bytes`);
    const settle = 'error' in response
      ? () => outstanding.reject(new WireError(response.error.code, response.error.message))
      : this.#settlement(outstanding, method.result.parse(response.result), body);
    this.#outstanding.delete(response.id);
    settle();
  }

  #settlement(outstanding: Outstanding, result: unknown, body: Buffer): () => void {
    const fault = outstanding.check(result, body);
    if (fault !== undefined) throw new WireError('invalid_request', fault);
    return () => outstanding.resolve({ result, body: body.length === 0 ? noBody : body });
  }

  #finish(kind: ConnectionEnd['kind'], what: string, cause?: unknown): void {
    if (this.#end !== undefined) return;
    const error = new VitrineError(kind === 'breach' ? 'desktop_broken' : 'unavailable', `${this.#name} ${kind === 'breach' ? 'broke the contract' : 'cannot be asked'}: ${what}`, { cause });
    this.#end = { kind, error };
    this.#socket.terminate();
    for (const { reject } of this.#outstanding.values()) reject(error);
    this.#outstanding.clear();
    this.#abandoned.clear();
    this.#ended.resolve(this.#end);
  }
}
