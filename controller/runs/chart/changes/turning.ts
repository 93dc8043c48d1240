import { isOfScreen } from '../../../dialects/transcript.ts';
import type { Call, CallResult, Turn } from '../../../dialects/transcript.ts';
import type { RunCommand } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import { brokenRule, rulesNow } from './answer-rules.ts';
import { answersOf } from './answers.ts';
import { begin, fail } from './change.ts';
import type { Change } from './change.ts';
import { reserveFor } from './budgets.ts';
import { repetition } from './repeating.ts';
import { cutAtQuestion, upToQuestion } from './questioning.ts';
import { heldBack, judgedFacts, stoppedAtCut, waitingCalls, wantsPerson } from './judging.ts';

/** After so many unusable answers in a row a run gives up. */
const maxUselessTurns = 3;

/** Asks the model for its next turn. What it will take is held back before it is asked. */
export function askModel(context: RunContext): Change {
  const turn = context.turns + 1;
  const change = begin(context, 'ask', (effectId) => ({ kind: 'ask', effectId, turn }), { turns: turn, unreadNotes: 0, answer: null, reserve: reserveFor(context) });
  return { ...change, facts: change.begin === undefined ? [] : [{ type: 'model.asked', turn, askId: change.begin.effectId }] };
}

/** The model answered: a turn to perform, a final message, or something that cannot be used. */
export function takeTurn(context: RunContext, command: RunCommand): Change {
  if (command.type !== 'model.answered') return {};
  const { turn: answer, effectId, ms, costUsd } = command;
  const facts: RunFact[] = [{ type: 'model.answered', turn: context.turns, askId: effectId, answer, ms, costUsd }];
  const lastAsk = { tokens: answer.usage.inputTokens + answer.usage.outputTokens, costUsd: costUsd ?? 0 };
  const paid = { awaits: null, reserve: null, lastAsk, usage: sum(context.usage, answer.usage), costUsd: costUsd === null ? context.costUsd : (context.costUsd ?? 0) + costUsd };
  const useless = uselessness(answer);
  if (useless !== null) return discard(context, paid, facts, answer, useless);
  if (answer.refusal !== null) {
    return { context: { ...paid, answer: answer.refusal, ...fail('model_refused', `the model refused: ${answer.refusal}`) }, facts };
  }
  const broken = brokenRule(rulesNow(context), answer);
  if (broken !== null) return discard(context, paid, facts, answer, broken);
  const fresh = { ...paid, uselessTurns: 0, hasAnswered: true };
  if (answer.calls.length === 0) return { context: { ...fresh, answer: answer.message, turn: null }, facts };
  const { turn, judged } = openTurn(context, answer);
  return { context: { ...fresh, answer: null, turn, ...repetition(context, answer), frame: used(context.frame) }, facts: [...facts, ...judged] };
}

function uselessness(answer: Turn): string | null {
  if (answer.unfinished !== null) return `Your last answer was not used (${answer.unfinished}): none of it was performed. Answer again${isTooLong(answer.unfinished) ? ', shorter' : ''}.`;
  if (answer.calls.length === 0 && answer.message === null && answer.refusal === null) return 'Your last answer held neither a call nor a message. Go on with a call, or finish with a message.';
  return null;
}

/** Whether a vendor's reason says that an answer grew past what it may have. */
function isTooLong(reason: string): boolean {
  return /max|length|window/.test(reason);
}

/** Nothing of the answer is performed, and the model is told why: with its calls, if it holds any. */
function discard(context: RunContext, paid: Partial<RunContext>, facts: readonly RunFact[], answer: Turn, why: string): Change {
  const uselessTurns = context.uselessTurns + 1;
  if (uselessTurns >= maxUselessTurns) {
    return { context: { ...paid, uselessTurns, ...fail('model_failed', `the model gave ${uselessTurns} answers in a row that could not be used: ${why}`) }, facts };
  }
  const results = answer.unfinished !== null ? [] : answer.calls.map(({ callId }): CallResult => ({ callId, isError: true, notes: [why], acknowledged: [], frameId: context.frame?.frameId ?? null }));
  const told: RunFact = results.length > 0 ? { type: 'turn.ended', turn: context.turns, results } : { type: 'note.added', from: 'vitrine', by: 'vitrine', text: why, frameId: null };
  return { context: { ...paid, uselessTurns }, facts: [...facts, told] };
}

/**
 * A turn of which any call has a problem is not performed at all; every call is answered with what was wrong. One that is
 * valid is judged whole before anything of it begins.
 */
function openTurn(context: RunContext, answer: Turn): { readonly turn: OpenTurn; readonly judged: readonly RunFact[] } {
  const isWrong = answer.calls.some((call) => problemOf(call) !== undefined);
  const opened: OpenTurn = {
    number: context.turns,
    calls: answer.calls,
    decidedOn: context.frame?.frameId ?? null,
    callIndex: 0,
    actionIndex: 0,
    attempt: 0,
    notes: [],
    results: [],
    isAcknowledged: true,
    stoppedBy: null,
    asksAgain: false,
  };
  if (!isWrong) return judgedTurn(context, opened);
  const other = 'Not performed: another call of this turn was not valid, and a turn is performed whole or not at all.';
  const results = answer.calls.map((call): CallResult => ({ callId: call.callId, isError: true, notes: [problemOf(call) ?? other], acknowledged: [], frameId: null }));
  return { turn: { ...opened, callIndex: answer.calls.length, results, stoppedBy: 'the turn was not valid' }, judged: [] };
}

function judgedTurn(context: RunContext, opened: OpenTurn): ReturnType<typeof openTurn> {
  const focus = context.frame?.window;
  const { matches, cut, asking } = heldBack(context, upToQuestion(opened.calls), { focus });
  const turn = stoppedAtCut({ ...opened, focus, cut: cut ?? cutAtQuestion(opened.calls), asking });
  return { turn: { ...turn, isAcknowledged: !wantsPerson(waitingCalls(turn), asking) }, judged: judgedFacts(opened.number, matches) };
}

function problemOf(call: Call): string | undefined {
  return call.problem ?? (call.actions.length === 0 && isOfScreen(call) ? 'The call holds no action.' : undefined);
}

function used(frame: RunContext['frame']): RunContext['frame'] {
  return frame === null ? null : { ...frame, isFresh: false };
}

function sum(one: RunContext['usage'], other: RunContext['usage']): RunContext['usage'] {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
  };
}

/** Every call of the turn has its answer: the turn is over. */
export function closeTurn(context: RunContext): Change {
  const { turn } = context;
  if (turn === null) return {};
  const results = answersOf(turn, context.frame?.frameId ?? null);
  return { context: { turn: null }, facts: [{ type: 'turn.ended', turn: turn.number, results }] };
}
