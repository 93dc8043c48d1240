import type { IncomingHttpHeaders as Http2Headers } from 'node:http2';

/** Headers that belong to one connection (RFC 9110 §7.6.1), and those by which a client could pretend to be somebody else; `expect` was answered by the forwarder. */
const dropped: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'host', 'forwarded', 'via', 'expect']);

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What of a message's headers goes on to the other side. */
export function passableHeaders(headers: Http2Headers | Headers): Record<string, string | string[]> {
  const named = new Set(listOf(headers['connection']).map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(headers as Headers).flatMap(([name, value]) => {
    const isPassed = value !== undefined && !name.startsWith(':') && !dropped.has(name) && !named.has(name) && !/^(x-forwarded-|x-real-ip|proxy-|vitrine-)/.test(name);
    return isPassed ? [[name, typeof value === 'string' ? value : [...value]]] : [];
  }));
}

function listOf(value: string | readonly string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat().join(',').split(',').filter((one) => one !== '');
}
