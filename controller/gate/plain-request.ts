import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { passableHeaders } from './headers.ts';
import { GateCut, idleTimer, meter } from './meter.ts';
import type { Traffic } from './meter.ts';
import type { Passed } from './tunnel.ts';

export type ForwardOptions = { readonly host: string; readonly port: number; readonly traffic: Traffic; readonly passed: Passed; readonly idleMs: number };

/**
 * Sends one request in plain http over a connection that was opened for it alone, and its answer back. The Host is the one
 * that was judged. Resolves when the answer is through; rejects when it could not be had, or with GateCut.
 */
export async function forwardRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: Socket, options: ForwardOptions): Promise<void> {
  const { host, port, traffic, passed, idleMs } = options;
  let isIdle = false;
  const idle = idleTimer(idleMs, () => {
    isIdle = true;
    socket.destroy();
  });
  const count = (direction: 'up' | 'down') => meter(traffic, direction, (bytes) => {
    passed[direction] += bytes;
    idle.touch();
  });
  const sent = request({
    createConnection: () => socket,
    method: headers[':method'] ?? 'GET',
    path: headers[':path'] ?? '/',
    headers: { ...passableHeaders(headers), host: port === 80 ? host : `${host}:${port}`, connection: 'close' },
    maxHeaderSize: 16 * 1024,
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  sent.once('response', answered.resolve);
  sent.once('error', answered.reject);
  sent.once('upgrade', () => answered.reject(new GateCut('the host wanted to leave http, which the gate does not do')));
  try {
    const upload = pipeline(stream, count('up'), sent);
    upload.catch(answered.reject);
    const answer = await answered.promise;
    stream.respond({ ':status': answer.statusCode ?? 502, ...passableHeaders(answer.headers) });
    await pipeline(answer, count('down'), stream);
  } catch (error) {
    throw isIdle ? new GateCut(`nothing passed for ${idleMs} ms`, { cause: error }) : error;
  } finally {
    idle.stop();
    sent.destroy();
  }
}
