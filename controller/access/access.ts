import { actor } from '../actor.ts';
import { VitrineError } from '../errors.ts';
import { isAskedFor, refuseForged } from './browser-request.ts';
import type { Asked } from './browser-request.ts';
import { clientAddress } from './client-address.ts';
import { createFailures } from './failures.ts';
import type { Failures } from './failures.ts';
import { createOpenRequests } from './open-requests.ts';
import { createOriginCheck, isLoopbackHost, onlyValue } from './origins.ts';
import type { SentHeaders } from './origins.ts';
import type { Scope } from './scopes.ts';
import { createSessionCookie } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';
import type { Grant, Tokens } from './tokens.ts';

/** Who may ask what. The one gate in front of every route. */
export interface Access {
  /**
   * Refuses a request by where it comes from, before anything else is read of it. Throws `misdirected_request` (Host),
   * `forbidden` (Origin, Sec-Fetch-Site), `invalid_request` (a token in the URL, a header sent twice).
   */
  admit(headers: SentHeaders, url: string, method?: string): void;
  /** Who asks by token. Throws `unauthorized`, or `too_many_requests` with `retryAfterSeconds` when the address has failed too often. */
  authenticate(headers: SentHeaders, address: string): Grant;
  /** Who asks, by token or by the cookie of a session. Throws besides `forbidden` for a cookie that another page may have sent, `invalid_request` for both at once, `unauthorized` for a page that was made for somebody else. */
  recognise(asked: Asked): Grant;
  /** Who asks where nobody has to say. A token that is sent has to be right all the same; a cookie that is not is as none. */
  recogniseIfSaid(asked: Asked): Grant | undefined;
  /**
   * Exchanges a token for the session of a browser, whose cookie goes into Set-Cookie; one that it had before ends. Throws
   * as `authenticate`, and `forbidden` where the cookie would cross a network unprotected.
   */
  signIn(token: string, asked: Asked): { readonly grant: Grant; readonly cookie: string };
  /** Ends the session that asks, at once, with everything that it holds open. Throws `invalid_request` for a token. */
  signOut(grant: Grant): { readonly cookie: string };
  /** Where a request came from, for the audit: the client's address, also behind a proxy. */
  addressOf(asked: Pick<Asked, 'headers' | 'address'>): string;
  /**
   * Counts a request, for as long as it is answered: until what this returns is called. One token, its browsers included, holds at
   * most 300 at a time, event streams too: it leaves connections to the others. Throws `too_many_requests`.
   */
  occupy(grant: Grant): () => void;
  /** Throws `forbidden` naming the scope when the token lacks it. */
  authorize(grant: Grant, scope: Scope): void;
}

export type AccessOptions = {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly allowedHosts: readonly string[];
  /** Whether browsers reach Vitrine over https, by its own TLS or a proxy's. */
  readonly isSecure?: boolean;
  /** Whether a proxy is in front, which alone can reach Vitrine and says in X-Forwarded-For whom it saw. */
  readonly isBehindProxy?: boolean;
  readonly failures?: Failures;
};

/** Access by token (Bearer, or x-api-key as some clients send it) or by a browser's session, with the checks of Host and Origin. */
export function createAccess({ tokens, sessions, allowedHosts, isSecure = false, isBehindProxy = false, failures = createFailures() }: AccessOptions): Access {
  const checkOrigin = createOriginCheck(allowedHosts);
  const cookies = createSessionCookie(isSecure);
  const openRequests = createOpenRequests();
  const addressOf = ({ headers, address }: Pick<Asked, 'headers' | 'address'>) => clientAddress(headers, address, isBehindProxy);
  const refuse = (asked: Pick<Asked, 'headers' | 'address'>, message: string): never => {
    const address = addressOf(asked);
    refuseTooMany(failures, address);
    failures.add(address);
    throw new VitrineError('unauthorized', message);
  };
  const authenticate = (headers: SentHeaders, address: string): Grant => {
    const header = onlyValue(headers, 'authorization');
    const key = onlyValue(headers, 'x-api-key');
    const presented = header === undefined ? key : bearerOf(header);
    const grant = presented === undefined ? undefined : tokens.find(presented);
    if (grant !== undefined) return grant;
    if (header === undefined && key === undefined) throw new VitrineError('unauthorized', 'send the token as Authorization: Bearer, or as x-api-key; it is in the file token of the data folder');
    return refuse({ headers, address }, presented === undefined ? 'the Authorization header is not of the form Bearer <token>' : 'this token is not known here');
  };
  const sessionOf = (secret: string, asked: Asked): Grant | undefined => {
    if (hasToken(asked.headers)) throw new VitrineError('invalid_request', 'a token and the cookie of a session came together: send one of them');
    refuseForged(asked, isSecure ? 'https' : 'http');
    return sessions.find(secret);
  };
  const recognise = (asked: Asked): Grant => {
    const secret = cookies.read(asked.headers);
    if (secret === undefined) return authenticate(asked.headers, asked.address);
    const grant = sessionOf(secret, asked);
    if (grant === undefined) throw new VitrineError('unauthorized', 'this session has ended: sign in again');
    if (!isAskedFor(grant.name, asked)) throw new VitrineError('unauthorized', 'this browser is signed in as somebody else by now: load the page again');
    return grant;
  };
  return {
    admit(headers, url, method) {
      checkOrigin(headers, isPage(url, method));
      if (hasTokenInQuery(url)) throw new VitrineError('invalid_request', 'a token does not belong into a URL, where logs keep it: send it as Authorization: Bearer');
    },
    authenticate,
    addressOf,
    recognise,
    recogniseIfSaid(asked) {
      if (onlyValue(asked.headers, 'authorization') !== undefined) return recognise(asked);
      try {
        const secret = cookies.read(asked.headers);
        return secret === undefined ? undefined : sessionOf(secret, asked);
      } catch {
        return undefined; // A cookie comes by itself: whoever did not mean it is nobody.
      }
    },
    signIn(token, { headers, address }) {
      if (!isSecure && !isLoopbackHost(onlyValue(headers, 'host') ?? '')) {
        throw new VitrineError('forbidden', 'a browser is signed in over https, or on the loopback: set VITRINE_TLS_CERT_FILE, or VITRINE_BEHIND_PROXY=true if a proxy of yours ends TLS');
      }
      const found = tokens.find(token) ?? refuse({ headers, address }, 'this token is not known here');
      const before = sessions.find(cookies.read(headers) ?? '');
      if (before?.session !== undefined) sessions.end(before.session.id, 'signed in again');
      return actor.run({ name: found.name, address: addressOf({ headers, address }) }, () => {
        const { secret, grant } = sessions.open(found);
        return { grant, cookie: cookies.written(secret) };
      });
    },
    signOut({ session }) {
      if (session === undefined) throw new VitrineError('invalid_request', 'this request came with a token, not with the cookie of a session: there is nothing to sign out of');
      sessions.end(session.id, 'signed out');
      return { cookie: cookies.cleared };
    },
    occupy: ({ name }) => openRequests.begin(name),
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

/** What may be opened from a link on another site: pages, which say nothing without what they ask for then. */
function isPage(url: string, method: string | undefined): boolean {
  return method === 'GET' && !/^\/(?:api|v1)(?:[/?]|$)/i.test(url);
}

function hasToken(headers: SentHeaders): boolean {
  return headers['authorization'] !== undefined || headers['x-api-key'] !== undefined;
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
