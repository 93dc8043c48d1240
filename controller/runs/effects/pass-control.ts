import { VitrineError } from '../../errors.ts';
import type { OperatorOutcome } from '../control/operator-action.ts';
import { operatorOutcome } from '../control/operator-action.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import { desktopOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';
import { performWithSecrets } from './type-secrets.ts';

const maxFenceMs = 30_000;

/** Passes control of the desktop to its new epoch. Sent again after a restart, it finds the epoch raised and lists anew. */
export async function fenceDesktop({ effectId, epoch }: RunEffectOf<'fence'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  try {
    const fenced = await desktopOf(owner).fence(epoch, AbortSignal.any([signal, AbortSignal.timeout(maxFenceMs)]));
    return { type: 'fenced', at: tools.now(), effectId, epoch, ...fenced };
  } catch (error) {
    tools.log.warn({ err: error, runId: context.runId, epoch }, 'control of a desktop could not be passed');
    return { type: 'fence.failed', at: tools.now(), effectId, message: VitrineError.from(error).message };
  }
}

const lost: OperatorOutcome = {
  status: 'unknown', effect: { kind: 'nothing' }, error: { code: 'internal', message: 'the controller was restarted meanwhile: whether it was done is not known, and it is not repeated' },
};

/** Performs an action of the person in control. Its picture goes to them and nowhere else. */
export async function performOperation({ effectId, epoch, action }: RunEffectOf<'operate'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { tools, context } = owner;
  const ended = (outcome: OperatorOutcome): RunCommand => ({ type: 'operated', at: tools.now(), effectId, by: context.lease?.holder ?? 'operator', outcome });
  const entrusted = tools.entrusted(effectId);
  if (entrusted === undefined) return ended(lost);
  try {
    const performed = await performWithSecrets(effectId, entrusted.action, false, owner, (action) => desktopOf(owner).perform({ ...entrusted, action, actionId: effectId, epoch }, signal));
    tools.handOver(effectId, performed);
    return ended(operatorOutcome(performed.outcome, action));
  } catch (error) {
    tools.log.warn({ err: error, runId: context.runId }, "the desktop could not be asked for a person's action");
    return ended({ ...lost, error: { code: 'internal', message: VitrineError.from(error).message } });
  }
}
