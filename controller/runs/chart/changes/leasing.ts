import type { RunCommand } from '../run-command.ts';
import type { Lease, RunContext } from '../run-context.ts';
import type { RunEffectOf } from '../run-effect.ts';
import type { RunFact } from '../../run-event.ts';
import { wordsOfDeeds, withDeed } from '../../control/operator-action.ts';
import { fail, nextEffect } from './change.ts';
import type { Change } from './change.ts';
import { interrupted, maxWaitMs, waitsUntilAfter } from './controlling.ts';

/** Raises the desktop's control epoch: whatever was decided for an older one is refused from the commit on, and stopped by the effect. */
function passControl(context: RunContext, why: RunEffectOf<'fence'>['why']): { readonly next: Partial<RunContext>; readonly fence: RunEffectOf<'fence'> } {
  const epoch = context.epoch + 1;
  const { effectId, effectCount } = nextEffect(context, 'fence');
  const fence = { kind: 'fence', effectId, epoch, why } as const;
  return { next: { epoch, effectCount, fencing: fence, frame: context.frame && { ...context.frame, isFresh: false } }, fence };
}

/** A person takes control, at once: nothing of the agent begins any more, and what is under way is stopped at its next safe point. */
export function takeControl(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'control.take') return {};
  const { at, leaseId, holder, principal, ttlMs, reason } = command;
  const { next, fence } = passControl(context, 'taken');
  const before = context.lease === null ? [] : [noteOf(context.lease, at, `${holder} has taken it over from them`)];
  const lease: Lease = { id: leaseId, holder, principal, reason, takenAt: at, until: at + ttlMs, requests: [], deeds: {} };
  const changed: RunFact = { type: 'control.changed', control: 'operator', epoch: fence.epoch, by: holder, until: lease.until, ...(reason === null ? {} : { reason }) };
  return { context: { ...next, lease, waitsUntil: null, standsStill: null, unreadNotes: context.unreadNotes + before.length }, facts: [...before, changed], begin: fence };
}

/** The screen must not be looked at for the model any more, nor files be put in; both are done again when control comes back. */
export function dropObservation(): Change {
  return { context: { awaits: null } };
}

/** The holder stays longer. */
export function renewControl({ lease }: RunContext, command: RunCommand): Change {
  return command.type !== 'control.renew' || lease === null ? {} : { context: { lease: { ...lease, until: Math.max(lease.until, command.at + command.ttlMs) } } };
}

/** Counts what its holder did past the journal. */
export function addDeeds({ lease }: RunContext, command: RunCommand): Change {
  if (command.type !== 'operator.live' || lease === null) return {};
  const deeds = { ...lease.deeds };
  for (const [kind, count] of Object.entries(command.deeds)) deeds[kind] = (deeds[kind] ?? 0) + count;
  return { context: { lease: { ...lease, deeds } } };
}

const maxRequests = 20;

/** Somebody else would like to have control: the holder is asked. */
export function requestControl({ lease }: RunContext, command: RunCommand): Change {
  if (command.type !== 'control.request' || lease === null) return {};
  const { at, by, reason } = command;
  const requests = [...lease.requests.filter((one) => one.by !== by), { by, at, reason }].slice(-maxRequests);
  return { context: { lease: { ...lease, requests } }, facts: [{ type: 'control.requested', by, ...(reason === null ? {} : { reason }) }] };
}

/** Control goes back to the agent, after a fresh look; the model is told what happened in between. */
export function giveBack(context: RunContext, command: RunCommand): Change {
  const { lease } = context;
  if (command.type !== 'control.giveBack' || lease === null) return {};
  const { next, fence } = passControl(context, 'given_back');
  const said = command.note === null ? 'They have given it back.' : `They have given it back and say: ${command.note}`;
  return {
    context: {
      ...next, lease: null, isStuck: false, repeats: { key: '', count: 0 }, turn: interrupted(context, 'a person was in control meanwhile'),
      unreadNotes: context.unreadNotes + 1, waitsUntil: waitsUntilAfter({ ...context, isStuck: false }, command.at),
    },
    facts: [{ type: 'control.changed', control: 'agent', epoch: fence.epoch, by: lease.holder }, noteOf(lease, command.at, said)],
    begin: fence,
  };
}

