import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { Access } from '../access/access.ts';
import type { Asked } from '../access/browser-request.ts';
import type { Tickets } from '../access/tickets.ts';
import { endSignal } from '../access/tokens.ts';
import type { Grant } from '../access/tokens.ts';
import { VitrineError } from '../errors.ts';
import type { RouteKey, RouteSpec } from './contract.ts';

/** Whoever does not have to say who he is, and does not. */
export const nobody: Grant = { name: 'anonymous', project: '', scopes: new Set(), mayDecideOwn: false, ended: endSignal().signal };

/** Event streams: an EventSource can send neither a token nor, from elsewhere than a page of Vitrine's own, a cookie. */
const takingTickets: readonly RouteKey[] = ['GET /api/events', 'GET /api/runs/{id}/events'];

/** A request as access looks at it. */
export function askedBy(message: IncomingMessage): Asked {
  return { method: message.method ?? '', headers: message.headersDistinct, address: message.socket.remoteAddress ?? '' };
}

/** Who asks a route, by token, cookie or ticket, and may. Throws as Access, and `unauthorized` for a ticket that opens nothing here. */
export function grantOf(key: RouteKey, spec: RouteSpec, request: Request, access: Access, tickets: Tickets): Grant {
  if (spec.scope === 'open') return access.recogniseIfSaid(askedBy(request)) ?? nobody;
  const { ticket } = request.query;
  const grant = typeof ticket === 'string' && takingTickets.includes(key) ? grantByTicket(ticket, request, tickets) : access.recognise(askedBy(request));
  access.authorize(grant, spec.scope);
  return grant;
}

function grantByTicket(ticket: string, request: Request, tickets: Tickets): Grant {
  const { authorization, origin, 'x-api-key': apiKey } = request.headers;
  if (authorization !== undefined || apiKey !== undefined) throw new VitrineError('invalid_request', 'a token and a ticket came together: send one of them');
  if (request.accepts('application/json', 'text/event-stream') !== 'text/event-stream') throw new VitrineError('invalid_request', 'a ticket opens an event stream: send Accept: text/event-stream');
  const { id } = request.params;
  const redeemed = tickets.redeem<'events'>(ticket, { kind: 'events', runId: typeof id === 'string' ? id : undefined, origin });
  if (redeemed === undefined) throw new VitrineError('unauthorized', 'this ticket is used, older than 30 s, or for something else: ask POST /api/tickets for another');
  return redeemed.grant;
}
