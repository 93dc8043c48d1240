import ipaddr from 'ipaddr.js';
import { canonicalHost } from './host-name.ts';
import type { PrivateTarget } from './resolve-target.ts';

/** Addresses at which clouds hand out credentials: never a target, whoever lists them. */
const metadata = ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'];

/**
 * Reads an administrator's list of private targets, `host=address:port` with commas between: exact host, exact address,
 * exact port. Loopback and the addresses of clouds' metadata are refused. Throws an Error that names the entry.
 */
export function parsePrivateTargets(text: string): PrivateTarget[] {
  return text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '').map((entry) => {
    const found = /^([^=\s]+)=(?:\[([0-9a-fA-F:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3})):([1-9]\d{0,4})$/.exec(entry);
    const name = canonicalHost(found?.[1] ?? '');
    const address = found?.[2] ?? found?.[3] ?? '';
    const port = Number(found?.[4]);
    if (found === null || !ipaddr.isValid(address) || port > 65_535) throw new Error(`${JSON.stringify(entry)} is not of the form host=address:port`);
    if ('problem' in name) throw new Error(`${JSON.stringify(entry)}: ${name.problem}`);
    const canonical = ipaddr.process(address);
    if (metadata.includes(canonical.toString())) throw new Error(`${JSON.stringify(entry)} names an address at which clouds hand out credentials`);
    if (['loopback', 'unspecified', 'linkLocal', 'multicast', 'broadcast'].includes(canonical.range())) throw new Error(`${JSON.stringify(entry)}: desktops may not reach this machine itself`);
    return { host: name.host, address: canonical.toString(), port };
  });
}
