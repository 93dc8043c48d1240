import { limits, pointsOf } from '../../../sandbox-image/wire/index.ts';
import type { Action, Frame, Point } from '../../../sandbox-image/wire/index.ts';
import type { Coordinates } from '../coordinates.ts';
import { readOfferedCall } from '../desktop-functions.ts';
import type { FunctionCall } from '../desktop-functions.ts';
import type { Call, Offer } from '../transcript.ts';
import { readComputerCall } from './read-computer-call.ts';
import type { ReadComputerCall } from './read-computer-call.ts';

/** What the answers of a model without native computer use are read with. */
export type FunctionOptions = {
  /** The picture that the coordinates belong to, and where the pointer was. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height' | 'pointer'>;
  readonly coordinates: Coordinates;
  readonly offer: Offer;
  /** How long a `wait` that names no duration lasts. */
  readonly waitMs: number;
};

/** A call of a function; `problem` where not even that could be read. */
export type FoundCall = FunctionCall & { readonly problem?: string };

/** What calls come to: those to perform, and the last words that were given in calls. */
export type ReadCalls = { readonly calls: Call[]; readonly finals: string[] };

/** The functions of the screen, in both spellings. */
const screenFunctions: readonly string[] = ['computer', 'computer_use'];

/** The calls of one answer, in order. A last word beside other calls is a problem: it was said before their outcome was seen. */
export function readFunctionCalls(found: readonly FoundCall[], options: FunctionOptions): ReadCalls {
  let pointer: Point = options.frame.pointer;
  let actionCount = 0;
  const read = found.map((call): ReadComputerCall & { callId: string; call?: Call } => {
    const { callId } = call;
    if (call.problem !== undefined) return { callId, problem: call.problem };
    if (!screenFunctions.includes(call.name)) return { callId, problem: '', call: readOfferedCall(call, options.offer, 'the function computer') };
    const one = readComputerCall(call.arguments, { ...options, pointer });
    if ('action' in one) pointer = pointsOf(one.action).at(-1) ?? pointer;
    return { callId, ...one };
  });
  if (read.every((one) => 'final' in one)) return { calls: [], finals: read.map((one) => ('final' in one ? one.final : '')) };
  const calls = read.map((one): Call => {
    if (one.call !== undefined) return one.call;
    if ('problem' in one) return wrong(one.callId, one.problem);
    if ('final' in one) return wrong(one.callId, 'finish in an answer of its own, when you have seen what your other calls did');
    actionCount += 1;
    if (actionCount > limits.maxActionsPerTurn) return wrong(one.callId, `more than ${limits.maxActionsPerTurn} actions in one turn: ask for fewer at a time`);
    return callOf(one.callId, [one.action]);
  });
  return { calls, finals: [] };
}

/** A call of the screen. */
export function callOf(callId: string, actions: Action[]): Call {
  return { callId, actions, safetyChecks: [] };
}

/** A call that cannot be performed. */
export function wrong(callId: string, problem: string): Call {
  return { callId, actions: [], safetyChecks: [], problem };
}
