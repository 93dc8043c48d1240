import { isIP } from 'node:net';
import type { SentHeaders } from './origins.ts';

/**
 * The address that a request came from. Behind a proxy it is the one that the proxy says it saw: the last of
 * X-Forwarded-For, whatever the client wrote before it. Without a proxy nobody is believed but the socket.
 */
export function clientAddress(headers: SentHeaders, socketAddress: string, isBehindProxy: boolean): string {
  if (!isBehindProxy) return socketAddress;
  const seen = (headers['x-forwarded-for'] ?? []).join(',').split(',').at(-1)?.trim() ?? '';
  return isIP(seen) === 0 ? socketAddress : seen;
}
