import type { CallOf } from '../../api/contract.ts';
import { nameOf } from './network-words.ts';
import type { HostRule, NetworkMode, NetworkPolicy, Rule } from './network-words.ts';
import type { RunNetwork } from '../api/answers.ts';

export type NetworkChange = NonNullable<CallOf<'POST /api/runs/{id}/network'>['body']>;
type State = Pick<RunNetwork, 'policy' | 'allowed'>;

/** One host more, at once. */
export function allowing(host: string, ports: readonly number[]): NetworkChange {
  return { allow: [{ host, ports: [...ports] }] };
}

/** One rule less. What a policy does not cover any more is cut, so everything else is said again. */
export function without({ policy, allowed }: State, { rule, by }: Rule): NetworkChange {
  const others = (rules: readonly HostRule[]) => rules.filter((one) => nameOf(one) !== nameOf(rule)).map(copied);
  if (by === 'person') return { policy: sent(policy), allow: others(allowed) };
  return { policy: 'allow' in policy ? { ...policy, allow: others(policy.allow) } : sent(policy), allow: allowed.map(copied) };
}

/** Another way out. Listed hosts stay listed, where the new one has a list; its budgets are those of the one before. */
export function withMode({ policy, allowed }: State, mode: NetworkMode): NetworkChange {
  const budgets = policy.mode === 'none' ? {} : { maxUpBytes: policy.maxUpBytes, maxDownBytes: policy.maxDownBytes };
  const listed = ('allow' in policy ? policy.allow : []).map(copied);
  switch (mode) {
    case 'none': return { policy: { mode } };
    case 'open': return { policy: { mode, ...budgets }, allow: [...listed, ...allowed.map(copied)] };
    case 'allow':
    case 'ask': return { policy: { mode, allow: listed, ...budgets }, allow: allowed.map(copied) };
  }
}

/** A host as a person writes it, with its ports if they are not 443: `example.org`, `*.example.org:80,443`. Undefined where that cannot be one. */
export function readHost(text: string): { readonly host: string; readonly ports: readonly number[] } | undefined {
  const [, host, list] = /^\s*(?:https?:\/\/)?((?:\*\.)?[^\s:/,]+)(?::([\d,\s]+))?\/?\s*$/.exec(text) ?? [];
  if (host === undefined) return undefined;
  const isPlain = /^\s*http:/.test(text);
  const ports = list === undefined ? [isPlain ? 80 : 443] : list.split(',').map((port) => Number(port.trim()));
  return ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536) ? { host: host.toLowerCase(), ports } : undefined;
}

function sent(policy: NetworkPolicy): NetworkPolicy {
  return 'allow' in policy ? { ...policy, allow: policy.allow.map(copied) } : policy;
}

function copied({ host, ports }: HostRule): HostRule {
  return { host, ports: [...ports] };
}
