import type { RunFact, RunNetwork } from '../api/answers.ts';

export type NetworkPolicy = RunNetwork['policy'];
export type HostRule = RunNetwork['allowed'][number];
export type HostTotal = RunNetwork['hosts'][number];
export type NetworkMode = NetworkPolicy['mode'];

/** Each way out, and what it means. */
export const modes: readonly { readonly mode: NetworkMode; readonly words: string; readonly meaning: string }[] = [
  { mode: 'none', words: 'No network', meaning: 'Nothing can be reached.' },
  { mode: 'allow', words: 'Listed hosts only', meaning: 'What is listed can be reached, all else is refused.' },
  { mode: 'ask', words: 'Listed hosts, ask about others', meaning: 'The first contact with any other host is a question to a person.' },
  { mode: 'open', words: 'The public internet', meaning: 'Every public host on ports 80 and 443.' },
];

/** A host that may be reached, by the policy or because a person added it. */
export type Rule = { readonly key: string; readonly rule: HostRule; readonly by: 'policy' | 'person' };

/** Every host that may be reached by name. */
export function rulesOf({ policy, allowed }: Pick<RunNetwork, 'policy' | 'allowed'>): readonly Rule[] {
  const listed = 'allow' in policy ? policy.allow : [];
  return [
    ...listed.map((rule): Rule => ({ key: `policy ${nameOf(rule)}`, rule, by: 'policy' })),
    ...allowed.map((rule): Rule => ({ key: `person ${nameOf(rule)}`, rule, by: 'person' })),
  ];
}

/** A host with its ports: `*.example.org:80,443`. */
export function nameOf({ host, ports }: HostRule): string {
  return `${host}:${ports.join(',')}`;
}

/** How a host that was contacted stands. */
export type Standing = 'reached' | 'refused' | 'mixed' | 'asked';

export type Contact = {
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly standing: Standing;
  readonly total: HostTotal | null;
  /** Why it was refused last. */
  readonly reason: string | null;
  /** The question about it, while that is open. */
  readonly approvalId: string | null;
  /** Whether it stands among the rules under its own name: there is nothing to allow. */
  readonly isListed: boolean;
};

/** What the run asked for: open questions first, then what was refused, then what was reached, by bytes. */
export function contactsOf(network: RunNetwork): readonly Contact[] {
  const rules = rulesOf(network);
  const isListed = (host: string, port: number) => rules.some(({ rule }) => rule.host === host && rule.ports.includes(port));
  const asked = network.questions.flatMap(({ id, network: about }) => (about === undefined ? [] : [{ id, ...about }]));
  const known = network.hosts.map((total): Contact => {
    const question = asked.find(({ host, port }) => host === total.host && port === total.port);
    const standing = question !== undefined ? 'asked' : total.allowed > 0 && total.refused > 0 ? 'mixed' : total.allowed > 0 ? 'reached' : 'refused';
    return { key: `${total.host}:${total.port}`, host: total.host, port: total.port, standing, total, reason: total.reason, approvalId: question?.id ?? null, isListed: isListed(total.host, total.port) };
  });
  const unseen = asked.filter(({ host, port }) => !known.some((one) => one.host === host && one.port === port))
    .map(({ id, host, port }): Contact => ({ key: `${host}:${port}`, host, port, standing: 'asked', total: null, reason: null, approvalId: id, isListed: false }));
  const bytes = ({ total }: Contact) => (total === null ? 0 : total.bytesUp + total.bytesDown);
  return [...unseen, ...known].toSorted((one, other) => order[one.standing] - order[other.standing] || bytes(other) - bytes(one) || (one.key < other.key ? -1 : 1));
}

/** What a run asked for by its record, where nobody remembers how much: the first of each kind is written down. */
export function recordedContacts(facts: readonly RunFact[]): readonly Contact[] {
  const known = new Map<string, Contact>();
  for (const fact of facts) {
    if (fact.type !== 'network.decided' || fact.contact.host === '') continue;
    const { host, port, verdict, reason } = fact.contact;
    const key = `${host}:${port}`;
    const before = known.get(key);
    const now: Standing = verdict === 'allowed' ? 'reached' : 'refused';
    const standing = before === undefined || before.standing === now ? now : 'mixed';
    known.set(key, { key, host, port, standing, total: null, reason: verdict === 'refused' ? reason : (before?.reason ?? null), approvalId: null, isListed: false });
  }
  return [...known.values()].toSorted((one, other) => order[one.standing] - order[other.standing] || (one.key < other.key ? -1 : 1));
}

const order: Readonly<Record<Standing, number>> = { asked: 0, refused: 1, mixed: 2, reached: 3 };

/** Bytes in both directions over all hosts. */
export function trafficOf({ hosts }: Pick<RunNetwork, 'hosts'>): { readonly up: number; readonly down: number } {
  return hosts.reduce((sum, { bytesUp, bytesDown }) => ({ up: sum.up + bytesUp, down: sum.down + bytesDown }), { up: 0, down: 0 });
}
