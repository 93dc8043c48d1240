import { setTimeout } from 'node:timers/promises';
import type { CaptureInput } from '../../../sandbox-image/wire/index.ts';
import type { Performed } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Picture } from '../../picture.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import type { StepTimings } from '../run-event.ts';
import { desktopOf, modelOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';
import { performWithSecrets } from './type-secrets.ts';

/** How long a picture that could not be kept waits for the next try. */
const rewriteMs = 1000;

/** Performs one action; its picture is kept before its outcome is told. */
export async function performAction(effect: RunEffectOf<'perform'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { tools, context } = owner;
  const { effectId, action, epoch, decidedOn, staleTarget, allowAnimated, window, settle } = effect;
  try {
    const request = {
      actionId: effectId,
      epoch,
      decidedOn: decidedOn ?? undefined,
      staleTarget,
      allowAnimated,
      window,
      settle: settle ?? undefined,
      capture: context.lease !== null ? undefined : effect.capture === 'model' ? captureOf(owner) : (effect.capture ?? undefined),
    };
    const performed = withoutSecrets(owner, await performWithSecrets(effectId, action, true, owner, (ready) => desktopOf(owner).perform({ ...request, action: ready }, signal)));
    if (performed.picture !== undefined) await keep(performed.picture, owner, signal);
    tools.handOver(effectId, performed);
    return { type: 'action.ended', at: tools.now(), effectId, outcome: performed.outcome, timings: timingsOf(performed) };
  } catch (error) {
    return unreachable(effectId, owner, error);
  }
}

/** Captures the screen as it is, once it is quiet. */
export async function observeScreen(effect: RunEffectOf<'observe'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  try {
    const picture = withoutSecrets(owner, await desktopOf(owner).capture({ capture: captureOf(owner), settle: context.request.settle ?? {} }, signal));
    await keep(picture, owner, signal);
    return { type: 'observed', at: tools.now(), effectId: effect.effectId, frame: picture.frame };
  } catch (error) {
    return unreachable(effect.effectId, owner, error);
  }
}

/** What a desktop says, without the values of secrets: a window's title may hold one. */
function withoutSecrets<Said>({ tools }: EffectOwner, said: Said): Said {
  return tools.redactor?.data(said) ?? said;
}

/** A picture that cannot be kept now (a full disk) is kept as soon as it can be: its event must not name what is not there. */
async function keep(picture: Picture, { context, tools }: EffectOwner, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await tools.journal.keepPicture(context.runId, picture);
    } catch (error) {
      signal.throwIfAborted();
      tools.log.error({ err: error, runId: context.runId, frameId: picture.frame.frameId }, 'a picture could not be kept; trying again');
      await setTimeout(rewriteMs, undefined, { signal });
    }
  }
}

function captureOf(owner: EffectOwner): CaptureInput {
  return modelOf(owner)?.capture ?? {};
}

/** The parts of the whole: what the desktop does not account for was the way there and back. */
function timingsOf({ outcome: { timings }, totalMs }: Performed): StepTimings {
  const inside = timings.queueMs + timings.inputMs + timings.settleMs + timings.captureMs;
  return { ...timings, relayMs: Math.max(0, totalMs - inside) };
}

function unreachable(effectId: string, { context, tools }: EffectOwner, error: unknown): RunCommand {
  tools.log.warn({ err: error, runId: context.runId }, 'the desktop could not be asked');
  return { type: 'desktop.unreachable', at: tools.now(), effectId, message: VitrineError.from(error).message };
}
