import { useDesktopTool } from '../../desktops/desktop-tool.ts';
import { VitrineError } from '../../errors.ts';
import type { RunCommand } from '../run-command.ts';
import type { RunEffectOf } from '../run-effect.ts';
import { desktopOf } from './effect.ts';
import type { EffectOwner } from './effect.ts';

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
    if (code === 'gone' || code === 'desktop_broken') return { type: 'desktop.unreachable', at: tools.now(), effectId: effect.effectId, message };
    return ended(message, true);
  }
}
