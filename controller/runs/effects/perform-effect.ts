import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffect } from '../chart/run-effect.ts';
import { observeScreen, performAction } from './act.ts';
import { askModel } from './ask-model.ts';
import type { EffectOwner } from './effect.ts';
import { finishRun } from './finish-run.ts';
import { fenceDesktop, performOperation } from './pass-control.ts';
import { putFiles } from './put-files.ts';
import { useTool } from './use-tool.ts';
import { attachDesktop, launchDesktop } from './take-desktop.ts';

/** Performs one effect and tells its outcome as a command, without secrets; a model's own words stay as they are. Never rejects: failures are outcomes too. */
export async function performEffect(effect: RunEffect, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const command = await outcomeOf(effect, owner, signal);
  return command.type === 'model.answered' ? command : (owner.tools.redactor?.data(command) ?? command);
}

function outcomeOf(effect: RunEffect, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  switch (effect.kind) {
    case 'launch':
      return launchDesktop(effect, owner, signal);
    case 'attach':
      return attachDesktop(effect, owner, signal);
    case 'put':
      return putFiles(effect, owner, signal);
    case 'ask':
      return askModel(effect, owner, signal);
    case 'perform':
      return performAction(effect, owner, signal);
    case 'use':
      return useTool(effect, owner, signal);
    case 'observe':
      return observeScreen(effect, owner, signal);
    case 'fence':
      return fenceDesktop(effect, owner, signal);
    case 'operate':
      return performOperation(effect, owner, signal);
    case 'finish':
      return finishRun(effect, owner, signal);
  }
}