/** Nobody renewed the lease: the run stands still until a person decides; the agent does not get control by that. */
export function expireControl(context: RunContext, command: RunCommand): Change {
  const { lease } = context;
  if (lease === null) return {};
  const { next, fence } = passControl(context, 'expired');
  const reason = `the lease of ${lease.holder} ended and was not renewed`;
  return {
    context: {
      ...next, lease: null, waitsUntil: command.at + maxWaitMs, standsStill: { why: 'lease_expired', since: command.at, by: lease.holder, reason },
      unreadNotes: context.unreadNotes + 1,
    },
    facts: [{ type: 'control.changed', control: 'paused', epoch: fence.epoch, by: 'vitrine', reason }, noteOf(lease, command.at, 'They did not give it back; their time was over.')],
    begin: fence,
  };
}

/** A run that only carried a person's control on ends with it. */
export function standInDone({ lease }: RunContext, command: RunCommand): Change {
  if (lease === null) return {};
  const reason = command.type === 'control.giveBack' ? `${lease.holder} gave control back` : `the lease of ${lease.holder} ended`;
  return { context: { lease: null, ending: { state: 'succeeded', failure: null, reason } } };
}

/** The desktop is lost, and control of it: the run gets a fresh one when a person resumes it. */
export function loseControl({ lease, epoch, unreadNotes }: RunContext, command: RunCommand): Change {
  if (lease === null) return {};
  const reason = `the desktop was lost while ${lease.holder} was in control`;
  return {
    context: { lease: null, standsStill: { why: 'lease_expired', since: command.at, by: lease.holder, reason }, unreadNotes: unreadNotes + 1 },
    facts: [{ type: 'control.changed', control: 'paused', epoch, by: 'vitrine', reason }, noteOf(lease, command.at, 'Then the desktop was lost.')],
  };
}

/** The end of an action of a person that nobody can find out about any more. */
export function lostOperation({ operating, lease }: RunContext, message: string): RunFact[] {
  if (operating === null) return [];
  const outcome = { status: 'unknown' as const, error: { code: 'internal' as const, message }, effect: { kind: 'nothing' as const } };
  return [{ type: 'operator.acted', actionId: operating.effectId, by: lease?.holder ?? 'operator', epoch: operating.epoch, action: operating.action, outcome }];
}

/** The desktop belongs to the new epoch: nothing older is performed on it any more. */
export function fenced(_context: RunContext, command: RunCommand): Change {
  if (command.type !== 'fenced') return {};
  const { epoch, released, stopped, processes, problem } = command;
  return { context: { fencing: null }, facts: [{ type: 'control.fenced', epoch, released, stopped: [...stopped], processes: [...processes], problem }] };
}

/** The desktop could not be told: it answers no more, and nobody may believe to be alone on it. */
export function fenceFailed(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'fence.failed') return {};
  const end = context.ending === null ? fail('desktop_lost', `control could not be passed: ${command.message}`) : {};
  return { context: { fencing: null, lease: null, ...end } };
}

/** Intends an action of the person in control; the journal knows it without what it types. */
export function intendOperation(context: RunContext, command: RunCommand): Change {
  const { lease, epoch } = context;
  if (command.type !== 'operator.act' || lease === null) return {};
  const { actionId, action } = command;
  const effect: RunEffectOf<'operate'> = { kind: 'operate', effectId: actionId, action, epoch };
  return { context: { operating: effect, lease: { ...lease, deeds: withDeed(lease.deeds, action) } }, begin: effect, facts: [{ type: 'operator.intended', actionId, by: lease.holder, epoch, action }] };
}

/** The outcome of the person's action is known. */
export function operated({ operating }: RunContext, command: RunCommand): Change {
  if (command.type !== 'operated' || operating === null) return {};
  return { context: { operating: null }, facts: [{ type: 'operator.acted', actionId: operating.effectId, by: command.by, epoch: operating.epoch, action: operating.action, outcome: command.outcome }] };
}

/** What the model is told of the time in which a person was in control. */
function noteOf(lease: Lease, at: number, end: string): RunFact {
  const seconds = Math.max(1, Math.round((at - lease.takenAt) / 1000));
  const long = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const text = `A person was in control of this desktop for ${long} and ${wordsOfDeeds(lease.deeds)}. ${end} The screen may look different from what you saw last.`;
  return { type: 'note.added', from: 'vitrine', by: 'vitrine', text, frameId: null };
}
