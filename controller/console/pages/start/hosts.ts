/** A rule of hosts as it is sent. */
export type HostRule = { readonly host: string; readonly ports: number[] };

const usualPorts = [443];
const host = /^(?:\*\.)?(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?$/u;

/**
 * Hosts as they are typed, one a line or with commas or spaces between: `example.com`, `*.example.com:443`, `example.com:80,443` (commas
 * between ports bind closer). What cannot be a host is named in `problem`; the server has the last word.
 */
export function hostsOf(text: string): { readonly rules: HostRule[] } | { readonly problem: string } {
  const rules: HostRule[] = [];
  for (const entry of text.split(/[\s;]+|,(?!\d)/).filter((part) => part !== '')) {
    const [name = '', given] = entry.split(/:(?=[\d,]*$)/);
    const ports = given === undefined ? usualPorts : given.split(',').map(Number);
    if (!host.test(name)) return { problem: `${entry} is no host: write example.com, *.example.com or example.com:443, without https:// and path` };
    if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535)) return { problem: `${entry}: a port is a number from 1 to 65535` };
    rules.push({ host: name, ports });
  }
  return { rules };
}

/** A rule as it is typed. */
export function hostText({ host: name, ports }: { readonly host: string; readonly ports?: readonly number[] | undefined }): string {
  return ports === undefined || ports.join() === usualPorts.join() ? name : `${name}:${ports.join()}`;
}
