import { VitrineError } from '../errors.ts';
import { onlyValue } from './origins.ts';
import type { SentHeaders } from './origins.ts';
import { sessionMs } from './sessions.ts';

/** The cookie by which a browser is signed in: no script reads it, no other site has it sent, no other host can set it. */
export interface SessionCookie {
  /** The Set-Cookie header that signs in. */
  written(secret: string): string;
  /** The Set-Cookie header that signs out. */
  readonly cleared: string;
  /** The value that was sent; undefined if there is none. Throws `invalid_request` if it was sent twice. */
  read(headers: SentHeaders): string | undefined;
}

/** Without https (on the loopback) browsers take neither `Secure` nor the prefix `__Host-`; everything else stays. */
export function createSessionCookie(isSecure: boolean): SessionCookie {
  const name = isSecure ? '__Host-vitrine' : 'vitrine';
  const flags = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return {
    written: (secret) => `${name}=${secret}; ${flags}; Max-Age=${sessionMs / 1000}`,
    cleared: `${name}=; ${flags}; Max-Age=0`,
    read(headers) {
      const sent = (onlyValue(headers, 'cookie') ?? '').split(';').map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
      if (sent.length > 1) throw new VitrineError('invalid_request', `the cookie ${name} was sent ${sent.length} times: remove the cookies of this host and sign in again`);
      return sent[0]?.slice(name.length + 1);
    },
  };
}
