import { z } from 'zod';
import { covers, HostRule, nameOfRule } from './host-rule.ts';

const rules = z.array(HostRule).max(200);
const gigabyte = 2 ** 30;
const budgets = {
  /** Bytes that may leave the desktop over the gate, headers and TLS included. */
  maxUpBytes: z.int().min(0).max(1024 * gigabyte).default(gigabyte),
  /** Bytes that may come in. */
  maxDownBytes: z.int().min(0).max(1024 * gigabyte).default(8 * gigabyte),
};

/**
 * The way out of a desktop. `none`: there is none. `allow`: what the rules cover. `ask`: that too, and the first contact
 * with any other host becomes a question to a person. `open`: every public address on ports 80 and 443.
 * An empty list of rules allows nothing.
 */
export const NetworkPolicy = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('allow'), allow: rules, ...budgets }),
  z.strictObject({ mode: z.literal('ask'), allow: rules.default([]), ...budgets }),
  z.strictObject({ mode: z.literal('open'), ...budgets }),
]).meta({ id: 'NetworkPolicy' });
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

/** What is to be done with a request for a host, before its name is resolved. */
export type Verdict =
  | { readonly verdict: 'allow'; readonly rule: string }
  | { readonly verdict: 'ask'; /** The rule of a policy that wants it, besides the network's own. */ readonly by?: RuledHost }
  | { readonly verdict: 'refuse'; readonly rule: string; readonly reason: string; /** Not worth a word to anybody: the browser's own doing. */ readonly isQuiet: boolean };

/** What a rule of a policy says about a host. */
export type RuledHost = { readonly verdict: 'ask' | 'refuse'; readonly rule: string; readonly reason: string };

/** Ports that `open` opens. */
export const openPorts: readonly number[] = [80, 443];

/**
 * What a browser contacts by itself although its policies say not to (seen with Chromium 15x on an idle desktop): refused
 * without a question and counted. A rule that names one of them allows it all the same.
 */
export const quietHosts: readonly string[] = [
  'accounts.google.com', 'android.clients.google.com', 'clients2.google.com', 'clients2.googleusercontent.com', 'content-autofill.googleapis.com', 'edgedl.me.gvt1.com', 'mtalk.google.com',
  'optimizationguide-pa.googleapis.com', 'redirector.gvt1.com', 'safebrowsingohttpgateway.googleapis.com', 'update.googleapis.com', 'www.gstatic.com',
];

/**
 * Judges a canonical host and a port. `allowed` are the rules that people added to the run meanwhile. A rule of a policy (`ruled`)
 * can only forbid more: one that refuses holds whoever allowed the host, one that asks until a person has. Pure.
 */
export function judge(policy: NetworkPolicy, allowed: readonly HostRule[], host: string, port: number, ruled?: RuledHost): Verdict {
  const verdict = judgeByNetwork(policy, allowed, host, port);
  if (ruled === undefined || verdict.verdict === 'refuse') return verdict;
  if (ruled.verdict === 'refuse') return refuse(`policy:${ruled.rule}`, `the rule ${ruled.rule} refuses ${host}: ${ruled.reason}`);
  return verdict.verdict === 'allow' && allowed.some((one) => covers(one, host, port)) ? verdict : { verdict: 'ask', by: ruled };
}

/** The port of plain http, whose requests are judged one by one. */
export const plainPort = 80;

/** Whether a tunnel may lead to a host and port that may be reached. To the port of plain http it may only under a rule that says so: in a tunnel nothing is judged, nor is it TLS that names its host. */
export function mayTunnel(policy: NetworkPolicy, allowed: readonly HostRule[], host: string, port: number): boolean {
  return port !== plainPort || [...('allow' in policy ? policy.allow : []), ...allowed].some((rule) => rule.raw === true && covers(rule, host, port));
}

function judgeByNetwork(policy: NetworkPolicy, allowed: readonly HostRule[], host: string, port: number): Verdict {
  if (policy.mode === 'none') return refuse('none', 'this desktop has no network');
  const listed = 'allow' in policy ? policy.allow : [];
  const rule = [...listed, ...allowed].find((one) => covers(one, host, port));
  if (rule !== undefined) return { verdict: 'allow', rule: nameOfRule(rule) };
  if (quietHosts.includes(host)) return { verdict: 'refuse', rule: 'browser', reason: `${host} is what browsers contact by themselves`, isQuiet: true };
  if (policy.mode === 'ask') return { verdict: 'ask' };
  if (policy.mode === 'open' && openPorts.includes(port)) return { verdict: 'allow', rule: 'open' };
  return refuse(policy.mode, policy.mode === 'open' ? `port ${port} is not open, only ${openPorts.join(' and ')}` : `${host}:${port} is not among what this desktop may reach`);
}

function refuse(rule: string, reason: string): Verdict {
  return { verdict: 'refuse', rule, reason, isQuiet: false };
}
