import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';

export type ReplyHeaders = Readonly<Record<string, string>>;

/** What a handler answers: JSON, nothing, bytes at hand, or bytes as they come. */
export type Reply<Body> =
  | { readonly kind: 'json'; readonly body: Body; readonly status?: number; readonly headers?: ReplyHeaders }
  | { readonly kind: 'nothing'; readonly status?: number; readonly headers?: ReplyHeaders }
  | { readonly kind: 'bytes'; readonly type: string; readonly bytes: Uint8Array; readonly headers?: ReplyHeaders }
  | { readonly kind: 'stream'; readonly type: string; readonly chunks: AsyncIterable<string | Uint8Array>; readonly headers?: ReplyHeaders };

/** JSON as the answer; `status` if it is not the route's own. */
export function json<Body>(body: Body, options: { readonly status?: number; readonly headers?: ReplyHeaders } = {}): Reply<Body> {
  return { kind: 'json', body, ...options };
}

/** How long a stream waits for a client that takes nothing of it. */
const maxStallMs = 120_000;

/**
 * Sends a reply. A stream that fails midway cuts the connection, so that nobody takes a part for the whole; so does a
 * client that takes nothing for `stallMs`: what is held for its stream, such as the files of a backup, is let go.
 */
export async function send(response: ServerResponse, reply: Reply<unknown>, status: number, stallMs = maxStallMs): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.kind === 'nothing') {
    response.writeHead(reply.status ?? status).end();
    return;
  }
  if (reply.kind === 'json') {
    const text = JSON.stringify(reply.body);
    response.writeHead(reply.status ?? status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text);
    return;
  }
  if (reply.kind === 'bytes') {
    response.writeHead(status, { 'content-type': reply.type, 'content-length': reply.bytes.byteLength }).end(reply.bytes);
    return;
  }
  response.writeHead(status, { 'content-type': reply.type });
  response.flushHeaders();
  response.setTimeout(stallMs, () => {
    if (response.writableNeedDrain) response.destroy(new Error(`the client took nothing for ${stallMs} ms`));
  });
  await pipeline(Readable.from(reply.chunks, { objectMode: true }), response);
}
