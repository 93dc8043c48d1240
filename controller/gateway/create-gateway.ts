import { randomBytes } from 'node:crypto';
import express from 'express';
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express';
import { actor } from '../actor.ts';
import type { Access } from '../access/access.ts';
import { readJsonBody } from '../access/json-body.ts';
import { onlyValue } from '../access/origins.ts';
import { noteRecognised } from '../access/recognised.ts';
import type { Scope } from '../access/scopes.ts';
import { VitrineError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Models } from '../models/model.ts';
import type { Redactor } from '../redactor.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { beginSegment } from './begin-segment.ts';
import { deleteResponse } from './delete-response.ts';
import { deliverBody, deliverStream, describe } from './deliver.ts';
import { isDeleted } from './deletion-mark.ts';
import { recallMessages } from './message-text.ts';
import { refusal, uncountable } from './failures.ts';
import { printModel, printModels } from './models-list.ts';
import { modeOf, passThrough } from './pass-through.ts';
import { readDirections, refuseBeyondNetwork } from './run-directions.ts';
import type { RunDirections } from './run-directions.ts';
import { createRunClients } from './run-clients.ts';
import type { GatewayLimits } from './run-request.ts';
import { listInputItems } from './input-items.ts';
import { streamAfter } from './stream-after.ts';
import { segmentOfResponse } from './segment.ts';
import type { Segment } from './segment.ts';
import { createSegmentReader } from './segment-reader.ts';
import { SuppliedDesktops } from './supplied-desktops.ts';
import type { DesktopSupply } from './supplied-desktops.ts';
import { endpoints, mannerOf, responses } from './vendor.ts';
import type { Endpoint } from './vendor.ts';

/*
 * OpenAI's and Anthropic's request shapes over the same runs as the API's:
 *
 *   → POST /v1/chat/completions { model, tools: [{ type: 'computer_20241022', … }], messages: [task] }
 *     a run is created; its desktop, loop and safety checks are here
 *   ← { choices: [{ message: the run's answer }] }, x-vitrine-run, x-vitrine-desktop
 */

export type GatewayOptions = {
  readonly runs: Runs;
  readonly models: Models;
  /** For callers with a loop of their own. */
  readonly desktops: DesktopSupply;
  readonly access: Access;
  readonly log: Logger;
  readonly redactor?: Redactor | undefined;
  /** Writes down for the audit that a desktop is about to be launched. */
  readonly recordLaunch?: ((desktopId: string, by: Principal) => void) | undefined;
  readonly limits?: Partial<GatewayLimits>;
  /** How long a run waits for a client that comes back. */
  readonly graceMs?: number;
  readonly keepAliveMs?: number;
  /** How long a desktop is kept that a caller with a loop of its own does not use. */
  readonly idleMs?: number;
  /** Between two looks for such desktops. */
  readonly sweepMs?: number;
};

/** How long a cancelled run is waited for before its response is shown. */
const maxCancelMs = 15_000;

/** The gateway, to be mounted at /v1. `endStreams` lets its clients go and leaves their runs alone. */
export type Gateway = { readonly handler: Router; readonly endStreams: () => void };

/** Largest body, in bytes: pictures travel in it. */
const maxBodyBytes = 64 * 1024 * 1024;
const defaultLimits: GatewayLimits = { keepForMs: 120_000, approvalTimeoutMs: 480_000 };

