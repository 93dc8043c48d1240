import { useDesktopTool } from '../../desktops/desktop-tool.ts';
import { VitrineError } from '../../errors.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import { desktopOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';

/** Told of a tool whose server was lost before it answered, while the screen is as usable as before. */
const notRepeated = 'It is not repeated; look before you do it again.';

/** Uses a tool of the desktop. What went wrong is its output, for the model. */
export async function useTool(effect: RunEffectOf<'use'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { tools } = owner;
  const begunAt = performance.now();
  const ended = (output: string, isError: boolean): RunCommand => ({ type: 'tool.ended', at: tools.now(), effectId: effect.effectId, output, isError, ms: performance.now() - begunAt });
  try {
    const { output, isError } = await useDesktopTool(desktopOf(owner).inEpoch(owner.context.epoch), effect.tool, signal);
    return ended(output, isError);
  } catch (error) {
    const { code, message } = VitrineError.from(error);
    if (code === 'gone' || (code === 'desktop_broken' && !isReady(owner))) return { type: 'desktop.unreachable', at: tools.now(), effectId: effect.effectId, message };
    return ended(code === 'desktop_broken' ? `${message}. ${notRepeated}` : message, true);
  }
}

/** Files and programs have a server of their own: when only that one was lost, it starts again and the desktop goes on. */
function isReady({ context, tools }: EffectOwner): boolean {
  const desktop = context.desktopId === null ? undefined : tools.desktops.get(context.desktopId);
  return desktop?.view().state === 'ready';
}
