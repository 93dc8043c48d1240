import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SessionTable, StoredSession } from '../journal/session-table.ts';
import { endSignal, hashOf } from './tokens.ts';
import type { Grant, Tokens } from './tokens.ts';

/** How long a browser stays signed in. */
export const sessionMs = 8 * 3_600_000;
/** Browsers that one token may sign in with at a time; the next ends the oldest. */
const maxPerToken = 20;
const prefix = 'vts_';

/** Browsers that are signed in. A session can do what its token can, and ends with it. Changes are durable when a method returns. */
export interface Sessions {
  /** Signs in with a valid token; `secret` is the cookie's value, kept as a hash only. */
  open(token: Grant): { readonly secret: string; readonly grant: Grant };
  /** Whom a cookie's value belongs to; undefined if its session or its token has ended. */
  find(secret: string): Grant | undefined;
  /** Ends a session at once, with everything that it holds open. */
  end(id: string, reason: string): void;
}

/** `base` is the token's grant once the session has shown that it is still the token that signed in. */
type Entry = { readonly stored: StoredSession; readonly end: AbortController; grant?: Grant; readonly timer: NodeJS.Timeout };

/** The sessions of the journal, over the tokens that they belong to. They outlast a restart. */
export function createSessions(table: SessionTable, tokens: Tokens, now: () => number = Date.now): Sessions {
  const byHash = new Map<string, Entry>();
  const forget = (entry: Entry) => {
    byHash.delete(entry.stored.hash);
    clearTimeout(entry.timer);
    entry.end.abort();
  };
  const add = (stored: StoredSession): Entry => {
    const entry: Entry = { stored, end: endSignal(), timer: setTimeout(() => forget(entry), stored.expiresAt - now()).unref() };
    byHash.set(stored.hash, entry);
    return entry;
  };
  /** Lets the session ask for its token, and end with it. */
  const bind = (entry: Entry, token: Grant): Grant => {
    const { stored: { id, expiresAt }, end } = entry;
    token.ended.addEventListener('abort', () => forget(entry), { once: true, signal: end.signal });
    entry.grant = { ...token, ended: end.signal, session: { id, expiresAt } };
    return entry.grant;
  };
  const end = (entry: Entry, reason: string, project: string, at = now()) => {
    try {
      table.remove(entry.stored.id, { at, project, who: entry.stored.tokenName, reason });
    } finally {
      forget(entry);
    }
  };
  table.removeExpired(now());
  for (const stored of table.all()) add(stored);

  return {
    open(token) {
      const named = tokens.named(token.name);
      if (named === undefined) throw new Error(`the token ${token.name} has ended`);
      table.removeExpired(now());
      const others = byHash.values().filter(({ stored }) => stored.tokenName === token.name).toArray();
      for (const entry of others.slice(0, Math.max(0, others.length - maxPerToken + 1))) end(entry, `signed in with more than ${maxPerToken} browsers`, token.project);
      const secret = `${prefix}${randomBytes(32).toString('base64url')}`;
      const at = now();
      const stored: StoredSession = { id: randomBytes(6).toString('hex'), hash: hashOf(secret).toString('hex'), tokenName: token.name, proof: proofOf(secret, named.hash).toString('hex'), createdAt: at, expiresAt: at + sessionMs };
      table.insert(stored, token.project);
      return { secret, grant: bind(add(stored), named.grant) };
    },
    find(secret) {
      const entry = byHash.get(hashOf(secret).toString('hex'));
      if (entry === undefined || entry.stored.expiresAt <= now()) return undefined;
      if (entry.grant !== undefined) return entry.grant;
      const named = tokens.named(entry.stored.tokenName);
      if (named === undefined || !timingSafeEqual(proofOf(secret, named.hash), Buffer.from(entry.stored.proof, 'hex'))) return undefined;
      return bind(entry, named.grant);
    },
    end(id, reason) {
      const entry = byHash.values().find(({ stored }) => stored.id === id);
      if (entry?.grant !== undefined) end(entry, reason, entry.grant.project);
    },
  };
}

/** Binds a session to its token's value, which may be another under the same name after a restart, without giving away its hash. */
function proofOf(secret: string, tokenHash: Buffer): Buffer {
  return createHmac('sha256', secret).update(tokenHash).digest();
}
