import { VitrineError } from '../errors.ts';
import { onlyValue } from './origins.ts';
import type { SentHeaders } from './origins.ts';

/** A request as access looks at it. */
export type Asked = { readonly method: string; readonly headers: SentHeaders; readonly address: string };

/** What a page of Vitrine's own sends with everything that changes something: other sites cannot without being asked first, and they are refused then. */
export const ownHeader = 'x-vitrine';

/**
 * Refuses a request with a cookie that no page of Vitrine's own made, nor a person who typed its address: a cookie comes
 * with a request whoever caused it. What changes something has to name exactly this origin, and to carry `x-vitrine: 1`.
 * Throws `forbidden`.
 */
export function refuseForged({ method, headers }: Asked, scheme: 'http' | 'https'): void {
  if (method === 'GET' || method === 'HEAD') {
    const site = onlyValue(headers, 'sec-fetch-site');
    const isTyped = site === 'none' && onlyValue(headers, 'sec-fetch-mode') === 'navigate';
    if (site !== 'same-origin' && !isTyped) throw new VitrineError('forbidden', 'a cookie is taken from pages of this address only (Sec-Fetch-Site: same-origin); programs send the token as Authorization: Bearer');
    return;
  }
  const own = `${scheme}://${onlyValue(headers, 'host')?.toLowerCase() ?? ''}`;
  if (onlyValue(headers, 'origin') !== own) throw new VitrineError('forbidden', 'a change asked for with a cookie has to name this address as its Origin; programs send the token as Authorization: Bearer');
  if (onlyValue(headers, ownHeader) !== '1') throw new VitrineError('forbidden', `a change asked for with a cookie has to carry the header ${ownHeader}: 1`);
}

/** Whether a page asks for who its browser's cookie says it is; a page says so in `x-vitrine-as`, since the cookie may have become another one's meanwhile. */
export function isAskedFor(name: string, { headers }: Asked): boolean {
  const said = onlyValue(headers, 'x-vitrine-as');
  return said === undefined || said === name;
}
