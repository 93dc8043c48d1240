import { computed, effect, signal, untracked } from '@preact/signals';
import type { Approval, InboxItem } from '../api/answers.ts';
import { call } from '../api/client.ts';
import { clock } from '../api/clock.ts';
import { inbox, liveRun, onRunEvent } from '../state/live.ts';
import { me } from '../state/me.ts';
import { byDeadline, stuckKey } from './queue.ts';
import type { Due } from './queue.ts';

/** A question that is open now: an approval, or a run that stands still until somebody says what to do. */
export type Waiting = Due & ({ readonly kind: 'approval'; readonly approval: Approval } | { readonly kind: 'stuck'; readonly item: InboxItem });

/** So many approvals that are over are remembered, to say what became of them. */
const mostKept = 200;
/** An approval that is open here and not in the inbox is asked for, if it is older than the inbox may be. */
const settledMs = 3000;

/** What runs that asked were about, also when they are over. */
const tasks = new Map<string, string>();

const known = signal<ReadonlyMap<string, Approval>>(new Map());

/** Every open question, the one whose time ends first in front. */
export const waiting = computed<readonly Waiting[]>(() => byDeadline([
  ...[...known.value.values()].filter(({ state }) => state === 'pending').map((approval): Waiting => ({ kind: 'approval', approval, key: approval.id, since: approval.openedAt, until: approval.expiresAt })),
  ...inbox.value.filter(({ kind }) => kind === 'stuck').map((item): Waiting => ({ kind: 'stuck', item, key: stuckKey(item), since: item.since, until: item.until })),
]));

/** An approval by its id, as it is or as it ended, if it was seen here; reading it subscribes to changes. */
export function approvalById(id: string): Approval | undefined {
  return known.value.get(id);
}

/** What kind of thing a run, or a line of the inbox, asks, if it does and that was seen here; reading it subscribes to changes. */
export function kindAskedBy(one: { readonly approvalId: string | null } | null): Approval['kind'] | undefined {
  return one === null || one.approvalId === null ? undefined : approvalById(one.approvalId)?.kind;
}

/** The task of a run that has asked something; undefined if it is not known here. */
export function taskOf(runId: string): string | undefined {
  return tasks.get(runId) ?? untracked(() => liveRun(runId)?.task);
}

/** Takes the newest word on approvals. */
export function takeApprovals(approvals: readonly Approval[]): void {
  const next = new Map(known.value);
  for (const approval of approvals) next.set(approval.id, approval);
  const over = [...next.values()].filter(({ state }) => state !== 'pending');
  for (const { id } of over.slice(0, Math.max(0, over.length - mostKept))) next.delete(id);
  known.value = next;
}

/** Asks how an approval stands. Never rejects: what cannot be asked now is asked again with the next change of the inbox. */
export async function askApproval(id: string): Promise<void> {
  await call('GET /api/approvals/{id}', { params: { id } }).then((approval) => takeApprovals([approval]), () => undefined);
}

/** Follows every approval: those that wait already, then each as it is opened and ended. Call once. */
export function followApprovals(): void {
  onRunEvent(({ fact }) => {
    if (fact.type === 'approval.opened' || fact.type === 'approval.ended') takeApprovals([fact.approval]);
    if (fact.type === 'clock.jumped') void askPending();
  });
  effect(() => {
    if (me.value !== null) return;
    known.value = new Map();
    tasks.clear();
  });
  effect(() => {
    for (const { runId, task } of inbox.value) tasks.set(runId, task);
    const listed = new Set(inbox.value.flatMap(({ approvalId }) => approvalId ?? []));
    untracked(() => reconcile(listed));
  });
}

/** What the inbox names and nobody has seen here is fetched; what it does not name any more is asked for. */
function reconcile(listed: ReadonlySet<string>): void {
  if ([...listed].some((id) => known.value.get(id)?.state !== 'pending')) void askPending();
  for (const { id, state, openedAt } of known.value.values()) {
    if (state === 'pending' && !listed.has(id) && clock() - openedAt > settledMs) void askApproval(id);
  }
}

async function askPending(): Promise<void> {
  await call('GET /api/approvals', { query: { state: 'pending', limit: 200 } }).then(({ approvals }) => takeApprovals(approvals), () => undefined); // Asked again with the next change of the inbox.
}
