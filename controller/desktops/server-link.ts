import { setTimeout as delay } from 'node:timers/promises';
import type { Methods, ParamsOf, ResultOf } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { Answer, CallOptions, Connection, ConnectionEnd } from './connection.ts';

export type LinkOptions<Table extends Methods> = {
  /** Opens a stream, shakes hands, says hello. Rejects with `unavailable` or `engine_unavailable` when it is worth another try. */
  readonly open: (signal: AbortSignal) => Promise<Connection<Table>>;
  /** How long a lost connection is tried to be opened again. */
  readonly reopenMs: number;
  /** Called when a connection ended that `close` did not end. */
  readonly onEnd: (end: ConnectionEnd) => void;
};

export type LinkCallOptions<Result> = CallOptions<Result> & {
  /** Whether the request may be sent a second time over a new connection when the first is lost before the answer. */
  readonly isRepeatable: boolean;
};

/** Failures that pass: nothing listens yet, or the engine is away or refuses for a moment. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'engine_unavailable']);
const betweenTriesMs = 100;
const maxSends = 8;

/** The way to one server in a desktop: a connection that is opened when needed, and opened again when it was lost. */
export class ServerLink<Table extends Methods> {
  readonly #options: LinkOptions<Table>;
  readonly #closing = new AbortController();
  #connection: Connection<Table> | undefined;
  #opening: Promise<Connection<Table>> | undefined;

  constructor(options: LinkOptions<Table>) {
    this.#options = options;
  }

  /** The open connection, or a new one. Rejects with the last try's error once `reopenMs` are over, or with the signal's reason. */
  async connect(signal: AbortSignal): Promise<Connection<Table>> {
    signal.throwIfAborted();
    if (this.#connection !== undefined && this.#connection.end === undefined) return this.#connection;
    this.#opening ??= this.#openUntilDeadline().finally(() => {
      this.#opening = undefined;
    });
    return await withSignal(this.#opening, signal);
  }

  /** The open connection, if there is one. */
  get current(): Connection<Table> | undefined {
    return this.#connection?.end === undefined ? this.#connection : undefined;
  }

  /** Asks for a method; opens the connection first if needed, and again if it is lost and the request may be repeated. */
  async call<Name extends keyof Table & string>(name: Name, params: ParamsOf<Table, Name>, options: LinkCallOptions<ResultOf<Table, Name>>, signal: AbortSignal): Promise<Answer<ResultOf<Table, Name>>> {
    for (let sends = 1; ; sends += 1) {
      const connection = await this.connect(signal);
      try {
        return await connection.call(name, params, options, signal);
      } catch (error) {
        if (!isLoss(connection, error)) throw error;
        if (!options.isRepeatable || sends === maxSends) throw unknownEnd(name, error);
        if (sends > 1) await delay(betweenTriesMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  /** The open connection for requests that belong together, such as those of one file: none of them goes over another connection. */
  async pin(signal: AbortSignal): Promise<Pick<Connection<Table>, 'call'>> {
    const connection = await this.connect(signal);
    return {
      call: async (name, params, options, callSignal) => {
        try {
          return await connection.call(name, params, options, callSignal);
        } catch (error) {
          throw isLoss(connection, error) ? unknownEnd(name, error) : error;
        }
      },
    };
  }

  /** Ends the connection and every try to open one. */
  close(): void {
    this.#closing.abort(new VitrineError('gone', 'the desktop was given up'));
    this.#connection?.close();
  }

  async #openUntilDeadline(): Promise<Connection<Table>> {
    const deadline = AbortSignal.timeout(this.#options.reopenMs);
    const signal = AbortSignal.any([deadline, this.#closing.signal]);
    let last: unknown;
    while (!signal.aborted) {
      try {
        return this.#adopt(await this.#options.open(signal));
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof VitrineError) || !passing.has(error.code)) throw error;
        last = error;
      }
      await delay(betweenTriesMs, undefined, { signal }).catch(() => {});
    }
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    throw last ?? new VitrineError('deadline_exceeded', `the desktop could not be reached within ${this.#options.reopenMs} ms`);
  }

  #adopt(connection: Connection<Table>): Connection<Table> {
    this.#connection = connection;
    void connection.ended.then((end) => {
      if (end.kind !== 'closed') this.#options.onEnd(end);
    });
    if (this.#closing.signal.aborted) connection.close();
    return connection;
  }
}

function isLoss(connection: Pick<Connection<Methods>, 'end'>, error: unknown): error is VitrineError {
  return connection.end?.kind === 'lost' && error === connection.end.error;
}

function unknownEnd(name: string, error: VitrineError): VitrineError {
  return new VitrineError('desktop_broken', `${error.message}; whether ${name} was done is unknown`, { cause: error });
}

/** Waits for what others wait for too: the signal ends only this waiting. */
export async function withSignal<Result>(shared: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([shared, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
