import { randomBytes } from 'node:crypto';
import { VitrineError } from '../errors.ts';
import type { Principal } from '../runs/runs.ts';
import { principalOf } from './principal.ts';
import { hashOf } from './tokens.ts';
import type { Grant } from './tokens.ts';

/** What a ticket opens: one event stream (of one run, or of all), or one live view of one desktop. */
export type TicketFor =
  | { readonly kind: 'events'; readonly runId?: string | undefined }
  | { readonly kind: 'view'; readonly desktopId: string; readonly mode: 'view' | 'control'; /** The lease of whoever is in control, for that mode. */ readonly lease?: string | undefined };

/** Where a ticket is presented, and the Origin that it is presented with; undefined if there is none. */
export type Presented =
  | { readonly kind: 'events'; readonly runId: string | undefined; readonly origin: string | undefined }
  | { readonly kind: 'view'; readonly desktopId: string; readonly origin: string | undefined };

/** What a ticket was worth: who asked for it, and what for. */
export type Redeemed<Kind extends TicketFor['kind']> = {
  readonly grant: Grant;
  readonly principal: Principal;
  readonly for: Extract<TicketFor, { kind: Kind }>;
  /** Aborted when the token is revoked or expires, or its session ends: what the ticket opened ends then. */
  readonly ended: AbortSignal;
};

/**
 * Stand-ins for a token where a browser cannot send one: each good for one use within 30 s, for one thing, for the web
 * origin that asked for it. Held in memory as hashes.
 */
export interface Tickets {
  /** Makes a ticket for something that `grant` may have; whoever calls has checked that. `origin` is the asker's, undefined outside browsers. Throws `too_many_requests`. */
  issue(grant: Grant, wanted: TicketFor, origin: string | undefined): { readonly ticket: string; readonly expiresAt: number };
  /** Uses a ticket up, wherever it is presented. Undefined unless it is for exactly this, its time is not over, and its token or session has not ended. */
  redeem<Kind extends TicketFor['kind']>(ticket: string, at: Extract<Presented, { kind: Kind }>): Redeemed<Kind> | undefined;
}

/** What begins every ticket, so that scanners for leaked secrets can know it. */
const prefix = 'vt_';
const lifeMs = 30_000;
/** Unused tickets of one token at a time. */
const maxPerName = 100;

type Kept = { readonly grant: Grant; readonly wanted: TicketFor; readonly origin: string | undefined; readonly expiresAt: number };

/** Tickets for as long as the process lives. */
export function createTickets(now: () => number = Date.now): Tickets {
  const kept = new Map<string, Kept>();
  const dropOld = () => {
    for (const [hash, { expiresAt, grant }] of kept) if (expiresAt <= now() || grant.ended.aborted) kept.delete(hash);
  };
  return {
    issue(grant, wanted, origin) {
      dropOld();
      const unused = kept.values().filter((one) => one.grant.name === grant.name).toArray().length;
      if (unused >= maxPerName) throw new VitrineError('too_many_requests', `the token ${grant.name} has ${maxPerName} unused tickets: use them, or wait until they end`, { details: { retryAfterSeconds: lifeMs / 1000 } });
      const ticket = `${prefix}${randomBytes(32).toString('base64url')}`;
      const expiresAt = now() + lifeMs;
      kept.set(keyOf(ticket), { grant, wanted, origin, expiresAt });
      return { ticket, expiresAt };
    },
    redeem<Kind extends TicketFor['kind']>(ticket: string, at: Extract<Presented, { kind: Kind }>): Redeemed<Kind> | undefined {
      const key = keyOf(ticket);
      const found = kept.get(key);
      kept.delete(key);
      if (found === undefined || found.expiresAt <= now() || found.grant.ended.aborted) return undefined;
      if (!isFor(found, at)) return undefined;
      return { grant: found.grant, principal: principalOf(found.grant), for: found.wanted as Redeemed<Kind>['for'], ended: found.grant.ended };
    },
  };
}

/** By its hash: how long a look takes tells nothing about the ticket. */
function keyOf(ticket: string): string {
  return hashOf(ticket).toString('hex');
}

/** Browsers name their origin to a WebSocket, and leave it out where they get something from their own site. */
function isFor({ wanted, origin }: Kept, at: Presented): boolean {
  if (wanted.kind === 'events') return at.kind === 'events' && wanted.runId === at.runId && (at.origin === undefined || at.origin === origin);
  return at.kind === 'view' && wanted.desktopId === at.desktopId && at.origin === origin;
}
