import type { RunContext, Spending } from '../run-context.ts';
import type { RunFailure } from '../../run.ts';
import { nextStep } from './stepping.ts';

/** What the first question is held to take, in tokens: a briefing, a task and a picture. The next ones are held to take what the last one took. */
const firstQuestionTokens = 4000;
/** US dollars are added up as binary fractions. */
const smallestCost = 1e-9;

/** What the run has spent: what the vendors counted, and the reserves of questions whose answers were lost. */
export function spentBy({ usage, costUsd, lost }: RunContext): Spending {
  return { tokens: usage.inputTokens + usage.outputTokens + (lost?.tokens ?? 0), costUsd: (costUsd ?? 0) + (lost?.costUsd ?? 0) };
}

/** Which budget forbids what comes next, in words: another step, or another question to the model. Null while there is some left. */
export function spentBudget(context: RunContext): { readonly code: RunFailure['code']; readonly message: string } | null {
  const { maxSteps, maxTokens, maxCostUsd } = context.request.budgets;
  const wantsStep = context.turn !== null && nextStep(context.turn) !== undefined;
  if (wantsStep) return context.steps >= maxSteps ? { code: 'budget_steps', message: `the budget of ${maxSteps} steps (maxSteps) is used up` } : null;
  if (context.driver !== 'model') return null;
  const { tokens, costUsd } = spentBy(context);
  const next = context.lastAsk ?? { tokens: 1, costUsd: 0 };
  const lost = context.lost === undefined ? '' : `, ${context.lost.tokens} of them held for ${context.lost.asks} questions whose answers were lost when the controller ended`;
  if (tokens + next.tokens > maxTokens) return { code: 'budget_tokens', message: `the budget of ${maxTokens} tokens (maxTokens) is used up: ${tokens} were used${lost}${tokens < maxTokens ? `, and a question takes ${next.tokens}` : ''}` };
  if (maxCostUsd === undefined || costUsd === 0) return null;
  if (costUsd < maxCostUsd - smallestCost && costUsd + next.costUsd <= maxCostUsd + smallestCost) return null;
  return { code: 'budget_cost', message: `the budget of ${maxCostUsd} US dollars (maxCostUsd) is used up: ${costUsd.toFixed(4)} were spent${costUsd < maxCostUsd ? `, and a question costs ${next.costUsd.toFixed(4)}` : ''}` };
}

/** What is held back for a question before it is asked: what the last one took, never more than is left. */
export function reserveFor(context: RunContext): Spending {
  const { maxTokens, maxCostUsd } = context.request.budgets;
  const spent = spentBy(context);
  const expected = context.lastAsk ?? { tokens: firstQuestionTokens, costUsd: 0 };
  return {
    tokens: Math.max(0, Math.min(expected.tokens, maxTokens - spent.tokens)),
    costUsd: maxCostUsd === undefined ? expected.costUsd : Math.max(0, Math.min(expected.costUsd, maxCostUsd - spent.costUsd)),
  };
}

/**
 * The run after a controller's end in the middle of a question: the vendor may have answered it and counted it, so its reserve is
 * spent for good, and the question is asked again on a reserve of its own.
 */
export function chargedForLostAsk(context: RunContext): RunContext {
  const { reserve, lost } = context;
  if (context.awaits?.kind !== 'ask' || !reserve) return context;
  const charged = { ...context, lost: { tokens: (lost?.tokens ?? 0) + reserve.tokens, costUsd: (lost?.costUsd ?? 0) + reserve.costUsd, asks: (lost?.asks ?? 0) + 1 } };
  return { ...charged, reserve: reserveFor(charged) };
}
