import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import { chargedForLostAsk } from './budgets.ts';
import { isHeldUp } from '../run-view.ts';
import { begin, fail } from './change.ts';
import type { Change } from './change.ts';
import { judgedAgain } from './judging-again.ts';
import { seen } from './stepping.ts';

const defaultDisplay = { width: 1280, height: 800 };

/** A desktop id of the run's own making, so that a restart finds the one it asked for. */
export function desktopIdOf(runId: string, startsOver = 0): string {
  return `${runId.replace(/^run-/, 'desktop-')}${startsOver === 0 ? '' : `-${startsOver + 1}`}`;
}

/** Launches a desktop for the run, or takes the one it was given. */
export function takeDesktop(context: RunContext, command: RunCommand): Change {
  const epoch = context.epoch + 1;
  const more = { epoch, startedAt: context.startedAt ?? command.at, lostDesktopId: null };
  const given = context.request.desktopId;
  if (given !== undefined) return begin(context, 'attach', (effectId) => ({ kind: 'attach', effectId, desktopId: given, epoch }), { ...more, desktopId: given });
  const desktopId = desktopIdOf(context.runId, context.startsOver);
  const spec = { display: context.request.display ?? defaultDisplay, template: context.request.template ?? 'default' };
  return begin(context, 'launch', (effectId) => ({ kind: 'launch', effectId, desktopId, spec, epoch, replaces: context.lostDesktopId ?? null }), { ...more, desktopId });
}

/** A controller took the run up again: its working time goes on from now, and a question that was under way is charged with what was held back for it. */
export function takenUp(context: RunContext, command: RunCommand): Change {
  const clock = context.clock.since === null ? context.clock : { ...context.clock, since: command.at };
  const { awaits, reserve } = context;
  if (awaits?.kind !== 'ask' || !reserve) return clock === context.clock ? {} : { context: { clock } };
  const { lost, reserve: next } = chargedForLostAsk(context);
  return { context: { clock, lost, reserve: next }, facts: [{ type: 'model.lost', turn: context.turns, askId: awaits.effectId, tokens: reserve.tokens, costUsd: reserve.costUsd }] };
}

/** A stage of the launch was reached: nothing holds it up. */
export function noteStage(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.stage') return {};
  return { ...(isHeldUp(context) ? { context: { heldUp: null } } : {}), facts: [{ type: 'desktop.stage', time: command.time }] };
}

/** The launch waits for something: none of the run's working time passes meanwhile. */
export function noteWait({ awaits }: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.waits') return {};
  return { ...(awaits?.kind === 'launch' ? { context: { heldUp: awaits.effectId } } : {}), facts: [{ type: 'desktop.waits', reason: command.reason }] };
}

/** What the launch waits for did not come as long as the run was to wait for a desktop. */
export function leaveWait(context: RunContext): Change {
  return { context: fail('queue_timeout', `the desktop's image was not there within ${context.request.queueTimeoutMs} ms (queueTimeoutMs)`) };
}

/** The desktop is there. */
export function desktopReady(_context: RunContext, command: RunCommand): Change {
  if (command.type !== 'desktop.ready') return {};
  const { desktopId, display, launchMs } = command;
  return { context: { awaits: null, display }, facts: [{ type: 'desktop.ready', desktopId, display, launchMs }] };
}

/** What the model is told about its desktop is on record. */
export function noteBriefing(_context: RunContext, command: RunCommand): Change {
  return command.type === 'briefing' ? { facts: [{ type: 'briefing.given', version: command.version, text: command.text }] } : {};
}

/** Looks at the screen: before the first turn, after a turn that left no frame, after a pause. */
export function observe(context: RunContext): Change {
  const why = context.frame === null && context.turns === 0 ? 'task' : context.turn === null ? 'fresh' : 'after_turn';
  return begin(context, 'observe', (effectId) => ({ kind: 'observe', effectId, why }));
}

/** The screen was seen. */
export function observed(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'observed' || context.awaits?.kind !== 'observe') return {};
  const { frame } = command;
  const { turn, facts } = context.turn === null ? { turn: null, facts: [] } : judgedAgain(context, context.turn, frame);
  return { context: { awaits: null, turn, frame: seen(frame) }, facts: [{ type: 'frame.captured', frame, why: context.awaits.why }, ...facts] };
}
