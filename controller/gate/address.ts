import ipaddr from 'ipaddr.js';

/** An address and the length of its prefix. */
type Block = readonly [string, number];

/** IPv4 that is not global unicast (IANA's special-purpose registry), and what clouds put into global space for themselves. */
const deniedV4: readonly Block[] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24],
  ['192.31.196.0', 24], ['192.52.193.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['192.175.48.0', 24], ['198.18.0.0', 15], ['198.51.100.0', 24],
  ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
  ['168.63.129.16', 32], // Azure's host services
];
/** Within 2000::/3, the only global unicast space of IPv6, these are something else: Teredo, ORCHID, documentation, 6to4. */
const deniedV6: readonly Block[] = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['2620:4f:8000::', 48], ['3fff::', 20]];
const globalV6: Block = ['2000::', 3];

/**
 * Why a desktop may not be connected to an address; undefined for a global unicast one that is not among `own`, the
 * addresses of this machine and others that were named. Addresses that embed another one (IPv4-mapped, NAT64, 6to4,
 * Teredo) are refused, not unpacked.
 */
export function addressProblem(address: string, own: ReadonlySet<string>): string | undefined {
  if (!ipaddr.isValid(address) || address.includes('%')) return `${address} is no address`;
  const parsed = ipaddr.parse(address);
  const canonical = parsed.toString();
  if (own.has(canonical)) return `${canonical} is an address of this machine`;
  if (parsed instanceof ipaddr.IPv4) {
    // ipaddr.js reads inet_aton's notations too; only four decimal numbers are an address here.
    if (canonical !== address) return `${address} is not in the usual notation`;
    return isWithin(parsed, deniedV4) || parsed.range() !== 'unicast' ? `${canonical} is not on the public internet` : undefined;
  }
  const isGlobal = isWithin(parsed, [globalV6]) && !isWithin(parsed, deniedV6) && parsed.range() === 'unicast';
  return isGlobal ? undefined : `${canonical} is not on the public internet`;
}

/** The form in which addresses are compared. Throws for what is no address. */
export function canonicalAddress(address: string): string {
  return ipaddr.parse(address).toString();
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, blocks: readonly Block[]): boolean {
  return blocks.some(([block, bits]) => address.match(ipaddr.parse(block), bits));
}
