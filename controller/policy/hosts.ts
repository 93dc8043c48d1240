import { z } from 'zod';
import { canonicalHost } from '../gate/host-name.ts';
import type { RuledHost } from '../gate/network-policy.ts';
import type { PolicyRule, RuleCondition } from './rule.ts';

const form = /^(\*|\*\.[^:]+|[^:*]+)(?::([1-9][0-9]{0,4}))?$/;

/**
 * Hosts that a rule is about: `example.org`, `*.example.org` for every name below it (`*.ru` for a whole country), `*` for
 * all; with `:443` behind it only on that port.
 */
export const HostPattern = z.string().min(1).max(262).transform((text, context) => {
  const pattern = patternOf(text);
  if (typeof pattern !== 'string') context.addIssue({ code: 'custom', message: `${JSON.stringify(text)}: ${pattern.problem}` });
  return typeof pattern === 'string' ? pattern : text;
}).meta({ id: 'HostPattern' });

function patternOf(text: string): string | { readonly problem: string } {
  const [, name = '', port] = form.exec(text) ?? [];
  if (name === '' || Number(port ?? 1) > 65_535) return { problem: 'must be a host, *.domain or *, with :port behind it if only that port is meant' };
  const tail = port === undefined ? '' : `:${port}`;
  if (name === '*') return `*${tail}`;
  const isBelow = name.startsWith('*.');
  // Below a name without a dot of its own lies a whole top-level domain.
  const bare = isBelow ? name.slice(2) : name;
  const read = canonicalHost(isBelow && !bare.replace(/\.$/, '').includes('.') ? `below.${bare}` : bare);
  if ('problem' in read) return { problem: read.problem };
  return `${isBelow ? `*.${read.host.replace(/^below\.(?=[^.]+$)/, '')}` : read.host}${tail}`;
}

/** What the strictest rule about a host says, if one is about it: whoever may reach it by the run's network is refused, or a person is asked first. Pure. */
export function ruleOnHost(rules: readonly PolicyRule[], host: string, port: number): RuledHost | undefined {
  const about = rules.filter(({ when }) => when.hosts?.some((pattern) => isMeant(pattern, host, port)) === true);
  const first = about.find(({ verdict }) => verdict === 'refuse') ?? about[0];
  return first && { verdict: first.verdict, rule: first.name, reason: first.reason };
}

function isMeant(pattern: NonNullable<RuleCondition['hosts']>[number], host: string, port: number): boolean {
  const [name = '', only] = pattern.split(':');
  if (only !== undefined && Number(only) !== port) return false;
  return name === '*' || (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name);
}
