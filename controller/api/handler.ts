import type { IncomingMessage } from 'node:http';
import type { Grant } from '../access/tokens.ts';
import type { Principal } from '../runs/runs.ts';
import type { AnswerOf, RequestOf, RouteKey } from './contract.ts';
import type { Reply } from './reply.ts';

/** What a handler knows of a request besides its validated parts. */
export type Context = {
  readonly principal: Principal;
  /** By what he asks; without any right on routes that need none, if nothing was sent. */
  readonly grant: Grant;
  /** Whether the request came with a valid token or cookie; always true except on routes that need none. */
  readonly isKnown: boolean;
  /** The lease by which a person in control asks, from the header X-Vitrine-Lease. */
  readonly lease: string | undefined;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Aborted when the server closes: streams and waits end. */
  readonly closing: AbortSignal;
  /** The best of these media types for the client; undefined if it accepts none of them. */
  readonly accepts: (...types: string[]) => string | undefined;
  /** The request itself: headers, and the body of routes that take bytes. */
  readonly message: IncomingMessage;
};

/** The code behind one route: it translates between HTTP and the ports, and decides nothing. */
export type Handler<Key extends RouteKey> = (request: RequestOf<Key>, context: Context) => Promise<Reply<AnswerOf<Key>>>;

/** Handlers by route. */
export type Handlers<Keys extends RouteKey = RouteKey> = { readonly [Key in Keys]: Handler<Key> };

/** The keys of the routes under a path. */
export type RoutesUnder<Prefix extends string> = Extract<RouteKey, `${string} ${Prefix}${string}`>;
