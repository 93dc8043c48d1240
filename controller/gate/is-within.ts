import { covers } from './host-rule.ts';
import type { HostRule } from './host-rule.ts';
import { openPorts, plainPort } from './network-policy.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { PrivateTarget } from './resolve-target.ts';

/**
 * Whether a policy lets nothing through, and asks nobody about anything, that another one does not. `privateTargets` are reached
 * only where a rule names them: `open` names none.
 */
export function isWithin(policy: NetworkPolicy, bound: NetworkPolicy, privateTargets: readonly Pick<PrivateTarget, 'host' | 'port'>[] = []): boolean {
  if (policy.mode === 'none') return true;
  if (bound.mode === 'none' || policy.maxUpBytes > bound.maxUpBytes || policy.maxDownBytes > bound.maxDownBytes) return false;
  if (policy.mode === 'open') return bound.mode === 'open';
  if (bound.mode === 'open') return policy.mode === 'allow' && policy.allow.every((rule) => rule.ports.every((port) => openPorts.includes(port) && !isUnjudged(rule, port) && !privateTargets.some((target) => target.port === port && covers(rule, target.host, port))));
  return (policy.mode === 'allow' || bound.mode === 'ask') && policy.allow.every((rule) => isCovered(rule, bound.allow));
}

/** Whether others cover a rule on every port of it. */
function isCovered(rule: HostRule, others: readonly HostRule[]): boolean {
  return rule.ports.every((port) => others.some((other) => other.ports.includes(port) && isBelow(rule.host, other, port) && (!isUnjudged(rule, port) || isUnjudged(other, port))));
}

/** Whether a rule lets tunnels through where requests are judged one by one otherwise. */
function isUnjudged({ raw }: HostRule, port: number): boolean {
  return raw === true && port === plainPort;
}

/** Everything below a domain is covered by a wildcard over that domain, or over one that it lies below; never by a single name. */
function isBelow(host: string, other: HostRule, port: number): boolean {
  if (host === other.host) return true;
  return host.startsWith('*.') ? other.host.startsWith('*.') && covers(other, host.slice(2), port) : covers(other, host, port);
}
