import type { Call, CallResult } from '../../../dialects/transcript.ts';
import type { RunCommand } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import type { Asked } from '../../run.ts';
import type { CallerAnswer } from '../../runs.ts';
import type { Change } from './change.ts';
import { stoppedAtCut } from './judging.ts';

/** Output of a tool kept in the journal and told to the model, in characters. */
const maxOutputCharacters = 50_000;

/** The present call of the turn, if nothing stopped the turn. */
export function presentCall(turn: OpenTurn | null): Call | undefined {
  return turn === null || turn.stoppedBy !== null ? undefined : turn.calls[turn.callIndex];
}

/** Intends the use of a desktop's tool: it is in the journal before anything is sent. */
export function intendTool(context: RunContext): Change {
  const { turn } = context;
  const call = presentCall(turn);
  if (turn === null || call?.tool === undefined) return {};
  const { callId, tool } = call;
  const effect = { kind: 'use', effectId: `${context.runId}.t${turn.number}.c${turn.callIndex}.use`, tool } as const;
  return { context: { awaits: effect }, begin: effect, facts: [{ type: 'tool.intended', actionId: effect.effectId, turn: turn.number, callId, tool }] };
}

/** The outcome of the tool is known. A tool that reports an error was used all the same: the turn goes on. */
export function endTool(context: RunContext, command: RunCommand): Change {
  const { turn, awaits } = context;
  if (command.type !== 'tool.ended' || awaits?.kind !== 'use') return {};
  const call = turn?.calls[turn.callIndex];
  const output = shorten(command.output);
  const { isError, ms } = command;
  const fact: RunFact = { type: 'tool.ended', actionId: awaits.effectId, turn: turn?.number ?? 0, callId: call?.callId ?? '', tool: awaits.tool, output, isError, ms };
  const after = { awaits: null, steps: context.steps + 1, frame: context.frame && { ...context.frame, isFresh: false } };
  if (turn === null || call === undefined) return { context: after, facts: [fact] };
  const result: CallResult = { callId: call.callId, isError, notes: [], acknowledged: call.safetyChecks, output, frameId: null };
  return { context: { ...after, turn: withResults(turn, [result]) }, facts: [fact] };
}

/** The calls of the caller's functions that come next, up to the next call of another kind. */
export function nextAsked(turn: OpenTurn | null): readonly Asked[] {
  if (turn === null || turn.stoppedBy !== null) return [];
  const asked: Asked[] = [];
  for (const { callId, asks } of turn.calls.slice(turn.callIndex, turn.cut?.callIndex)) {
    if (asks === undefined) break;
    asked.push({ callId, ...asks });
  }
  return asked;
}

/** Asks the caller for what its functions give. */
export function askCaller(context: RunContext, command: RunCommand): Change {
  const asked = nextAsked(context.turn);
  return { context: { asked, waitsUntil: command.at + context.request.callerTimeoutMs }, facts: [{ type: 'caller.asked', turn: context.turn?.number ?? 0, asked: [...asked] }] };
}

/** Whether the answers are exactly those that are waited for. */
export function answersAll(asked: readonly Asked[], answers: readonly CallerAnswer[]): boolean {
  const given = new Set(answers.map(({ callId }) => callId));
  return asked.length > 0 && given.size === answers.length && answers.length === asked.length && asked.every(({ callId }) => given.has(callId));
}

/** The caller's functions answered. */
export function callerAnswered(context: RunContext, command: RunCommand): Change {
  const { turn, asked } = context;
  if (command.type !== 'caller.answer' || turn === null) return {};
  const results = asked.map(({ callId }): CallResult => {
    const answer = command.answers.find((one) => one.callId === callId);
    return { callId, isError: answer?.isError ?? true, notes: [], acknowledged: [], output: answer?.output ?? '', frameId: null };
  });
  const fact: RunFact = { type: 'caller.answered', turn: turn.number, answers: command.answers.map((answer) => ({ ...answer })), by: command.by, ...(command.echo === undefined ? {} : { echo: { ...command.echo } }) };
  return { context: { asked: [], waitsUntil: null, turn: withResults(turn, results), ...(command.rules === undefined ? {} : { answerRules: command.rules, hasAnswered: false }) }, facts: [fact] };
}

function withResults(turn: OpenTurn, results: readonly CallResult[]): OpenTurn {
  return stoppedAtCut({ ...turn, notes: [], results: [...turn.results, ...results], callIndex: turn.callIndex + results.length, actionIndex: 0, attempt: 0 });
}

function shorten(output: string): string {
  if (output.length <= maxOutputCharacters) return output;
  const half = maxOutputCharacters / 2;
  return `${output.slice(0, half)}\n… ${output.length - maxOutputCharacters} characters left out …\n${output.slice(-half)}`;
}
