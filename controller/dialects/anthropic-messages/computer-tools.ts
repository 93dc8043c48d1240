import { askPersonFunction } from '../ask-person.ts';
import type { CallerTool, Offer } from '../transcript.ts';

/** The vendor's forms of the tool for a screen, newest first. */
export const computerForms = ['computer_toolset_20260801', 'computer_20251124', 'computer_20250124', 'computer_20241022'] as const;
export type ComputerForm = (typeof computerForms)[number];

/** The form that exists without a beta: each action is a tool of its own, and results carry a picture only where one was asked for. */
export const toolsetForm = 'computer_toolset_20260801' satisfies ComputerForm;

/** The family that a toolset's members name, and the name of the dated tools. */
export const computerName = 'computer';

const oldest = [
  'key', 'type', 'mouse_move', 'left_click', 'left_click_drag', 'right_click', 'middle_click', 'double_click', 'screenshot', 'cursor_position',
] as const;
const added2025 = ['triple_click', 'left_mouse_down', 'left_mouse_up', 'scroll', 'hold_key', 'wait'] as const;

/** Every action of any form. */
export const memberNames = [...oldest, ...added2025, 'zoom'] as const;
export type MemberName = (typeof memberNames)[number];

const membersOfForm: Readonly<Record<ComputerForm, readonly MemberName[]>> = {
  computer_20241022: oldest,
  computer_20250124: [...oldest, ...added2025],
  computer_20251124: memberNames,
  computer_toolset_20260801: memberNames,
};

/** The action of that name, if the form has one. */
export function memberOf(form: ComputerForm, name: unknown): MemberName | undefined {
  return membersOfForm[form].find((member) => member === name);
}

/** What an action may be called in a form. */
export function membersIn(form: ComputerForm): readonly MemberName[] {
  return membersOfForm[form];
}

/** The beta that a form belongs to, as `anthropic-beta` wants it; empty for the toolset. */
export function betasOf(form: ComputerForm): string[] {
  switch (form) {
    case 'computer_toolset_20260801':
      return [];
    case 'computer_20251124':
      return ['computer-use-2025-11-24'];
    case 'computer_20250124':
      return ['computer-use-2025-01-24'];
    case 'computer_20241022':
      return ['computer-use-2024-10-22'];
  }
}

/** Characters of a file that one `view` shows at most. */
export const maxViewCharacters = 30_000;

type NamedTool = { readonly type: string; readonly name: string; readonly max_characters?: number };

/** The vendor's tool for a shell that goes with a form. */
export function shellToolOf(form: ComputerForm): NamedTool {
  return { type: form === 'computer_20241022' ? 'bash_20241022' : 'bash_20250124', name: 'bash' };
}

/** The vendor's tool for files that goes with a form. */
export function filesToolOf(form: ComputerForm): NamedTool {
  if (form === 'computer_20241022') return { type: 'text_editor_20241022', name: 'str_replace_editor' };
  return { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: maxViewCharacters };
}

/** The size of the picture as the model is sent it, in pixels. */
export type PictureSize = { readonly width: number; readonly height: number };

/** The definition of the tool for the screen. The dated forms are told the size of the picture: coordinates are its pixels. */
export function computerToolOf(form: ComputerForm, picture: PictureSize): Readonly<Record<string, unknown>> {
  if (form === toolsetForm) return { type: form };
  const sized = { type: form, name: computerName, display_width_px: picture.width, display_height_px: picture.height };
  return form === 'computer_20251124' ? { ...sized, enable_zoom: true } : sized;
}

/** The name under which a caller's function is offered: its own, unless one of the vendor's tools has it. */
export function wireName(tool: CallerTool, form: ComputerForm, offer: Offer): string {
  const taken = [computerName, ...(offer.shell ? [shellToolOf(form).name] : []), ...(offer.files ? [filesToolOf(form).name] : []), ...(offer.person ? [askPersonFunction.name] : [])];
  return taken.includes(tool.name) ? `caller_${tool.name}`.slice(0, 64) : tool.name;
}
