import { VitrineError } from '../errors.ts';
import { createFailures } from './failures.ts';
import type { Failures } from './failures.ts';
import { createOriginCheck, onlyValue } from './origins.ts';
import type { SentHeaders } from './origins.ts';
import type { Scope } from './scopes.ts';
import type { Grant, Tokens } from './tokens.ts';

/** Who may ask what. The one gate in front of every route. */
export interface Access {
  /**
   * Refuses a request by where it comes from, before anything else is read of it. Throws `misdirected_request` (Host),
   * `forbidden` (Origin, Sec-Fetch-Site), `invalid_request` (a token in the URL, a header sent twice).
   */
  admit(headers: SentHeaders, url: string): void;
  /** Who asks. Throws `unauthorized`, or `too_many_requests` with `retryAfterSeconds` when the address has failed too often. */
  authenticate(headers: SentHeaders, address: string): Grant;
  /** Throws `forbidden` naming the scope when the token lacks it. */
  authorize(grant: Grant, scope: Scope): void;
}

export type AccessOptions = { readonly tokens: Tokens; readonly allowedHosts: readonly string[]; readonly failures?: Failures };

/** Access by token (Bearer, or x-api-key as some clients send it), with the checks of Host and Origin. */
export function createAccess({ tokens, allowedHosts, failures = createFailures() }: AccessOptions): Access {
  const checkOrigin = createOriginCheck(allowedHosts);
  return {
    admit(headers, url) {
      checkOrigin(headers);
      if (hasTokenInQuery(url)) throw new VitrineError('invalid_request', 'a token does not belong into a URL, where logs keep it: send it as Authorization: Bearer');
    },
    authenticate(headers, address) {
      const header = onlyValue(headers, 'authorization');
      const key = onlyValue(headers, 'x-api-key');
      const presented = header === undefined ? key : bearerOf(header);
      const grant = presented === undefined ? undefined : tokens.find(presented);
      if (grant !== undefined) return grant;
      if (header === undefined && key === undefined) throw new VitrineError('unauthorized', 'send the token as Authorization: Bearer, or as x-api-key; it is in the file token of the data folder');
      refuseTooMany(failures, address);
      failures.add(address);
      throw new VitrineError('unauthorized', presented === undefined ? 'the Authorization header is not of the form Bearer <token>' : 'this token is not known here');
    },
    authorize(grant, scope) {
      if (scope !== 'open' && !grant.scopes.has(scope)) throw new VitrineError('forbidden', `the token ${grant.name} may not do this: it lacks ${scope}`, { details: { scope } });
    },
  };
}

/** Wrong tokens are slowed down; the right one is never kept out by whoever else tries from its address. */
function refuseTooMany(failures: Failures, address: string): void {
  const waitMs = failures.waitMs(address);
  if (waitMs <= 0) return;
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  throw new VitrineError('too_many_requests', `too many failed sign-ins from this address: try again in ${retryAfterSeconds} s`, { details: { retryAfterSeconds } });
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(header ?? '')?.[1];
}

function hasTokenInQuery(url: string): boolean {
  const query = url.indexOf('?');
  if (query === -1) return false;
  const names = [...new URLSearchParams(url.slice(query + 1)).keys()].map((name) => name.toLowerCase());
  return names.some((name) => ['token', 'access_token', 'api_key', 'apikey', 'authorization'].includes(name));
}
