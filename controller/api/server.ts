import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { answerLast } from './last-answer.ts';
import { createStrangers } from './strangers.ts';
import { isForView } from './view/view-request.ts';
import type { Upgrade } from './view/view-endpoint.ts';

/** A listening API. */
export interface ApiServer {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, ends the streams, gives others `graceMs` to finish, then cuts them. */
  close(graceMs?: number): Promise<void>;
}

/** What answers requests, and how its endless answers are told to end. */
export type Api = { readonly handler: RequestListener; readonly upgrade: Upgrade; readonly endStreams: () => void };

/** Listens, with https if `tls` (PEM) is given. Rejects when the address is taken or not ours. Slow and broken clients are bounded in time, size and number. */
export async function listen(api: Api, address: { readonly host: string; readonly port: number }, tls?: { readonly cert: string; readonly key: string }): Promise<ApiServer> {
  const bounds = { headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 5000, shouldUpgradeCallback: ({ url, headers }: IncomingMessage) => isForView(url ?? '') && headers.upgrade?.toLowerCase() === 'websocket' };
  const server = tls === undefined ? createServer(bounds, api.handler) : createTlsServer({ ...bounds, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, api.handler);
  const strangers = createStrangers();
  server.on('connection', strangers.arrived).on('secureConnection', strangers.readOver);
  server.on('upgrade', api.upgrade);
  server.maxConnections = 1000;
  server.maxHeadersCount = 100;
  server.on('clientError', (reason: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || reason.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, code, message] = reason.code === 'HPE_HEADER_OVERFLOW' ? ['431 Request Header Fields Too Large', 'headers_too_large', 'the address and the headers are larger than 16 KiB']
      : reason.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? ['408 Request Timeout', 'request_timeout', 'the request was not sent in time'] : ['400 Bad Request', 'invalid_request', 'this is not valid HTTP'];
    const body = JSON.stringify({ error: { code, message } });
    answerLast(socket, status, body);
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    async close(graceMs = 5000) {
      const closed = once(server, 'close');
      server.close();
      api.endStreams();
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}
