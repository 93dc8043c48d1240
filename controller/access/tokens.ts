import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { scopes } from './scopes.ts';
import type { Scope } from './scopes.ts';

/** Who asks: the name of a token, the project whose things it may see, and what it may do. */
export type Grant = { readonly name: string; readonly project: string; readonly scopes: ReadonlySet<Scope> };

/** The tokens of this installation. */
export interface Tokens {
  /** Whom a presented token belongs to; undefined if nobody has it. Takes the same time for every wrong token. */
  find(presented: string): Grant | undefined;
}

/** One token with every right, in the project `default`. Only its hash is kept. */
export function oneToken(secret: Secret, name = 'first-token'): Tokens {
  const kept = digest(secret.reveal());
  const grant: Grant = { name, project: 'default', scopes: new Set(scopes) };
  return { find: (presented) => (timingSafeEqual(digest(presented), kept) ? grant : undefined) };
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
