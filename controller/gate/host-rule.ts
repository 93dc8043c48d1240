import { getPublicSuffix } from 'tldts';
import { z } from 'zod';
import { canonicalHost } from './host-name.ts';

/** Ports of a rule that names none. */
export const defaultPorts: readonly number[] = [443];

/**
 * What a desktop may reach: a host by its exact name, or `*.` and a domain for every name below it (not the domain
 * itself). A wildcard over a public suffix, such as `*.com` or `*.co.uk`, is refused: it would allow strangers.
 */
export const HostRule = z.strictObject({
  host: z.string().min(1).max(255).transform((text, context) => {
    const isWildcard = text.startsWith('*.');
    const name = canonicalHost(isWildcard ? text.slice(2) : text);
    const problem = 'problem' in name ? name.problem : isWildcard ? wildcardProblem(name.host) : undefined;
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(text)}: ${problem}` });
    return 'problem' in name || !isWildcard ? ('host' in name ? name.host : text) : `*.${name.host}`;
  }),
  ports: z.array(z.int().min(1).max(65_535)).min(1).max(16).default([...defaultPorts]),
  /** Port 80 too may be tunnelled to, as WebSockets without TLS want it: what passes there is not judged request by request. */
  raw: z.boolean().optional(),
}).meta({ id: 'HostRule' });
export type HostRule = z.infer<typeof HostRule>;

function wildcardProblem(domain: string): string | undefined {
  const suffix = getPublicSuffix(domain, { allowPrivateDomains: true });
  return suffix === domain ? 'a wildcard over a public suffix would allow names of strangers: name the domain' : undefined;
}

/** Whether a rule covers a canonical host and a port. */
export function covers(rule: HostRule, host: string, port: number): boolean {
  if (!rule.ports.includes(port)) return false;
  return rule.host.startsWith('*.') ? host.endsWith(rule.host.slice(1)) : host === rule.host;
}

/** How a rule is called in decisions and sentences: `*.example.com:443`. */
export function nameOfRule({ host, ports }: HostRule): string {
  return `${host}:${ports.join(',')}`;
}
