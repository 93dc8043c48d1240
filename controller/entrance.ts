import { answerLast } from './api/last-answer.ts';
import { listen } from './api/server.ts';
import type { Api, ApiServer } from './api/server.ts';

/** The listening server of a controller. It stays while the API behind it is exchanged. */
export interface Entrance {
  /** Answers with this API from now on; listens, the first time. Rejects when the address is taken. */
  open(api: Api): Promise<ApiServer>;
  /** Ends the streams of the API, and refuses everything with this reason until the next `open`. */
  shut(reason: string): void;
}

/** An entrance at an address. */
export function createEntrance(address: { readonly host: string; readonly port: number }, tls?: { readonly cert: string; readonly key: string }): Entrance {
  let current: Api = refusing('the controller starts');
  let server: ApiServer | undefined;
  return {
    async open(api) {
      current = api;
      server ??= await listen({ handler: (request, response) => current.handler(request, response), upgrade: (request, socket, head) => current.upgrade(request, socket, head), endStreams: () => current.endStreams() }, address, tls);
      return server;
    },
    shut(reason) {
      const before = current;
      current = refusing(reason);
      before.endStreams();
    },
  };
}

function refusing(message: string): Api {
  const body = JSON.stringify({ error: { code: 'unavailable', message } });
  return {
    handler: (request, response) => {
      request.resume();
      response.writeHead(503, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'retry-after': '2' }).end(body);
    },
    upgrade: (_request, socket) => answerLast(socket, '503 Service Unavailable', body),
    endStreams: () => {},
  };
}
