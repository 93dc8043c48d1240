import { offScreen } from '../../../sandbox-image/wire/index.ts';
import type { Action } from '../../../sandbox-image/wire/index.ts';
import type { Desktop, Performed } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { expectedFocus, isSameFocus, movesFocus, watchesFocus } from '../../policy/focus.ts';
import type { Focus } from '../../policy/focus.ts';
import { awaitRun } from '../await-run.ts';
import type { RunDriver } from '../driving/run-driver.ts';
import type { RunCommandOf } from '../chart/run-command.ts';
import type { DirectActions } from '../runs.ts';
import { clearActions, refusedOutcome } from './proposals.ts';
import type { ApprovalOf } from './proposals.ts';
import type { Run } from '../run.ts';

/** Refuses actions that the display does not have room for, before any of them is performed. */
export function refuseOffScreen(request: DirectActions, desktop: Desktop): void {
  for (const [index, action] of request.actions.entries()) {
    const problem = offScreen(action, desktop.display);
    if (problem !== undefined) throw new VitrineError('unprocessable', `actions[${index}]: ${problem}; none of the actions was performed`);
  }
}

/** What a caller's actions are performed with. */
export type DirectTools = {
  readonly driver: RunDriver;
  readonly approvalOf: ApprovalOf;
  /** Looks which window has the focus. */
  readonly look: (signal: AbortSignal) => Promise<Focus>;
};

/** Performs a caller's actions in order through its run, as far as its rules allow, and stops at the first that is not performed. */
export async function performInOrder({ driver, approvalOf, look }: DirectTools, run: Run, request: DirectActions, signal: AbortSignal): Promise<{ readonly run: Run; readonly performed: readonly Performed[] }> {
  const performed: Performed[] = [];
  const rules = driver.contextOf(run.id)?.rules ?? [];
  const seeFocus = async () => (watchesFocus(rules) ? await look(signal) : undefined);
  const clear = async (actions: readonly Action[], focus: Focus, answered: readonly string[]) => await clearActions(driver, approvalOf, last, { actions, decidedOn: request.decidedOn ?? null, focus, answered }, signal);
  let last = await awaitRun(driver, run.id, (view) => view.state === 'awaitingCaller', signal);
  let focus = await seeFocus();
  let { actions, refusal, isApproved, answered } = await clear(request.actions, focus, []);
  for (let done = 0; done < actions.length; done += 1) {
    signal.throwIfAborted();
    last = await awaitRun(driver, run.id, (view) => view.state === 'awaitingCaller', signal);
    const present = done === 0 ? focus : await seeFocus();
    if (!isSameFocus(focus, present) || (watchesFocus(rules) && movesFocus(actions[done - 1]))) {
      // What is left is judged by this window; a refusal from before stands where it stood.
      focus = present;
      const left = await clear(actions.slice(done), focus, answered);
      refusal = left.refusal ?? refusal;
      isApproved ||= left.isApproved;
      answered = left.answered;
      actions = [...actions.slice(0, done), ...left.actions];
    }
    const action = actions[done];
    if (action === undefined) break;
    const bound = expectedFocus(rules, focus);
    const actionId = `${run.id}.d${last.steps + 1}`;
    const one = await performOne(driver, last, {
      type: 'caller.act',
      at: driver.now(),
      actionId,
      action,
      decidedOn: request.decidedOn ?? null,
      isApproved,
      staleTarget: request.staleTarget ?? (request.decidedOn === undefined ? 'off' : 'refuse'),
      ...(bound === undefined ? {} : { window: bound }),
      settle: request.settle ?? null,
      capture: request.capture ?? null,
    }, signal);
    performed.push(one);
    if (one.outcome.status !== 'performed') break;
  }
  last = await awaitRun(driver, run.id, (view) => view.state !== 'executingAction', signal);
  if (refusal !== null && performed.every(({ outcome }) => outcome.status === 'performed')) performed.push(refusedOutcome(`${run.id}.d${last.steps + 1}`, refusal));
  return { run: last, performed };
}

async function performOne(driver: RunDriver, run: Run, command: RunCommandOf<'caller.act'>, signal: AbortSignal): Promise<Performed> {
  const { promise, resolve, reject } = Promise.withResolvers<Performed>();
  const stops = [
    driver.onPerformed((actionId, performed) => {
      if (actionId === command.actionId) resolve(performed);
    }),
    driver.onCommit(({ view }) => {
      if (view.id === run.id && view.endedAt !== null) reject(new VitrineError('gone', view.failure?.message ?? `run ${run.id} ended`));
    }),
  ];
  const onAbort = () => reject(new VitrineError('unavailable', 'the request was given up; whether its last action was performed stands in the events of its run'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (driver.dispatch(run.id, command) === undefined) throw new VitrineError('conflict', `run ${run.id} takes no action now: it is ${run.control === 'agent' ? run.state : run.control}`);
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const stop of stops) stop();
  }
}
