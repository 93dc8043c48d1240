import type { Action, Frame } from '../../../../sandbox-image/wire/index.ts';
import type { Call } from '../../../dialects/transcript.ts';
import { expectedFocus } from '../../../policy/focus.ts';
import { lineAfter } from '../../../policy/typed-text.ts';
import { editedNote, notesOn, notExecuted } from '../../notes.ts';
import type { RunCommand, RunCommandOf } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { RunEffectOf } from '../run-effect.ts';
import type { RunFact } from '../../run-event.ts';
import type { Change } from './change.ts';
import { editorOf } from './editing.ts';
import { judgedAgain } from './judging-again.ts';
import { stoppedAtCut } from './judging.ts';

/** The action of the open turn that comes next, with its address; undefined when none is left or the turn was stopped. */
export function nextStep(turn: OpenTurn): { readonly call: Call; readonly action: Action } | undefined {
  return turn.stoppedBy === null ? presentStep(turn) : undefined;
}

/** The action at which the turn stands, stopped or not. */
function presentStep(turn: OpenTurn): { readonly call: Call; readonly action: Action } | undefined {
  const call = turn.calls[turn.callIndex];
  const action = call?.actions[turn.actionIndex];
  return call === undefined || action === undefined ? undefined : { call, action };
}

/** Intends the next action of the turn: it is in the journal before anything is sent. */
export function intendStep(context: RunContext): Change {
  const { turn } = context;
  const step = turn === null ? undefined : nextStep(turn);
  if (turn === null || step === undefined) return {};
  const { action } = step;
  const retry = turn.attempt === 0 ? '' : `.r${turn.attempt}`;
  const actionId = `${context.runId}.t${turn.number}.c${turn.callIndex}.a${turn.actionIndex}${retry}`;
  const effect: RunEffectOf<'perform'> = {
    kind: 'perform',
    effectId: actionId,
    action,
    epoch: context.epoch,
    decidedOn: turn.decidedOn,
    staleTarget: context.request.staleTarget,
    allowAnimated: turn.isApproved !== true,
    settle: context.request.settle ?? null,
    capture: 'model',
    ...bound(expectedFocus(context.rules ?? [], turn.focus)),
  };
  return intend(effect, addressOf(context));
}

/** Intends an action that a caller asked for. */
export function intendCallerAction(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'caller.act') return {};
  const { actionId, action, decidedOn, staleTarget, settle, capture, window, isApproved = false } = command;
  return intend({ kind: 'perform', effectId: actionId, action, epoch: context.epoch, decidedOn, staleTarget, allowAnimated: !isApproved, settle, capture, ...bound(window) }, callersAddress);
}

function bound(window: RunEffectOf<'perform'>['window']): Pick<RunEffectOf<'perform'>, 'window'> {
  return window === undefined ? {} : { window };
}

/** Where an action stands: in which turn and call, and who wrote its text if a person edited it. */
type Address = { readonly turn: number; readonly callId: string; readonly index: number; readonly editedBy?: string };

const callersAddress: Address = { turn: 0, callId: '', index: 0 };

function intend(effect: RunEffectOf<'perform'>, address: Address): Change {
  const { effectId: actionId, action, epoch, decidedOn } = effect;
  return { context: { awaits: effect }, begin: effect, facts: [{ type: 'action.intended', actionId, ...address, action, epoch, decidedOn }] };
}

/** The outcome of the action in flight is known. */
export function endStep(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'action.ended' || context.awaits?.kind !== 'perform') return {};
  const { turn, awaits } = context;
  const step = turn === null ? undefined : presentStep(turn);
  const frame = awaits.epoch === context.epoch ? command.outcome.frame : undefined; // later than the agent's time: a person may have been in control
  const after = {
    awaits: null,
    steps: context.steps + 1,
    line: command.outcome.status === 'refused' ? context.line : lineAfter(context.line ?? '', awaits.action),
    frame: frame === undefined ? context.frame && { ...context.frame, isFresh: false } : seen(frame),
  };
  const facts = factsOf(awaits, addressOf(context), command, frame);
  if (turn === null || step === undefined) return { context: after, facts };
  const advanced = advance(turn, step, command, frame?.frameId ?? null);
  const judged = frame === undefined ? { turn: advanced, facts: [] } : judgedAgain({ ...context, line: after.line }, advanced, frame, awaits.action);
  return { context: { ...after, turn: judged.turn }, facts: [...facts, ...judged.facts] };
}

/** A frame as the run remembers its last one. */
export function seen({ frameId, hash, window }: Frame): NonNullable<RunContext['frame']> {
  return { frameId, hash, isFresh: true, ...(window === undefined ? {} : { window }) };
}

/** The journal's word on an action whose desktop was lost before it answered. */
export function unknownOutcome(context: RunContext, effect: RunEffectOf<'perform'>, message: string): Extract<RunFact, { type: 'action.ended' }> {
  const { effectId: actionId, action } = effect;
  return {
    type: 'action.ended',
    actionId,
    ...addressOf(context),
    action,
    outcome: {
      actionId, status: 'unknown', error: { code: 'internal', message }, pointer: { x: 0, y: 0 }, effect: { kind: 'nothing' }, settled: false, waitedMs: 0, warnings: [], replayed: false,
    },
    frameId: null,
    timings: { queueMs: 0, inputMs: 0, settleMs: 0, captureMs: 0, relayMs: 0 },
  };
}

function addressOf({ turn }: RunContext): Address {
  const step = turn === null ? undefined : presentStep(turn);
  if (turn === null || step === undefined) return callersAddress;
  const editedBy = editorOf(turn);
  return { turn: turn.number, callId: step.call.callId, index: turn.actionIndex, ...(editedBy === undefined ? {} : { editedBy }) };
}

function factsOf(effect: RunEffectOf<'perform'>, address: Address, { outcome, timings }: RunCommandOf<'action.ended'>, frame: Frame | undefined): RunFact[] {
  const { frame: _captured, timings: _inside, ...rest } = outcome;
  const facts: RunFact[] = frame === undefined ? [] : [{ type: 'frame.captured', frame, why: 'after_action' }];
  facts.push({ type: 'action.ended', actionId: effect.effectId, ...address, action: effect.action, outcome: rest, frameId: frame?.frameId ?? null, timings });
  return facts;
}

/** Moves on to the next action or call; stops the turn at the first action that was not performed. */
function advance(turn: OpenTurn, { call, action }: { call: Call; action: Action }, { outcome }: RunCommandOf<'action.ended'>, frameId: string | null): OpenTurn {
  const notes = [...turn.notes, ...editedNote(action, outcome, editorOf(turn)), ...notesOn(action, outcome)];
  if (outcome.status !== 'performed') {
    if (outcome.error?.code === 'stale_target' && turn.isApproved === true) return { ...turn, asksAgain: true, isAcknowledged: false, attempt: turn.attempt + 1 };
    const result = { callId: call.callId, isError: true, notes, acknowledged: call.safetyChecks, frameId };
    return { ...turn, notes: [], results: [...turn.results, result], callIndex: turn.callIndex + 1, actionIndex: 0, stoppedBy: notExecuted };
  }
  if (turn.actionIndex + 1 < call.actions.length) return stoppedAtCut({ ...turn, notes, actionIndex: turn.actionIndex + 1, attempt: 0 });
  const result = { callId: call.callId, isError: false, notes, acknowledged: call.safetyChecks, frameId };
  return stoppedAtCut({ ...turn, notes: [], results: [...turn.results, result], callIndex: turn.callIndex + 1, actionIndex: 0, attempt: 0 });
}
