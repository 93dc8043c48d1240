import { networkOf } from './changes/networking.ts';
import type { RunContext } from './run-context.ts';

/** The deadlines of a run, by id. */
export const deadlineIds = { duration: 'duration', approval: 'approval', wait: 'wait', stand: 'stand', lease: 'lease' } as const;

/** Every time at which the run must be woken, from its data alone. A run that is not over has at least one. */
export function deadlinesOf(context: RunContext): { readonly deadlineId: string; readonly dueAt: number }[] {
  const deadlines: { deadlineId: string; dueAt: number }[] = [];
  const { clock, approval, waitsUntil, standsUntil, request } = context;
  if (clock.since !== null) {
    deadlines.push({ deadlineId: deadlineIds.duration, dueAt: clock.since + Math.max(0, request.budgets.maxDurationMs - clock.activeMs) });
  }
  if (approval !== null) deadlines.push({ deadlineId: deadlineIds.approval, dueAt: approval.expiresAt });
  for (const { id, expiresAt } of networkOf(context).questions) deadlines.push({ deadlineId: id, dueAt: expiresAt });
  if (waitsUntil !== null) deadlines.push({ deadlineId: deadlineIds.wait, dueAt: waitsUntil });
  if (typeof standsUntil === 'number') deadlines.push({ deadlineId: deadlineIds.stand, dueAt: standsUntil });
  if (context.lease !== null && context.ending === null) deadlines.push({ deadlineId: deadlineIds.lease, dueAt: context.lease.until });
  return deadlines;
}