/** The gateway over its ports. */
export function createGateway(options: GatewayOptions): Gateway {
  const { runs, models, desktops, access, log, graceMs = 20_000, keepAliveMs = 15_000, idleMs = 600_000, sweepMs = 15_000 } = options;
  const closing = new AbortController();
  const clients = createRunClients({ runs, log, graceMs });
  const supplied = new SuppliedDesktops({ desktops, runs, log, idleMs, sweepMs, recordLaunch: options.recordLaunch });
  const router = express.Router({ caseSensitive: true, strict: false });
  const begin = { runs, models, limits: { ...defaultLimits, ...options.limits } };

  const serve = (endpoint: Endpoint) => route(access, 'runs:create', async (request, response, by, gone) => {
    const body = await readJsonBody(request, gone, maxBodyBytes);
    const mode = modeOf(headerOf(request, 'x-vitrine-mode'), body);
    const directions = readDirections((name) => headerOf(request, name), body, (scope) => void grantOf(access, request, scope));
    if (mode === 'pass-through') {
      grantOf(access, request, 'desktops:create');
      refuseBeyondNetwork(directions);
      const ask = { endpoint: endpoint.name, body, by, network: directions.network, headerOf: (name: string) => headerOf(request, name) };
      return await passThrough(response, ask, { models, supplied }, AbortSignal.any([gone, closing.signal]));
    }
    const read = endpoint.read(body, await recallMessages(runs, endpoint.references(body), by, gone));
    if ('problem' in read) throw refusal(read.problem.message, read.problem.param, read.problem.code);
    const task = read.received;
    const segment = beginSegment({
      task, directions, endpoint: endpoint.name, by, content: contentOf(body, directions), idempotencyKey: headerOf(request, 'idempotency-key'),
      isRetry: Number(headerOf(request, 'x-stainless-retry-count') ?? 0) > 0, desktopId: headerOf(request, 'x-vitrine-desktop'),
    }, begin);
    const reader = createSegmentReader(runs, segment, by, originOf(request));
    const leave = clients.join(segment.runId, by, task.background);
    try {
      const delivery = { endpoint, stream: endpoint.stream(task), runs, read: reader, keepAliveMs, signal: AbortSignal.any([gone, closing.signal]) };
      if (task.background && !task.stream) sendNow(response, endpoint, reader());
      else await (task.stream ? deliverStream(response, delivery) : deliverBody(response, delivery));
    } finally {
      leave();
    }
  });
  const stored = (scope: Scope, work: (segment: Segment, by: Principal, request: Request, response: Response, gone: AbortSignal) => void | Promise<void>) => route(access, scope, async (request, response, by, gone) => {
    const segment = segmentOfResponse(String(request.params['id']));
    if (isDeleted(runs, segment, by)) throw new VitrineError('not_found', `Response with id '${String(request.params['id'])}' not found.`);
    await work(segment, by, request, response, gone);
  });
  const sendStored = (segment: Segment, by: Principal, request: Request, response: Response) => {
    sendNow(response, responses, createSegmentReader(runs, segment, by, originOf(request))());
  };

  router.use(prepared(access));
  for (const endpoint of endpoints) router.post(endpoint.path, serve(endpoint));
  router.get('/models', route(access, 'models:read', async (request, response) => void response.json(printModels(models.list(), isAnthropic(request)))));
  router.get('/models/:id', route(access, 'models:read', async (request, response) => void response.json(printModel(models, String(request.params['id']), isAnthropic(request)))));
  router.post(['/messages/count_tokens', '/responses/input_tokens'], route(access, 'models:read', async () => {
    throw uncountable();
  }));
  router.get('/responses/:id', stored('runs:read', async (segment, by, request, response, gone) => {
    if (request.query['stream'] !== 'true') return sendStored(segment, by, request, response);
    const stream = streamAfter(responses.stream(), request.query['starting_after']);
    await deliverStream(response, { endpoint: responses, stream, runs, read: createSegmentReader(runs, segment, by, originOf(request)), keepAliveMs, signal: AbortSignal.any([gone, closing.signal]) });
  }));
  router.get('/responses/:id/input_items', stored('runs:read', async (segment, by, request, response, gone) => void response.json(await listInputItems(runs, segment, by, request.query, gone))));
  router.post('/responses/:id/cancel', stored('runs:control', async (segment, by, request, response) => {
    createSegmentReader(runs, segment, by, originOf(request))();
    runs.cancel(segment.runId, 'cancelled through the gateway', by);
    /* An action in flight is let end first; one that takes long is seen as under way by whoever asks. */
    await runs.ended(segment.runId, by, AbortSignal.timeout(maxCancelMs)).catch(() => undefined);
    sendStored(segment, by, request, response);
  }));
  router.delete('/responses/:id', stored('runs:control', async (segment, by, request, response) => {
    createSegmentReader(runs, segment, by, originOf(request))();
    await deleteResponse(runs, segment, by, log);
    response.json({ id: String(request.params['id']), object: 'response', deleted: true });
  }));
  router.use((request) => {
    grantOf(access, request, 'open');
    throw new VitrineError('not_found', `Unknown request URL: ${request.method} /v1${request.path.slice(0, 200)}.`);
  });
  router.use(failed(log, options.redactor));
  return {
    handler: router,
    endStreams() {
      clients.close();
      supplied.close();
      closing.abort(new Error('Vitrine is stopping'));
    },
  };
}

