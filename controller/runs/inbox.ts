import type { Approval } from '../approvals/approval.ts';
import { openApprovals } from './chart/open-approvals.ts';
import type { InboxItem } from './control/control.ts';
import type { RunContext } from './chart/run-context.ts';
import type { Place } from './chart/run-view.ts';

/** Everything that waits for a person over these runs, the oldest first. */
export function inboxOf(runs: readonly { readonly context: RunContext; readonly place: Place }[]): InboxItem[] {
  return runs.flatMap(({ context, place }) => itemsOf(context, place)).toSorted((one, other) => one.since - other.since);
}

function wordsOf({ kind, network, question }: Approval): string {
  switch (kind) {
    case 'safety_check': return 'Decide on a safety check';
    case 'policy': return 'Decide on what a rule asks about';
    case 'stale_target': return 'Decide again: the screen changed since the approval';
    case 'network': return `Decide whether the desktop may reach ${network?.host}:${network?.port}`;
    case 'question': return `Answer the model: ${question?.text ?? ''}`;
  }
}

function itemsOf(context: RunContext, { state, control }: Place): InboxItem[] {
  const { standsStill, lease, waitsUntil, request } = context;
  const about = { runId: context.runId, desktopId: context.desktopId, task: request.task.slice(0, 500), approvalId: null };
  const items: InboxItem[] = [];
  if (state === 'finishing') return items;
  for (const asked of openApprovals(context)) items.push({ ...about, kind: 'approval', approvalId: asked.id, since: asked.openedAt, until: asked.expiresAt, words: wordsOf(asked) });
  if (state === 'awaitingOperator' && control !== 'operator') {
    const since = standsStill?.why === 'stuck' ? standsStill.since : (waitsUntil ?? 0) - request.approvalTimeoutMs;
    items.push({ ...about, kind: 'stuck', since, until: waitsUntil, words: 'The model repeats itself on the same screen: say something to it, resume it, or cancel it' });
  }
  if (control === 'paused' && standsStill !== null && standsStill.why !== 'stuck') {
    const { why, since, by, reason } = standsStill;
    const words = why === 'lease_expired' ? `${reason ?? 'a lease ended'}: resume the run, take control, or cancel it` : `Paused by ${by}${reason === null ? '' : `: ${reason}`}; resume it, or cancel it`;
    items.push({ ...about, kind: why, since, until: waitsUntil, words });
  }
  for (const { by, at, reason } of lease?.requests ?? []) {
    items.push({ ...about, kind: 'control_requested', since: at, until: lease?.until ?? null, words: `${by} asks ${lease?.holder ?? 'the holder'} for control${reason === null ? '' : `: ${reason}`}` });
  }
  return items;
}
