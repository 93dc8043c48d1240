import { VitrineError } from '../errors.ts';

/** Headers as node:http hands them over, each with every value it was sent with. */
export type SentHeaders = Readonly<Record<string, readonly string[] | undefined>>;

const alwaysAllowed = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses requests that a foreign web page could have caused: a Host that is not ours (DNS rebinding, even on
 * loopback), a foreign or opaque Origin, a browser's own word that the request comes from another site.
 * Loopback names are ours on every port; a further entry is a host (any port) or host:port. A page may be opened
 * from a link on another site.
 */
export function createOriginCheck(allowedHosts: readonly string[]): (headers: SentHeaders, isPage: boolean) => void {
  const allowed = new Set([...alwaysAllowed, ...allowedHosts.map((host) => host.toLowerCase())]);
  return (headers, isPage) => {
    const host = onlyValue(headers, 'host')?.toLowerCase() ?? '';
    const name = host.replace(/:\d{1,5}$/, '');
    if (!allowed.has(name) && !allowed.has(host)) {
      throw new VitrineError('misdirected_request', 'this host name is not served here: use the address Vitrine listens on, or add the name to VITRINE_ALLOWED_HOSTS');
    }
    const origin = onlyValue(headers, 'origin');
    if (origin !== undefined && !isSameOrigin(origin, host)) throw new VitrineError('forbidden', 'requests from another web origin are not answered');
    const site = onlyValue(headers, 'sec-fetch-site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(isPage && isLink(headers))) throw new VitrineError('forbidden', 'requests from another web site are not answered');
  };
}

/** Whether a browser opens something as a document of its own. */
function isLink(headers: SentHeaders): boolean {
  return onlyValue(headers, 'sec-fetch-mode') === 'navigate' && onlyValue(headers, 'sec-fetch-dest') === 'document';
}

/** Whether a Host names this machine itself. */
export function isLoopbackHost(host: string): boolean {
  return alwaysAllowed.includes(host.toLowerCase().replace(/:\d{1,5}$/, ''));
}

/** The one value of a header; undefined if it was not sent. Throws `invalid_request` if it was sent more than once. */
export function onlyValue(headers: SentHeaders, name: string): string | undefined {
  const values = headers[name] ?? [];
  if (values.length > 1) throw new VitrineError('invalid_request', `the header ${name} was sent ${values.length} times`);
  return values[0];
}

function isSameOrigin(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.origin !== origin || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false;
  return URL.canParse(`${url.protocol}//${host}`) && new URL(`${url.protocol}//${host}`).host === url.host;
}
