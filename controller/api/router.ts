import { join } from 'node:path';
import express from 'express';
import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { actor } from '../actor.ts';
import type { Access } from '../access/access.ts';
import { principalOf } from '../access/principal.ts';
import { noteRecognised } from '../access/recognised.ts';
import type { Tickets } from '../access/tickets.ts';
import type { Scope } from '../access/scopes.ts';
import { VitrineError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Audit } from './audit.ts';
import { routes } from './contract.ts';
import type { RouteKey, RouteSpec } from './contract.ts';
import { createConsoleFiles } from './console-files.ts';
import { askedBy, grantOf, nobody } from './credentials.ts';
import { failureReply } from './failure-reply.ts';
import type { Redactor } from '../redactor.ts';
import type { Context, Handlers } from './handler.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { onlyValue } from '../access/origins.ts';
import { readJsonBody, refuseContentEncoding } from '../access/json-body.ts';
import { send } from './reply.ts';
import type { Reply } from './reply.ts';
import { securityHeaders } from './security-headers.ts';
import { parsed } from './validation.ts';

/** Changes of desktops and their image that no run's journal tells are in the audit by their route. */
const audited: readonly Scope[] = ['desktops:create', 'desktops:release', 'files:write', 'programs:run', 'backup:restore', 'image:build'];
/** And these: two that change a desktop besides, and the one that carries everything away. */
const auditedRoutes: readonly RouteKey[] = ['PUT /api/desktops/{id}/clipboard', 'POST /api/desktops/{id}/control/end-process', 'GET /api/backup'];

/** They may end what asks them: they are answered all the same. */
const endingTheirAsker: readonly RouteKey[] = ['DELETE /api/session', 'DELETE /api/tokens/{id}'];

/** How the server ends: what runs for long is told by `closing`; nothing new begins once it is draining. */
type Ending = { readonly audit: Audit; readonly closing: AbortSignal; readonly isDraining: () => boolean; readonly redactor?: Redactor | undefined; readonly metrics: Metrics };

/** Who may come in, and by what. */
type Doors = { readonly access: Access; readonly tickets: Tickets };

/** What a request needs a right for that begins something new. */
const beginning: readonly Scope[] = ['desktops:create', 'desktops:act', 'files:write', 'programs:run', 'runs:create', 'image:build'];

/** No route has a query parameter that it does not name. */
const noQuery = z.strictObject({});

type AnyHandler = (request: { readonly params: unknown; readonly query: unknown; readonly body: unknown }, context: Context) => Promise<Reply<unknown>>;

/** The express application of the contract: every route checked, validated, answered, logged; all else refused in words. */
export function createRouter(handlers: Handlers, { access, tickets }: Doors, log: Logger, ending: Ending, gateway?: RequestHandler): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing').set('query parser', 'simple');
  app.use(counted(ending.metrics), logged(log), (_request, response, next) => {
    response.set(_request.secure ? { ...securityHeaders, 'strict-transport-security': 'max-age=31536000' } : securityHeaders);
    next();
  });
  if (gateway !== undefined) app.use('/v1', gateway);
  app.use((request, _response, next) => {
    access.admit(request.headersDistinct, request.url, request.method);
    next();
  });
  app.use(createConsoleFiles(join(import.meta.dirname, '../console/dist')));
  const methodsOf = new Map<string, string[]>();
  for (const [key, spec] of Object.entries(routes) as [RouteKey, RouteSpec][]) {
    const [method = '', path = ''] = key.split(' ');
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), method]);
    const serve = served(key, spec, handlers[key] as AnyHandler, { access, tickets }, ending);
    const pattern = expressPath(path);
    if (method === 'GET') app.get(pattern, serve);
    if (method === 'POST') app.post(pattern, serve);
    if (method === 'PUT') app.put(pattern, serve);
    if (method === 'DELETE') app.delete(pattern, serve);
  }
  for (const [path, allow] of methodsOf) app.all(expressPath(path), refusedMethod(access, path, allow));
  app.use((request) => {
    access.recognise(askedBy(request));
    throw new VitrineError('not_found', 'there is nothing at this path; GET /openapi.json lists what there is');
  });
  app.use(failureReply(log, ending.redactor));
  return app;
}

/** How long an event stream has to end by itself, which proxies pass on at once, before its connection is cut. */
const lastWordsMs = 1000;

/** Ends an answer whose asker may not have it any more. */
function cut(response: Response): void {
  if (response.getHeader('content-type')?.toString().startsWith('text/event-stream') !== true) response.destroy();
  else setTimeout(() => response.destroy(), lastWordsMs).unref();
}

