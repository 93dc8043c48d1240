import type { AnswerRules, Offer, Usage } from '../../dialects/transcript.ts';
import { VitrineError } from '../../errors.ts';
import type { ModelPrice } from '../../models/model.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import { offerOf } from '../run-offer.ts';
import { rulesNow } from '../chart/changes/answer-rules.ts';
import { modelOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';

/** Asks the model for its next turn, with everything it has seen and said so far. */
export async function askModel(effect: RunEffectOf<'ask'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  const { runId, frame } = context;
  const begunAt = performance.now();
  try {
    const model = modelOf(owner);
    if (model === undefined || frame === null) throw new VitrineError('internal', `run ${runId} has no model or no frame to ask with`);
    const told = tools.told(runId);
    const loadPicture = (frameId: string) => tools.journal.picture(runId, frameId);
    const { frame: shown } = await loadPicture(frame.frameId);
    const offer = { ...offerOf(context.request), ...offeredRules(rulesNow(context)) };
    const turn = await model.decide({ runId, ...told, frame: shown, loadPicture, offer, shown: tools.shown }, signal);
    return { type: 'model.answered', at: tools.now(), effectId: effect.effectId, turn, ms: performance.now() - begunAt, costUsd: costOf(turn.usage, model.price) };
  } catch (error) {
    if (signal.aborted) tools.shown.forget(runId);
    if (!signal.aborted) tools.log.warn({ err: error, runId }, 'the model could not be asked');
    return { type: 'model.failed', at: tools.now(), effectId: effect.effectId, message: VitrineError.from(error).message, ms: performance.now() - begunAt };
  }
}

/** Most runs have none. */
function offeredRules(rules: AnswerRules): Pick<Offer, 'rules'> {
  return Object.keys(rules).length === 0 ? {} : { rules };
}

/** US dollars of one call; null without a price. */
function costOf({ inputTokens, cachedInputTokens, outputTokens }: Usage, price: ModelPrice | undefined): number | null {
  if (price === undefined) return null;
  return ((inputTokens - cachedInputTokens) * price.input + cachedInputTokens * price.cachedInput + outputTokens * price.output) / 1_000_000;
}
