import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Seen = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Record<string, unknown>; readonly at: number };

/** One way for a server to answer a request. */
export type Reply = (response: ServerResponse) => void;

/** A server on a free port that answers with the given replies in turn, the last one for ever, and keeps what it saw. */
export async function startVendor(...replies: Reply[]): Promise<AsyncDisposable & { readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      seen.push({ path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) as Record<string, unknown>, at: performance.now() });
      replies[Math.min(seen.length, replies.length) - 1]?.(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export function vendorError(status: number, message: string, code: string | null = null, headers: Record<string, string> = {}): Reply {
  return json(status, { error: { message, type: 'x', param: null, code } }, headers);
}

export function finalAnswer(text: string): Reply {
  return json(200, { id: 'resp_1', object: 'response', status: 'completed', output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }] });
}
