/** A host name as it is matched, resolved, logged and compared with SNI; or why it names no host that could be asked. */
export type HostName = { readonly host: string } | { readonly problem: string };

const maxHostLength = 253;
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
/** Last labels that mean a machine or a network of one's own, or nothing at all (RFC 6761, RFC 8375, common practice). */
const localSuffixes: ReadonlySet<string> = new Set(['localhost', 'local', 'localdomain', 'internal', 'intranet', 'private', 'lan', 'home', 'corp', 'onion', 'test', 'invalid', 'example', 'arpa', 'alt']);

/**
 * The one canonical form of a host name: lower case, without the dot at its end. Everything that could be read in two ways
 * is refused: addresses in any notation, names of one label, anything but letters, digits, hyphens and underscores.
 */
export function canonicalHost(text: string): HostName {
  if (text.length === 0 || text.length > maxHostLength + 1) return { problem: `a host name has 1 to ${maxHostLength} characters` };
  if (!/^[\x21-\x7e]+$/.test(text)) return { problem: 'a host name consists of printable ASCII characters' };
  const host = text.toLowerCase().replace(/\.$/, '');
  if (/^\[|:/.test(host)) return { problem: 'an address cannot be asked for: name the host' };
  const labels = host.split('.');
  if (!labels.every((part) => label.test(part))) return { problem: 'this is not a host name' };
  const last = labels.at(-1) ?? '';
  // What ends in a number is an address in one of inet_aton's notations: 127.1, 0x7f.1, 2130706433.
  if (/^(\d+|0x[0-9a-f]*)$/.test(last)) return { problem: 'an address cannot be asked for: name the host' };
  if (labels.length < 2) return { problem: 'a host name needs a domain' };
  if (localSuffixes.has(last)) return { problem: `names under .${last} are not on the internet` };
  return { host };
}

/** A host and a port, as they stand in a CONNECT request. */
export type Authority = { readonly host: string; readonly port: number } | { readonly problem: string };

const authorityForm = /^([^:\s@/?#\\[\]]{1,254}):([1-9][0-9]{0,4})$/;

/** Reads `host:port`. Nothing else may stand there: no user, no path, no address, no leading zero. */
export function parseAuthority(text: string): Authority {
  const found = authorityForm.exec(text);
  if (found === null) return { problem: 'ask for host:port, with a name and a number' };
  const port = Number(found[2]);
  if (port > 65_535) return { problem: `there is no port ${port}` };
  const name = canonicalHost(found[1] ?? '');
  return 'problem' in name ? name : { host: name.host, port };
}
