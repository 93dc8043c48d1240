import { z } from 'zod';
import { NamedScope } from '../access/scopes.ts';

const id = z.string().min(1).max(128);

/** Signs a browser in. */
export const SignIn = z.strictObject({ token: z.string().min(1).max(1024) }).meta({ id: 'SignIn' });

/** Who asks. `session`: the browser session that asks, and when it ends; null for a token. */
export const Me = z.strictObject({
  name: z.string(),
  project: z.string(),
  scopes: z.array(NamedScope),
  /** Whether it may decide approvals of runs that it started itself, where it may decide at all. */
  mayDecideOwn: z.boolean(),
  session: z.strictObject({ expiresAt: z.int() }).nullable(),
}).meta({ id: 'Me' });

/** What a ticket is to open. `lease`: of the person in control, for that mode. */
export const TicketRequest = z.discriminatedUnion('for', [
  z.strictObject({ for: z.literal('events'), run: id.optional() }),
  z.discriminatedUnion('mode', [
    z.strictObject({ for: z.literal('view'), desktop: id, mode: z.literal('view') }),
    z.strictObject({ for: z.literal('view'), desktop: id, mode: z.literal('control'), lease: z.string().min(16).max(64) }),
  ]),
]).meta({ id: 'TicketRequest' });

/** A ticket: good for one use until then, from the web origin that asked for it. */
export const MadeTicket = z.strictObject({ ticket: z.string(), expiresAt: z.int() }).meta({ id: 'MadeTicket' });
