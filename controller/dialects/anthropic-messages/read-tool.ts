import { z } from 'zod';
import { DesktopTool } from '../transcript.ts';
import { maxViewCharacters } from './computer-tools.ts';
import { issueWords } from './issue-words.ts';

/** A tool of the desktop to use, or what is wrong with the call, in words for the model. */
export type ReadTool = { readonly tool: DesktopTool } | { readonly problem: string };

const Shell = z.looseObject({ command: z.string().nullish(), restart: z.boolean().nullish() });

/** A call of `bash`: a command, a restart, or both. */
export function readShell(input: unknown): ReadTool {
  const parsed = Shell.safeParse(input);
  if (!parsed.success) return { problem: `bash: ${issueWords(parsed.error)}` };
  const { command, restart } = parsed.data;
  if ((command === undefined || command === null || command === '') && restart !== true) return { problem: 'bash: give a command, or restart: true' };
  return check('bash', { type: 'shell', command: command ?? '', restart: restart ?? false });
}

const Edit = z.discriminatedUnion('command', [
  z.looseObject({ command: z.literal('view'), path: z.string(), view_range: z.tuple([z.int(), z.int()]).nullish() }),
  z.looseObject({ command: z.literal('create'), path: z.string(), file_text: z.string() }),
  z.looseObject({ command: z.literal('str_replace'), path: z.string(), old_str: z.string(), new_str: z.string().nullish() }),
  /* The text is `insert_text` since 20250429, and `new_str` before. */
  z.looseObject({ command: z.literal('insert'), path: z.string(), insert_line: z.int(), insert_text: z.string().nullish(), new_str: z.string().nullish() }),
]);

/** A call of the editor, in any of its versions. */
export function readEdit(name: string, input: unknown): ReadTool {
  const parsed = Edit.safeParse(input);
  if (!parsed.success) {
    const command: unknown = typeof input === 'object' && input !== null && 'command' in input ? input.command : undefined;
    const known = Edit.options.map((option) => option.shape.command.value);
    if (!known.some((one) => one === command)) return { problem: `${name}: unknown command ${JSON.stringify(command ?? null)?.slice(0, 60)}: use ${known.join(', ')}` };
    return { problem: `${name}: ${issueWords(parsed.error)}` };
  }
  const edit = parsed.data;
  switch (edit.command) {
    case 'view':
      return check(name, { type: 'view', path: edit.path, ...(edit.view_range ? { lines: edit.view_range } : {}), maxCharacters: maxViewCharacters });
    case 'create':
      return check(name, { type: 'create', path: edit.path, text: edit.file_text });
    case 'str_replace':
      return check(name, { type: 'replace', path: edit.path, old: edit.old_str, new: edit.new_str ?? '' });
    case 'insert': {
      const text = edit.insert_text ?? edit.new_str;
      return typeof text === 'string' ? check(name, { type: 'insert', path: edit.path, line: edit.insert_line, text }) : { problem: `${name}: insert needs insert_text` };
    }
  }
}

function check(name: string, tool: unknown): ReadTool {
  const parsed = DesktopTool.safeParse(tool);
  return parsed.success ? { tool: parsed.data } : { problem: `${name}: ${issueWords(parsed.error)}` };
}