/** A contract path as express writes it. */
function expressPath(path: string): string {
  return path.replace('{path}', '*path').replaceAll(/\{(\w+)\}/g, ':$1');
}

function served(key: RouteKey, spec: RouteSpec, handler: AnyHandler, { access, tickets }: Doors, { audit, closing, isDraining }: Ending): RequestHandler {
  return async (request, response, next) => {
    if (request.method === 'HEAD' && spec.scope !== 'open') {
      next();
      return;
    }
    response.locals['route'] = key;
    const grant = grantOf(key, spec, request, access, tickets);
    if (grant !== nobody) noteRecognised(request.socket);
    const leave = grant === nobody ? () => undefined : access.occupy(grant);
    const gone = new AbortController();
    const stop = () => cut(response);
    response.once('close', () => {
      leave();
      grant.ended.removeEventListener('abort', stop);
      gone.abort(new Error('the client has gone'));
    });
    if (isDraining() && beginning.includes(spec.scope)) throw new VitrineError('unavailable', 'the controller is stopping: ask again in a moment', { details: { retryAfterSeconds: 5 } });
    if (!endingTheirAsker.includes(key)) grant.ended.addEventListener('abort', stop, { once: true });
    const parts = {
      params: spec.params === undefined ? undefined : parsed(spec.params, pathParameters(request), 'path'),
      query: parsed(spec.query ?? noQuery, request.query, 'query'),
      body: await bodyOf(spec, request, gone.signal),
    };
    const context: Context = {
      principal: principalOf(grant),
      grant,
      isKnown: grant !== nobody,
      signal: gone.signal,
      lease: leaseOf(request),
      closing,
      accepts: (...types) => request.accepts(types) || undefined,
      message: request,
    };
    response.locals['principal'] = context.principal.name;
    const { name, project } = context.principal;
    if (grant !== nobody && (auditedRoutes.includes(key) || (request.method !== 'GET' && audited.includes(spec.scope)))) audit.record({ project, who: name, what: key, subject: pathParameters(request)['id'] ?? null });
    await actor.run({ name, address: access.addressOf(askedBy(request)) }, async () => send(response, await handler(parts, context), spec.status));
  };
}

const maxLeaseCharacters = 64;

function leaseOf(request: Request): string | undefined {
  const lease = onlyValue(request.headersDistinct, 'x-vitrine-lease');
  if (lease !== undefined && (lease === '' || lease.length > maxLeaseCharacters)) throw new VitrineError('invalid_request', 'the header X-Vitrine-Lease does not hold the id of a lease');
  return lease;
}

async function bodyOf(spec: RouteSpec, request: Request, signal: AbortSignal): Promise<unknown> {
  if (spec.body === 'bytes') {
    refuseContentEncoding(request);
    return undefined;
  }
  const sent = await readJsonBody(request, signal);
  if (spec.body !== undefined) {
    if (sent === undefined && spec.isBodyOptional !== true) throw new VitrineError('invalid_request', 'this request needs a JSON body');
    return parsed(spec.body, sent ?? {}, 'body');
  }
  if (sent !== undefined && JSON.stringify(sent) !== '{}') throw new VitrineError('invalid_request', 'this request takes no body');
  return undefined;
}

function pathParameters(request: Request): Record<string, string> {
  return Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]));
}

function refusedMethod(access: Access, path: string, allow: readonly string[]): RequestHandler {
  return (request) => {
    if (path.startsWith('/api/') || path === '/metrics') access.recognise(askedBy(request));
    throw new VitrineError('method_not_allowed', `${request.method} is not possible here: use ${allow.join(' or ')}`, { details: { allow } });
  };
}

/** What a request is counted under: a route of the contract, one of the gateway's, or neither. */
function counted(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const gatewayPath = /^\/v1\/(responses|chat\/completions|messages|models)(?:\/|$)/.exec(request.path)?.[1];
    metrics.begun(response, () => (gatewayPath === undefined ? (response.locals['route'] as RouteKey | undefined) ?? 'other' : `${request.method === 'POST' ? 'POST' : 'GET'} /v1/${gatewayPath}`));
    next();
  };
}

function logged(log: Logger): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const path = request.path.slice(0, 300);
    response.once('close', () => {
      const entry = { method: request.method, path, status: response.statusCode, ms: Math.round(performance.now() - began), principal: response.locals['principal'] as unknown };
      log.debug(response.writableFinished ? entry : { ...entry, isCut: true }, 'request');
    });
    next();
  };
}
