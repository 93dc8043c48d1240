import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import { answersOf } from './answers.ts';
import { begin, fail } from './change.ts';
import type { Change } from './change.ts';
import { spentBudget } from './budgets.ts';
import { withdrawnQuestions } from './networking.ts';
import { unknownOutcome } from './stepping.ts';

/** The final message is the answer. */
export function succeed(): Change {
  return { context: { ending: { state: 'succeeded', failure: null, reason: 'the model finished' } } };
}

/** A budget is used up. */
export function exhaust(context: RunContext): Change {
  const spent = spentBudget(context);
  return spent === null ? {} : { context: fail(spent.code, spent.message) };
}

/** The working time is used up. */
export function runOutOfTime(context: RunContext): Change {
  return { context: fail('budget_duration', `the working time of ${context.request.budgets.maxDurationMs} ms (maxDurationMs) is used up`) };
}

/** The run goes round in circles, and nobody is to be asked. */
export function endStuck(): Change {
  return { context: fail('stuck', 'the model repeated itself, or left the screen as it was for too long (loopGuard), and the run was to end then (onStuck)') };
}

/** Nobody came in time. */
export function giveUpWaiting(context: RunContext): Change {
  if (context.asked.length > 0) return { context: fail('caller_lost', `the caller did not answer ${context.asked.map(({ name }) => name).join(', ')} in time`) };
  return { context: fail('stuck', context.isStuck ? 'the model repeated the same turn on the same screen, and nobody answered in time' : 'nobody resumed the paused run in time') };
}

/** Somebody ended the run. */
export function cancelled(_context: RunContext, command: RunCommand): Change {
  if (command.type !== 'cancel') return {};
  const reason = `${command.reason} (by ${command.by})`;
  return { context: { ending: { state: 'cancelled', failure: null, reason } } };
}

/** The caller released its desktop: the ordinary end of its run. */
export function callerDone(_context: RunContext, command: RunCommand): Change {
  return command.type === 'caller.release' ? { context: { ending: { state: 'succeeded', failure: null, reason: `released by ${command.by}` } } } : {};
}

/** The model could not be asked. */
export function modelFailed(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'model.failed') return {};
  const { effectId, message, ms } = command;
  return { context: { awaits: null, ...fail('model_failed', message) }, facts: [{ type: 'model.failed', turn: context.turns, askId: effectId, message, ms }] };
}

/** No desktop could be had. */
export function desktopFailed(_context: RunContext, command: RunCommand): Change {
  return command.type === 'desktop.failed' ? { context: { awaits: null, desktopId: null, ...fail('desktop_failed', command.message) } } : {};
}

/** The desktop could not be asked. An action in flight is `unknown`: nobody can find out any more whether it was performed. */
export function desktopUnreachable(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.unreachable') return {};
  const end = context.ending === null ? fail('desktop_lost', command.message) : {};
  return { context: { awaits: null, ...end }, facts: context.awaits?.kind === 'perform' ? [unknownOutcome(context, context.awaits, command.message)] : [] };
}

/** The desktop ended under the run, which lets go of what is left of it. For a caller's run its release is the ordinary end. */
export function desktopEnded(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.ended' || command.desktopId !== context.desktopId) return {};
  const { desktopId, kind, reason } = command;
  const facts: RunFact[] = [{ type: 'desktop.ended', desktopId, kind, reason }];
  if (context.driver === 'caller' && kind === 'released') {
    return { context: { desktopId: null, ending: { state: 'succeeded', failure: null, reason } }, facts };
  }
  return { context: { desktopId: null, lostDesktopId: kind === 'released' ? null : desktopId, ...fail('desktop_lost', `the desktop ended (${kind}): ${reason}`) }, facts };
}

/** The desktop will end by its age: the run ends before it, and takes what lies in the Outbox along. Whoever is in control keeps nothing of it. */
export function desktopExpires(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.expires') return {};
  const { ending } = fail('desktop_lost', `the desktop ended: ${command.reason}`);
  return { context: { lease: null, ending: { ...ending, releasesDesktop: true } } };
}

/** Answers whatever is still open, withdraws what is asked, and puts everything away. */
export function beginFinish(context: RunContext, command: RunCommand): Change {
  const facts: RunFact[] = [];
  const { turn, approval } = context;
  const leaves = context.standsInFor === null ? context.lease : null;
  if (turn !== null) {
    const stopped = { ...turn, stoppedBy: `Not executed: the run ended (${context.ending?.reason ?? 'no reason'}).` };
    facts.push({ type: 'turn.ended', turn: turn.number, results: answersOf(stopped, context.frame?.frameId ?? null) });
  }
  if (approval !== null) facts.push({ type: 'approval.ended', approval: { ...approval, state: 'withdrawn', decidedAt: command.at, reason: 'the run ended' } });
  facts.push(...withdrawnQuestions(context, command.at));
  const asked = context.network === undefined ? {} : { network: { ...context.network, questions: [] } };
  const done = { turn: null, approval: null, waitsUntil: null, asked: [], lease: null, standsStill: null, ...asked };
  const change = begin(context, 'finish', (effectId) => ({ kind: 'finish', effectId, ...(leaves === null ? {} : { leaves }) }), done);
  return { ...change, facts };
}

/** Everything is put away. */
export function finished(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'finished' || context.ending === null) return {};
  const { ending, usage, steps, turns, answer, desktopId } = context;
  const facts: RunFact[] = command.artefacts.map((artefact) => ({ type: 'artefact.kept', artefact }));
  for (const text of command.lost) facts.push({ type: 'note.added', from: 'vitrine', by: 'vitrine', text, frameId: null });
  if (command.released && desktopId !== null) facts.push({ type: 'desktop.ended', desktopId, kind: 'released', reason: command.reason });
  facts.push({ type: 'run.ended', state: ending.state, answer, failure: ending.failure, usage, steps, turns });
  return { context: { awaits: null, endedAt: command.at, artefacts: command.artefacts }, facts };
}
