import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { printResponse } from '../dialects/openai-responses/printed-response.ts';
import type { OutputItem } from '../dialects/openai-responses/printed-response.ts';
import { readRequest } from '../dialects/openai-responses/received-request.ts';
import type { ReceivedRequest } from '../dialects/openai-responses/received-request.ts';
import { invalidRequest, printProblem } from '../dialects/openai-responses/vendor-problem.ts';
import type { VendorProblem } from '../dialects/openai-responses/vendor-problem.ts';
import { createScreenReader } from './read-screen.ts';
import type { ScreenReader } from './read-screen.ts';
import { rehearseTurn } from './rehearsal-turn.ts';
import { loadScripts } from './script.ts';
import type { Script } from './script.ts';

/*
 * The scripted model, as a server of the Responses API on the loopback interface:
 *
 *   → POST /v1/responses { model: 'rehearsal', input: [ task + picture ], tools: [{ type: 'computer' }] }
 *   ← reasoning (its state), computer_call
 *   → … the same, and reasoning, computer_call, computer_call_output with a picture, which it reads
 *   ← message: what it read
 */

export type RehearsalOptions = {
  readonly log: Logger;
  /** More folders with scripts (*.json), asked before the built-in ones. */
  readonly scriptFolders?: readonly string[];
};

/** A running rehearsal server. */
export type Rehearsal = {
  /** `http://127.0.0.1:port`, without the version. */
  readonly url: string;
  close(): Promise<void>;
};

/** The only model that this server has. */
const modelName = 'rehearsal';
const maxBodyBytes = 256 * 1024 * 1024;

/** Starts the server on a free port of 127.0.0.1. Throws for a script that cannot be read. */
export async function startRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const folders = [...(options.scriptFolders ?? []), join(import.meta.dirname, 'scripts')];
  const scripts = (await Promise.all(folders.map(loadScripts))).flat();
  const reader = createScreenReader();
  const server = createServer((request, response) => {
    void respond(request, response, scripts, reader, options.log);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the rehearsal server has no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => close(server, reader) };
}

async function close(server: Server, reader: ScreenReader): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  await reader[Symbol.asyncDispose]();
}

async function respond(request: IncomingMessage, response: ServerResponse, scripts: readonly Script[], reader: ScreenReader, log: Logger): Promise<void> {
  const startedAt = performance.now();
  const requestId = `req_${randomUUID().replaceAll('-', '')}`;
  try {
    const answer = await route(request, scripts, reader);
    log.debug({ requestId, method: request.method, path: request.url, status: answer.status, ms: Math.round(performance.now() - startedAt) }, 'rehearsal answered');
    send(response, requestId, answer);
  } catch (error) {
    log.error({ requestId, err: error }, 'rehearsal failed');
    send(response, requestId, problemAnswer({ status: 500, type: 'server_error', code: null, param: null, message: `The rehearsal failed: ${error instanceof Error ? error.message : 'see the log'}` }));
  }
}

type Answer = { readonly status: number; readonly body: unknown };

async function route(request: IncomingMessage, scripts: readonly Script[], reader: ScreenReader): Promise<Answer> {
  const path = new URL(request.url ?? '/', 'http://rehearsal').pathname;
  /* Any key does, but there must be one: no page in a browser can send it without asking first. */
  if (!/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
    return problemAnswer({ status: 401, type: 'invalid_request_error', code: 'invalid_api_key', param: null, message: 'You did not provide an API key: send any in an Authorization header.' });
  }
  if (request.method === 'GET' && path === '/v1/models') {
    return { status: 200, body: { object: 'list', data: [{ id: modelName, object: 'model', created: 0, owned_by: 'vitrine' }] } };
  }
  if (request.method === 'POST' && path === '/v1/responses') return createResponse(await readBody(request), scripts, reader);
  return problemAnswer({ status: 404, type: 'invalid_request_error', code: 'unknown_url', param: null, message: `Unknown request URL: ${request.method ?? ''} ${path}. The rehearsal model answers POST /v1/responses.` });
}

async function createResponse(body: string | null, scripts: readonly Script[], reader: ScreenReader): Promise<Answer> {
  if (body === null) return problemAnswer({ ...invalidRequest(`Request body over ${maxBodyBytes} bytes.`), status: 413 });
  const json = parseJson(body);
  if (json === undefined) return problemAnswer(invalidRequest('We could not parse the JSON body of your request.'));
  const read = readRequest(json);
  if ('problem' in read) return problemAnswer(read.problem);
  const { request } = read;
  const unsupported = whyUnsupported(request);
  if (unsupported !== undefined) return problemAnswer(unsupported);
  const turn = await rehearseTurn(scripts, request, reader);
  if ('problem' in turn) return problemAnswer(turn.problem);
  return { status: 200, body: printTurn(request, turn.output, body.length) };
}

function whyUnsupported(request: ReceivedRequest): VendorProblem | undefined {
  if (request.model !== modelName) {
    return { status: 404, type: 'invalid_request_error', code: 'model_not_found', param: 'model', message: `The model '${request.model}' does not exist here: this server has '${modelName}'.` };
  }
  if (request.previousResponseId !== null) {
    return invalidRequest(`Previous response with id '${request.previousResponseId}' not found. The rehearsal model stores nothing: send the whole history.`, 'previous_response_id', 'previous_response_not_found');
  }
  if (request.stream) return invalidRequest('The rehearsal model does not stream.', 'stream', 'unsupported_value');
  if (!request.toolTypes.includes('computer')) return invalidRequest("The rehearsal model needs the tool {'type':'computer'}.", 'tools', 'missing_required_parameter');
  return undefined;
}

/** Tokens are an estimate by size: four characters or 500 bytes of picture count as one. */
function printTurn(request: ReceivedRequest, output: readonly OutputItem[], bodyLength: number): unknown {
  return printResponse({
    id: `resp_${randomUUID().replaceAll('-', '')}`,
    createdAt: Math.floor(Date.now() / 1000),
    model: modelName,
    output,
    usage: { inputTokens: Math.ceil(bodyLength / 500), cachedInputTokens: 0, outputTokens: Math.ceil(JSON.stringify(output).length / 4), reasoningTokens: 0 },
    echo: request.echo,
    metadata: request.metadata,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The body as text; null if it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBodyBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function problemAnswer(problem: VendorProblem): Answer {
  return { status: problem.status, body: printProblem(problem) };
}

function send(response: ServerResponse, requestId: string, answer: Answer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { 'content-type': 'application/json', 'x-request-id': requestId, ...(answer.status >= 500 ? { 'x-should-retry': 'false' } : {}) });
  response.end(JSON.stringify(answer.body));
}