type Work = (request: Request, response: Response, by: Principal, gone: AbortSignal) => Promise<void>;

/** Work for whoever has the scope. Its signal is given when the client has gone. */
function route(access: Access, scope: Scope, work: Work): RequestHandler {
  return async (request, response) => {
    const grant = grantOf(access, request, scope);
    noteRecognised(request.socket);
    const leave = access.occupy(grant);
    const { name, project, mayDecideOwn, scopes, ended } = grant;
    response.locals['principal'] = name;
    const stop = () => response.destroy();
    ended.addEventListener('abort', stop, { once: true });
    const gone = new AbortController();
    response.once('close', () => {
      leave();
      ended.removeEventListener('abort', stop);
      gone.abort(new Error('the client has gone'));
    });
    const address = access.addressOf({ headers: request.headersDistinct, address: request.socket.remoteAddress ?? '' });
    await actor.run({ name, address }, () => work(request, response, { name, project, mayDecideOwn, mayUseSecrets: scopes.has('secrets:use') }, gone.signal));
  };
}

function grantOf(access: Access, request: Request, scope: Scope) {
  const grant = access.authenticate(request.headersDistinct, request.socket.remoteAddress ?? '');
  access.authorize(grant, scope);
  return grant;
}

/** Before anything is read of a request: its name for support, and whether it may come from where it comes from. */
function prepared(access: Access): RequestHandler {
  return (request, response, next) => {
    const requestId = `req_${randomBytes(12).toString('hex')}`;
    response.locals['requestId'] = requestId;
    response.set(mannerOf(request.path, isAnthropic(request)).requestIdHeader, requestId);
    access.admit(request.headersDistinct, request.url);
    next();
  };
}

function sendNow(response: Response, endpoint: Endpoint, reading: ReturnType<ReturnType<typeof createSegmentReader>>): void {
  describe(response, reading);
  response.json(endpoint.print(reading.answer));
}

/** Answers whatever was thrown in the shape of the vendor whose client asks. */
function failed(log: Logger, redactor?: Redactor): ErrorRequestHandler {
  return (reason: unknown, request, response, _next) => {
    const failure = reason instanceof URIError ? new VitrineError('invalid_request', 'the path is not a valid URI', { cause: reason }) : VitrineError.from(reason);
    if (failure.status >= 500 && !request.socket.destroyed) log.error({ err: failure, cause: failure.cause, method: request.method, path: request.path }, 'a request to the gateway failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { details } = failure;
    if (details?.['isFinal'] === true || failure.status === 409) response.set('x-should-retry', 'false');
    if (typeof details?.['runId'] === 'string') response.set('x-vitrine-run', details['runId']);
    if (typeof details?.['retryAfterSeconds'] === 'number') response.set('retry-after', String(details['retryAfterSeconds']));
    if (failure.status === 401) response.set('www-authenticate', 'Bearer realm="vitrine"');
    if (!request.complete) response.set('connection', 'close');
    const body = mannerOf(request.path, isAnthropic(request)).printFailure(failure, String(response.locals['requestId']));
    response.status(failure.status).json(redactor?.data(body) ?? body);
  };
}

/** What makes two requests equal. */
function contentOf(body: unknown, directions: RunDirections): string {
  return `${JSON.stringify(body)}${Object.keys(directions).length === 0 ? '' : JSON.stringify(directions)}`;
}

function isAnthropic(request: Request): boolean {
  return request.headers['anthropic-version'] !== undefined;
}

function headerOf(request: Request, name: string): string | undefined {
  return onlyValue(request.headersDistinct, name);
}

/** Under which address this client sees Vitrine. Its Host was checked. */
function originOf(request: Request): string {
  return `${request.secure ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`;
}
