import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { limits } from '../../sandbox-image/wire/index.ts';
import type { Methods, Notice } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { Connection } from './connection.ts';
import { printable } from './wire-failure.ts';

export type ConnectionOptions<Table extends Methods> = {
  readonly methods: Table;
  /** How desktop and server are called in messages, such as `desktop d_7`. */
  readonly name: string;
  readonly handshakeTimeoutMs: number;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
};

/**
 * Speaks WebSocket over a stream into a desktop: resolves when the handshake is done. Owns the stream from the call on.
 * Rejects with `unavailable` when nothing answers there (yet), with `desktop_broken` for an answer that is no
 * WebSocket's, with `deadline_exceeded`, or with the signal's reason.
 */
export async function openConnection<Table extends Methods>(stream: Duplex, options: ConnectionOptions<Table>, signal: AbortSignal): Promise<Connection<Table>> {
  const socket = new WebSocket('ws://desktop/', {
    createConnection: () => stream,
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    // A desktop that pings without reading would fill our memory with pongs.
    autoPong: false,
    followRedirects: false,
    maxFragments: 4096,
    maxBufferedChunks: 65_536,
  });
  // Without a listener a late error of an abandoned socket would end the process.
  socket.on('error', () => {});
  let connection: Connection<Table> | undefined;
  stream.on('error', (error) => {
    if (error instanceof VitrineError && error.code === 'desktop_broken') connection?.breach(error.message);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new VitrineError('deadline_exceeded', `${options.name} did not answer the handshake within ${options.handshakeTimeoutMs} ms`)), options.handshakeTimeoutMs);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('open', resolve);
  socket.once('unexpected-response', () => reject(new VitrineError('desktop_broken', `${options.name} broke the contract: it answers, but speaks no WebSocket`)));
  socket.once('error', (error) => reject(handshakeFailure(options.name, error)));
  socket.once('close', () => reject(new VitrineError('unavailable', `${options.name} cannot be asked: the connection was closed`)));
  try {
    if (signal.aborted) throw signal.reason;
    await promise;
    connection = new Connection(socket, options.methods, options.name, options.onNotice ?? (() => {}));
    return connection;
  } catch (error) {
    socket.terminate();
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A stream that ends during the handshake means that nobody listens yet; any other answer is a breach. */
function handshakeFailure(name: string, error: Error & { code?: unknown }): VitrineError {
  if (error instanceof VitrineError) return error;
  const isBreach = typeof error.code === 'string' ? error.code.startsWith('HPE_') || error.code.startsWith('WS_ERR_') : /^Invalid|^Server sent/.test(error.message);
  const said = printable(error.message, 300);
  return isBreach
    ? new VitrineError('desktop_broken', `${name} broke the contract: ${said}`, { cause: error })
    : new VitrineError('unavailable', `${name} cannot be asked: ${said}`, { cause: error });
}
