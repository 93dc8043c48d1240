import { computerForms, filesToolOf, membersIn, shellToolOf } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import type { ComputerForm } from '../../controller/dialects/anthropic-messages/computer-tools.ts';
import { nothingOffered, offeredFunctions } from '../../controller/dialects/desktop-functions.ts';
import { computerActions, qwenActions } from '../../controller/dialects/function-tools/action-names.ts';
import { uiTarsActions } from '../../controller/dialects/function-tools/ui-tars.ts';
import { vendorActionTypes } from '../../controller/dialects/openai-responses/read-action.ts';
import { ModelDialect } from '../../controller/models/model-entry.ts';

/** What a row says for a call of one of the caller's own functions. */
export const callersFunction = 'a function of the caller’s';

/** Every dialect, in the order of the table. */
export const dialects = ModelDialect.options;

/** Everything that a model may ask for in a dialect: the actions of the screen, then the desktop's tools with their commands, as the code reads them. */
export function vocabularyOf(dialect: ModelDialect): readonly string[] {
  switch (dialect) {
    case 'openai-responses':
    case 'openai-responses-preview':
      return [...vendorActionTypes, ...functionWords()];
    case 'function-chat':
    case 'function-responses':
      return [...computerActions, ...functionWords()];
    case 'qwen':
      return [...qwenActions, ...functionWords()];
    case 'ui-tars':
      return uiTarsActions;
    case 'anthropic-computer_toolset_20260801':
    case 'anthropic-computer_20251124':
    case 'anthropic-computer_20250124':
    case 'anthropic-computer_20241022':
      return anthropicWords(formOf(dialect));
  }
}

/** The form of Anthropic's tool that a dialect names. */
export function formOf(dialect: `anthropic-${ComputerForm}`): ComputerForm {
  const form = computerForms.find((one) => dialect === `anthropic-${one}`);
  if (form === undefined) throw new Error(`${dialect} names no form`);
  return form;
}

/** The commands of the editor that goes with Anthropic's forms. */
export const editorCommands = ['view', 'create', 'str_replace', 'insert'] as const;

function anthropicWords(form: ComputerForm): string[] {
  const editor = filesToolOf(form).name;
  return [...membersIn(form), shellToolOf(form).name, ...editorCommands.map((command) => `${editor} ${command}`), callersFunction];
}

/** Functions by name; one that takes commands by name and command. */
function functionWords(): string[] {
  const offered = offeredFunctions({ ...nothingOffered, shell: true, files: true });
  const words = offered.flatMap(({ name, parameters }) => {
    const commands = (parameters['properties'] as Record<string, { enum?: string[] } | undefined>)['command']?.enum;
    return commands === undefined ? [name] : commands.map((command) => `${name} ${command}`);
  });
  return [...words, callersFunction];
}
