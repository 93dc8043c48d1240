import type { IncomingMessage } from 'node:http';
import type { Access } from '../../access/access.ts';
import { onlyValue } from '../../access/origins.ts';
import { principalOf } from '../../access/principal.ts';
import type { Tickets } from '../../access/tickets.ts';
import { VitrineError } from '../../errors.ts';
import type { Principal } from '../../runs/runs.ts';

/** Who wants to see a desktop, and whether to give input too. */
export type ViewRequest = {
  readonly desktopId: string;
  readonly principal: Principal;
  readonly mode: 'view' | 'control';
  /** The lease of the person in control; always there in mode `control`. */
  readonly lease: string | undefined;
  /** Aborted when the token or the session that asked ends. */
  readonly ended: AbortSignal;
};

/** The subprotocol that is spoken: RFB in binary messages. A browser's ticket travels beside it, out of URLs and logs. */
export const viewProtocol = 'vitrine.v1';
const ticketPrefix = 'ticket.';
const path = /^\/api\/desktops\/([^/?#]{1,128})\/view(?:\?|$)/;
const maxLeaseCharacters = 64;

/** Whether a request for an upgrade is one for a live view. */
export function isForView(url: string): boolean {
  return path.test(url);
}

/**
 * Who asks for which view: by the ticket among the subprotocols, or as programs do by token, with `?mode=control` and the
 * lease in X-Vitrine-Lease. Throws `invalid_request`, `unauthorized`, `forbidden`, `misdirected_request`, `too_many_requests`.
 */
export function readViewRequest({ access, tickets }: { readonly access: Access; readonly tickets: Tickets }, request: IncomingMessage): ViewRequest {
  const { headersDistinct: headers, url = '' } = request;
  access.admit(headers, url);
  const desktopId = decoded(path.exec(url)?.[1] ?? '');
  const offered = (onlyValue(headers, 'sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  if (!offered.includes(viewProtocol)) throw new VitrineError('invalid_request', `the live view speaks the WebSocket subprotocol ${viewProtocol}: offer it`);
  const ticket = offered.find((one) => one.startsWith(ticketPrefix))?.slice(ticketPrefix.length);
  const asked = ticket === undefined ? byToken(access, request, url) : byTicket(tickets, ticket, desktopId, onlyValue(headers, 'origin'));
  access.authorize(asked.grant, asked.mode === 'control' ? 'control:take' : 'desktops:read');
  if (asked.mode === 'control' && asked.lease === undefined) throw new VitrineError('invalid_request', 'giving input needs the lease of whoever is in control: take control first');
  return { desktopId, principal: principalOf(asked.grant), mode: asked.mode, lease: asked.lease, ended: asked.grant.ended };
}

type Asked = Pick<ViewRequest, 'mode' | 'lease'> & { readonly grant: Parameters<Access['authorize']>[0] };

function byTicket(tickets: Tickets, ticket: string, desktopId: string, origin: string | undefined): Asked {
  const redeemed = tickets.redeem<'view'>(ticket, { kind: 'view', desktopId, origin });
  if (redeemed === undefined) throw new VitrineError('unauthorized', 'this ticket is not good for this view: it was used, it is older than 30 s, or it was made for something else; ask for another');
  return { grant: redeemed.grant, mode: redeemed.for.mode, lease: redeemed.for.lease };
}

function byToken(access: Access, { headersDistinct: headers, socket }: IncomingMessage, url: string): Asked {
  const grant = access.authenticate(headers, socket.remoteAddress ?? '');
  const mode = new URL(url, 'http://vitrine').searchParams.get('mode') ?? 'view';
  if (mode !== 'view' && mode !== 'control') throw new VitrineError('invalid_request', 'mode is view or control');
  const lease = onlyValue(headers, 'x-vitrine-lease');
  if (lease !== undefined && (lease === '' || lease.length > maxLeaseCharacters)) throw new VitrineError('invalid_request', 'the header X-Vitrine-Lease does not hold the id of a lease');
  return { grant, mode, lease };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new VitrineError('invalid_request', 'the path holds a broken escape', { cause });
  }
}
