import { setMaxListeners } from 'node:events';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { scopes } from './scopes.ts';
import type { Scope } from './scopes.ts';

/** Who asks: the name of a token, the project whose things it may see, and what it may do. */
export type Grant = {
  readonly name: string;
  readonly project: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Whether deciding approvals was given by name: then it may decide those of runs that it started itself, too. */
  readonly mayDecideOwn: boolean;
  /** Aborted when the token is revoked or expires: what it holds open ends. */
  readonly ended: AbortSignal;
  /** The browser session that asks for the token, if it is one. */
  readonly session?: { readonly id: string; readonly expiresAt: number };
};

/** The tokens of this installation. */
export interface Tokens {
  /** Whom a presented token belongs to; undefined if nobody has it any more. Takes the same time for every wrong token. */
  find(presented: string): Grant | undefined;
  /** The valid token of a name, with its hash. */
  named(name: string): { readonly grant: Grant; readonly hash: Buffer } | undefined;
}

/** One token with every right, in the project `default`. Only its hash is kept. */
export function oneToken(secret: Secret, name = 'first-token'): Tokens {
  const kept = hashOf(secret.reveal());
  const grant: Grant = { name, project: 'default', scopes: new Set(scopes), mayDecideOwn: true, ended: endSignal().signal };
  return { find: (presented) => (timingSafeEqual(hashOf(presented), kept) ? grant : undefined), named: (asked) => (asked === name ? { grant, hash: kept } : undefined) };
}

/** Says that a token has ended; listened to by everything that the token holds open. */
export function endSignal(): AbortController {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  return end;
}

/** SHA-256: right for tokens of 256 random bits, which need no salt and no stretching. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
