import { statusOf, waitsForPerson } from '../../state/session-status.ts';
import type { Session, Tone } from '../../state/session-status.ts';

/** The groups that the states of a session fall into on this page. */
export const groups = ['waiting', 'person', 'working', 'queued', 'idle'] as const;
export type Group = (typeof groups)[number];

export const orders = ['newest', 'longest', 'cost', 'steps', 'task'] as const;
export type Order = (typeof orders)[number];

/** What of the sessions is shown, and in which order. Those that wait for a person always come first. */
export type SessionFilter = { readonly text: string; readonly group: Group | 'all'; readonly model: string; readonly order: Order };

export const noFilter: SessionFilter = { text: '', group: 'all', model: '', order: 'newest' };

/** The filter that a URL's query says; what it does not say, or says wrongly, is not filtered. */
export function filterOf(query: Readonly<Record<string, string | undefined>>): SessionFilter {
  return {
    text: query['q'] ?? '',
    group: groups.find((group) => group === query['state']) ?? 'all',
    model: query['model'] ?? '',
    order: orders.find((order) => order === query['sort']) ?? 'newest',
  };
}

/** The address that says this filter. */
export function addressOf({ text, group, model, order }: SessionFilter): string {
  const said = { q: text, state: group === 'all' ? '' : group, model, sort: order === 'newest' ? '' : order };
  const search = new URLSearchParams(Object.entries(said).filter(([, value]) => value !== ''));
  return search.size === 0 ? '/' : `/?${search}`;
}

const groupOfTone: Readonly<Record<Tone, Group>> = { waiting: 'waiting', person: 'person', working: 'working', queued: 'queued', idle: 'idle', succeeded: 'idle', failed: 'idle', cancelled: 'idle' };

/** The group of a session. */
export function groupOf(session: Session): Group {
  if (session.run !== null && waitsForPerson(session.run)) return 'waiting';
  return groupOfTone[statusOf(session).tone];
}

/** How many sessions there are in each group, whatever the group that is chosen; `all` of them together. */
export function countsOf(sessions: readonly Session[], filter: SessionFilter): Readonly<Record<Group | 'all', number>> {
  const counts = { all: 0, waiting: 0, person: 0, working: 0, queued: 0, idle: 0 };
  for (const session of sessions) {
    if (!isFound(session, { ...filter, group: 'all' })) continue;
    counts.all += 1;
    counts[groupOf(session)] += 1;
  }
  return counts;
}

/** What is shown: those that wait for a person (longest first), those at work, and the queue by its places. */
export type Shown = { readonly waiting: readonly Session[]; readonly present: readonly Session[]; readonly queued: readonly Session[] };

/** The sessions that a filter lets through, in its order. */
export function shownBy(sessions: readonly Session[], filter: SessionFilter): Shown {
  const found = sessions.filter((session) => isFound(session, filter));
  return {
    waiting: found.filter((session) => groupOf(session) === 'waiting').toSorted((one, other) => beganAt(one) - beganAt(other) || byKey(one, other)),
    present: found.filter((session) => !['waiting', 'queued'].includes(groupOf(session))).toSorted((one, other) => comparing[filter.order](one, other) || byKey(one, other)),
    queued: found.filter((session) => groupOf(session) === 'queued').toSorted((one, other) => placeOf(one) - placeOf(other) || beganAt(one) - beganAt(other) || byKey(one, other)),
  };
}

/** The names of the models that these sessions have. */
export function modelsOf(sessions: readonly Session[]): string[] {
  return [...new Set(sessions.flatMap(({ run }) => run?.model ?? []))].toSorted();
}

function isFound(session: Session, { text, group, model }: SessionFilter): boolean {
  if (group !== 'all' && groupOf(session) !== group) return false;
  if (model !== '' && session.run?.model !== model) return false;
  const [said, ids] = [textOf(session), idsOf(session)];
  return text.toLowerCase().split(/\s+/).every((word) => said.includes(word) || (word.length >= minIdCharacters && ids.includes(word)));
}

/** Ids are random: fewer characters of one would find anything. */
const minIdCharacters = 3;

function idsOf({ run, desktop }: Session): string {
  return `${run?.id}\n${desktop?.id}`.toLowerCase();
}

function textOf({ run }: Session): string {
  const lease = run?.lease ?? null;
  return [run?.task, run?.model, run?.waitsFor, lease?.holder, ...Object.entries(run?.metadata ?? {}).flat()].join('\n').toLowerCase();
}

const comparing: Readonly<Record<Order, (one: Session, other: Session) => number>> = {
  newest: (one, other) => beganAt(other) - beganAt(one),
  longest: (one, other) => beganAt(one) - beganAt(other),
  cost: (one, other) => (other.run?.costUsd ?? -1) - (one.run?.costUsd ?? -1),
  steps: (one, other) => (other.run?.steps ?? -1) - (one.run?.steps ?? -1),
  task: (one, other) => (one.run?.task ?? '').localeCompare(other.run?.task ?? ''),
};

function beganAt({ run, desktop }: Session): number {
  return run?.createdAt ?? desktop?.createdAt ?? 0;
}

function placeOf({ run }: Session): number {
  return run?.queue?.position ?? Number.MAX_SAFE_INTEGER;
}

function byKey(one: Session, other: Session): number {
  return one.key < other.key ? -1 : 1;
}
