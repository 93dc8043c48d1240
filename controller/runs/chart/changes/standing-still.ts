import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import type { Change } from './change.ts';
import { fail } from './change.ts';
import { lostOperation } from './leasing.ts';
import { lostAction } from './starting-over.ts';
import { finished } from './ending.ts';

/** It waited for a desktop as long as it was to. */
export function leaveQueue(context: RunContext): Change {
  return { context: fail('queue_timeout', `no desktop was free within ${context.request.queueTimeoutMs} ms (queueTimeoutMs)`) };
}

/** The caller did nothing for as long as its desktop is kept idle. The desktop goes with the run. */
export function callerIdle(context: RunContext): Change {
  const reason = `released: nobody used it for ${Math.round(context.request.callerTimeoutMs / 1000)} s`;
  return { context: { ending: { state: 'succeeded', failure: null, reason, releasesDesktop: true } } };
}

/** The caller used its desktop in another way than by actions: the time begins anew. */
export function noteUse(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'deadline' || command.usedAt === undefined) return {};
  return { context: { standsUntil: command.usedAt + context.request.callerTimeoutMs } };
}

/** An action that was to end first did not: nobody knows whether it was done. */
export function giveUpAction(context: RunContext): Change {
  const why = 'it did not end in time';
  return { context: { awaits: null, fencing: null, operating: null }, facts: [...lostAction(context, why).facts, ...lostOperation(context, why)] };
}

/** What was to be put away was not, in time: the run ends all the same, and the sweep of desktops does the rest. */
export function finishedLate(context: RunContext, command: RunCommand): Change {
  const lost = ['What lay in ~/Outbox was not kept: the desktop did not answer in time.'];
  return finished(context, { type: 'finished', at: command.at, effectId: '', artefacts: [], lost, released: false, reason: '' });
}

/** The wall clock was set: whatever was due keeps its distance from now. */
export function shiftClock(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'clock.jumped') return {};
  const { driftMs } = command;
  const shifted = (at: number | null) => (typeof at === 'number' ? at + driftMs : null);
  const { clock, approval, lease, standsStill } = context;
  return {
    context: {
      clock: { ...clock, since: shifted(clock.since) },
      waitsUntil: shifted(context.waitsUntil),
      standsUntil: shifted(context.standsUntil),
      lease: lease && { ...lease, takenAt: lease.takenAt + driftMs, until: lease.until + driftMs },
      standsStill: standsStill && { ...standsStill, since: standsStill.since + driftMs },
      approval: approval && { ...approval, expiresAt: approval.expiresAt + driftMs },
      ...(context.network === undefined ? {} : { network: { ...context.network, questions: context.network.questions.map((question) => ({ ...question, expiresAt: question.expiresAt + driftMs })) } }),
    },
    facts: [{ type: 'clock.jumped', driftMs }],
  };
}
