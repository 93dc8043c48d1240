import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { passableHeaders } from './headers.ts';
import { GateCut, idleTimer, meter, spend } from './meter.ts';
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
  const note = (direction: 'up' | 'down', bytes: number) => {
    passed[direction] += bytes;
    idle.touch();
  };
  const head = (direction: 'up' | 'down', ...parts: readonly string[]) => {
    const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part) + 2, 0);
    spend(traffic, direction, bytes);
    note(direction, bytes);
  };
  const method = headers[':method'] ?? 'GET';
  const path = headers[':path'] ?? '/';
  const sentHeaders = { ...passableHeaders(headers), host: port === 80 ? host : `${host}:${port}`, connection: 'close' };
  const sent = request({
    createConnection: () => socket,
    method,
    path,
    headers: sentHeaders,
    maxHeaderSize: 16 * 1024,
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  answered.promise.catch(() => {}); // Nobody waits for it where nothing is sent.
  sent.once('response', answered.resolve);
  sent.once('error', answered.reject);
  sent.once('upgrade', () => answered.reject(new GateCut('the host wanted to leave http, which the gate does not do')));
  try {
    head('up', method, path, ...Object.entries(sentHeaders).flat(2));
    const upload = pipeline(stream, meter(traffic, 'up', (bytes) => {
      // Without it Node sends the body of a GET as it is, behind the request: whoever reads it would take it for another one.
      if (!sent.headersSent && !sent.hasHeader('content-length')) sent.setHeader('transfer-encoding', 'chunked');
      note('up', bytes);
    }), sent);
    upload.catch(answered.reject);
    const answer = await answered.promise;
    head('down', ...answer.rawHeaders);
    stream.respond({ ':status': answer.statusCode ?? 502, ...passableHeaders(answer.headers) });
    await pipeline(answer, meter(traffic, 'down', (bytes) => note('down', bytes)), stream);
  } catch (error) {
    throw isIdle ? new GateCut(`nothing passed for ${idleMs} ms`, { cause: error }) : error;
  } finally {
    idle.stop();
    sent.destroy();
  }
}
