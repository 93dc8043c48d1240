import type { Agent, ClientRequest, IncomingMessage } from 'node:http';

const maxReplyBytes = 32 * 1024 * 1024;

type RequestTaker = { addRequest(request: ClientRequest, ...rest: unknown[]): void };

/**
 * Makes every request of an HTTP agent fail once its reply exceeds 32 MiB: dockerode collects replies without a bound.
 * A connection that was upgraded to a stream is not a reply. Returns the same agent.
 */
export function boundReplies<Given extends Agent>(agent: Given): Given {
  // `addRequest` is how Node's http hands a request to its agent; it is left out of the published types.
  const taker = agent as unknown as RequestTaker;
  const addRequest = taker.addRequest.bind(agent);
  taker.addRequest = (request, ...rest) => {
    request.once('response', (response) => bound(request, response));
    addRequest(request, ...rest);
  };
  return agent;
}

function bound(request: ClientRequest, response: IncomingMessage): void {
  if (/\/exec\/[^/]+\/start$/.test(request.path)) return;
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxReplyBytes) request.destroy(new Error(`the engine's reply exceeds ${maxReplyBytes} bytes`));
  });
}
