import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Headers of one connection only; the gate strips them too, HTTP/2 refuses some of them. */
const ofConnection: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'host']);
const maxConnections = 256;

/** A proxy that decides nothing: it hands every request to the gate at the other end of `stream`. */
export type Forwarder = {
  readonly server: Server;
  /** Resolves when the gate is gone. */
  readonly ended: Promise<void>;
};

/** Makes the desktop's HTTP proxy over a stream to its gate. */
export function createForwarder(stream: Duplex): Forwarder {
  const gate = connect('http://gate', { createConnection: () => stream, settings: { enablePush: false, maxHeaderListSize: 64 * 1024 } });
  gate.on('error', () => gate.destroy());
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 0 }, (request, response) => void forward(gate, request, response));
  server.maxConnections = maxConnections;
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => void tunnel(gate, request.url ?? '', socket, head));
  server.on('clientError', (_error, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
  return { server, ended: once(gate, 'close').then(() => undefined) };
}

/** CONNECT: bytes in both directions once the gate has said yes. */
async function tunnel(gate: ClientHttp2Session, authority: string, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  if (!/^[^\s@/?#]{1,260}:\d{1,5}$/.test(authority)) {
    socket.end(answerLine(400, 'ask for host:port'));
    return;
  }
  const stream = gate.request({ ':method': 'CONNECT', ':authority': authority });
  stream.on('error', () => {}); // It closes after an error, which is told below.
  socket.once('close', () => stream.close());
  const headers = await responseOf(stream);
  const status = Number(headers?.[':status'] ?? 502);
  if (status !== 200) {
    socket.end(answerLine(status, String(headers?.['vitrine-reason'] ?? 'the gate is gone')));
    stream.close();
    return;
  }
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  if (head.length > 0) stream.write(head);
  // A tunnel that was cut is closed without an end: what has arrived is written, then the connection goes.
  stream.once('close', () => socket.end(() => socket.destroy()));
  await Promise.allSettled([pipeline(socket, stream), pipeline(stream, socket)]);
}

/** A request in plain http, in absolute form. */
async function forward(gate: ClientHttp2Session, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(request);
  if ('problem' in target) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(`${target.problem}\n`);
    return;
  }
  try {
    const stream = gate.request({ ':method': request.method ?? 'GET', ':scheme': 'http', ...target, ...passable(request.headers) }, { endStream: false });
    stream.on('error', () => {});
    response.once('close', () => stream.close());
    const sending = pipeline(request, stream).catch(() => {}); // The answer, or its absence, says what became of it.
    const headers = await responseOf(stream);
    if (headers === undefined) throw new Error('the gate is gone');
    response.writeHead(Number(headers[':status'] ?? 502), passable(headers));
    await pipeline(stream, response);
    await sending;
  } catch {
    if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' }).end('the gate of this desktop does not answer\n');
    else response.destroy();
  }
}

function targetOf({ url = '', rawHeaders, headers }: IncomingMessage): { readonly ':authority': string; readonly ':path': string } | { readonly problem: string } {
  const found = /^http:\/\/([^/?#@\s]+)(\/[^#\s]*)?$/i.exec(url);
  if (found === null) return { problem: 'this is a proxy: ask for http://host/path, or CONNECT host:port' };
  const [, authority = '', path = '/'] = found;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) return { problem: 'a request names its host once' };
  if (headers.host !== undefined && headers.host.toLowerCase() !== authority.toLowerCase()) return { problem: 'the Host header names another host than the request' };
  return { ':authority': authority, ':path': path };
}

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

function passable(headers: Headers): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined || name.startsWith(':') || ofConnection.has(name) ? [] : [[name, typeof value === 'number' ? String(value) : value]])));
}

async function responseOf(stream: ClientHttp2Stream): Promise<Headers | undefined> {
  const { promise, resolve } = Promise.withResolvers<Headers | undefined>();
  stream.once('response', (headers) => resolve(headers as Headers));
  stream.once('close', () => resolve(undefined));
  return await promise;
}

function answerLine(status: number, reason: string): string {
  return `HTTP/1.1 ${status} ${reason.replaceAll(/[^\x20-\x7e]/g, '?')}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}
