import type { Approval } from '../../../approvals/approval.ts';
import { openedApproval } from '../../../approvals/asked.ts';
import type { Asked } from '../../../approvals/asked.ts';
import { covers } from '../../../gate/host-rule.ts';
import type { HostRule } from '../../../gate/host-rule.ts';
import { judge } from '../../../gate/network-policy.ts';
import type { NetworkPolicy, Verdict } from '../../../gate/network-policy.ts';
import { ruleOnHost } from '../../../policy/hosts.ts';
import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import type { Change } from './change.ts';

/** Questions about hosts that may be open at once; more contacts are refused unasked. */
const maxQuestions = 20;
/** Hosts that people (or their silence) refused in a run before nobody is asked about more: a desktop must not keep its run from going on. */
const maxDenied = 100;
/** Hosts of which the model is told that they were refused. */
const maxTold = 200;

/** What a run knows of its way out. */
export type RunNetwork = NonNullable<RunContext['network']>;

const nothingYet: RunNetwork = { policy: null, allowed: [], denied: [], questions: [], told: [] };

/** The run's way out as it is now. */
export function networkOf(context: RunContext): RunNetwork {
  return context.network ?? nothingYet;
}

/** The policy in force: that of the request, unless a person gave another one. */
export function policyOf(context: RunContext): NetworkPolicy {
  return networkOf(context).policy ?? context.request.network;
}

/** What is to be done with a request for a host, by the run's network and by its rules. */
export function judgeHost(context: RunContext, host: string, port: number, policy = policyOf(context), allowed = networkOf(context).allowed): Verdict {
  return judge(policy, allowed, host, port, ruleOnHost(context.rules ?? [], host, port));
}

/** The desktop wants to reach a host for the first time: a person is asked, once. */
export function askAboutHost(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'network.contact') return {};
  const network = networkOf(context);
  const { host, port, at } = command;
  const isKnown = network.questions.some(({ network: asked }) => asked?.host === host && asked.port === port) || network.denied.includes(`${host}:${port}`) || network.allowed.some((rule) => covers(rule, host, port));
  if (isKnown || network.questions.length >= maxQuestions || network.denied.length >= maxDenied) return {};
  const verdict = judgeHost(context, host, port);
  const rules = verdict.verdict === 'ask' && verdict.by !== undefined ? [{ rule: verdict.by.rule, reason: verdict.by.reason, callId: '', index: 0 }] : [];
  const asked: Asked = { kind: 'network', calls: [], rules, frameId: context.frame?.frameId ?? null, network: { host, port } };
  const approvals = context.approvals + 1;
  const approval = openedApproval(asked, { runId: context.runId, number: approvals, at, timeoutMs: context.request.approvalTimeoutMs });
  return { context: { approvals, network: { ...network, questions: [...network.questions, approval] } }, facts: [{ type: 'approval.opened', approval }] };
}

/** A person decided about a host: for this host, this port and this run. */
export function decideHost(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'approval.decide') return {};
  const approval = networkOf(context).questions.find(({ id }) => id === command.approvalId);
  if (approval === undefined) return {};
  const isAllowed = command.decision === 'approve';
  return answered(context, { ...approval, state: isAllowed ? 'approved' : 'denied', decidedAt: command.at, decidedBy: command.by, reason: command.reason, decidedDigest: isAllowed ? approval.digest : null });
}

/** Nobody decided in time, which refuses. */
export function expireHost(context: RunContext, command: RunCommand): Change {
  const approval = command.type === 'deadline' ? networkOf(context).questions.find(({ id }) => id === command.deadlineId) : undefined;
  return approval === undefined ? {} : answered(context, { ...approval, state: 'expired', decidedAt: command.at, reason: 'nobody decided in time' });
}

function answered(context: RunContext, approval: Approval): Change {
  const network = networkOf(context);
  const { host, port } = approval.network ?? { host: '', port: 0 };
  const isAllowed = approval.state === 'approved';
  const next = {
    ...network,
    questions: network.questions.filter(({ id }) => id !== approval.id),
    ...(isAllowed ? { allowed: [...network.allowed, { host, ports: [port] }] } : { denied: [...network.denied, `${host}:${port}`] }),
  };
  const why = approval.reason === null ? '' : `: ${approval.reason}`;
  const text = isAllowed ? `A person allowed this desktop to reach ${host}:${port}${why}. What was loading may have failed meanwhile: reload it.`
    : approval.state === 'expired' ? `Nobody decided in time whether this desktop may reach ${host}:${port}: it may not.` : `A person refused that this desktop reaches ${host}:${port}${why}.`;
  return { context: { network: next }, facts: [{ type: 'approval.ended', approval }, said(text)] };
}

/** What became of a contact is on record; the model is told once of each host that was refused. */
export function noteContact(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'network.decided') return {};
  const { contact } = command;
  const facts: RunFact[] = [{ type: 'network.decided', contact }];
  const network = networkOf(context);
  const name = `${contact.host}:${contact.port}`;
  const isWorthAWord = contact.verdict === 'refused' && contact.host !== '' && contact.rule !== 'waiting' && contact.rule !== 'person';
  if (!isWorthAWord || network.told.includes(name) || network.told.length >= maxTold) return { facts };
  return { context: { network: { ...network, told: [...network.told, name] } }, facts: [...facts, said(`The network refused ${name}: ${contact.reason ?? 'it is not allowed'}.`)] };
}

/** A person changed what the desktop may reach. */
export function changeNetwork(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'network.change') return {};
  const { by, policy, allow } = command;
  const network = networkOf(context);
  // A policy is the whole of what may be reached: hosts that were allowed besides the one before do not outlive it.
  const allowed = [...(policy === null ? network.allowed : []), ...allow];
  const inForce = policy ?? policyOf(context);
  const settled = network.questions.filter(({ network: asked }) => asked !== undefined && judgeHost(context, asked.host, asked.port, inForce, allowed).verdict !== 'ask');
  const next = {
    ...network, policy: policy ?? network.policy, allowed, questions: network.questions.filter((one) => !settled.includes(one)),
    denied: network.denied.filter((name) => !allow.some(({ host, ports }) => ports.some((port) => name === `${host}:${port}`))),
  };
  return { context: { network: next }, facts: [{ type: 'network.changed', policy: inForce, allowed, by }, ...settled.flatMap((one) => settledByRules(context, one, inForce, allowed, command.at))] };
}

/** A question that new rules have answered: nobody is asked any more. */
function settledByRules(context: RunContext, approval: Approval, policy: NetworkPolicy, allowed: readonly HostRule[], at: number): RunFact[] {
  const { host, port } = approval.network ?? { host: '', port: 0 };
  const isAllowed = judgeHost(context, host, port, policy, allowed).verdict === 'allow';
  return [
    { type: 'approval.ended', approval: { ...approval, state: 'withdrawn', decidedAt: at, reason: 'the rules were changed meanwhile' } },
    said(`The rules of this desktop were changed: it may ${isAllowed ? `reach ${host}:${port} now; what was loading may have failed meanwhile: reload it` : `not reach ${host}:${port}`}.`),
  ];
}

/** Questions that the end of the run leaves open. */
export function withdrawnQuestions(context: RunContext, at: number): RunFact[] {
  return networkOf(context).questions.map((approval) => ({ type: 'approval.ended', approval: { ...approval, state: 'withdrawn', decidedAt: at, reason: 'the run ended' } }));
}

function said(text: string): RunFact {
  return { type: 'note.added', from: 'vitrine', by: 'vitrine', text, frameId: null };
}
