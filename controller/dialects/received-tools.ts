import { z } from 'zod';
import { computerTypes, filesTypes, shellTypes } from './received-task.ts';
import type { ReceivedProblem, ReceivedTask, WantedComputer } from './received-task.ts';
import type { CallerTool } from './transcript.ts';

/** What a request's `tools` come to, whichever vendor's form each has. */
export type ReceivedTools = Pick<ReceivedTask, 'computer' | 'wantsShell' | 'wantsFiles' | 'callerTools' | 'unsupported'>;

const Size = z.int().min(1).max(100_000).nullish();
const Computer = z.looseObject({ type: z.string(), display_width_px: Size, display_height_px: Size, display_width: Size, display_height: Size });
const Description = z.string().max(20_000).nullish();
const Schema = z.record(z.string(), z.unknown()).nullish();
const Name = z.string().regex(/^[\w-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, _ or -' });
const Flat = z.looseObject({ name: Name, description: Description, parameters: Schema, input_schema: Schema });
const Nested = z.looseObject({ function: z.looseObject({ name: Name, description: Description, parameters: Schema }) });
const Tool = z.looseObject({ type: z.string().max(64).nullish() });

const noParameters = { type: 'object', properties: {} };

/**
 * Reads tools of OpenAI's and Anthropic's forms, on whatever endpoint they came: screen, shell, files, and functions
 * (nested, flat, or with `input_schema`). Any other tool is one that the vendor hosts, and is unsupported by its name.
 */
export function readTools(tools: unknown): { readonly tools: ReceivedTools } | { readonly problem: ReceivedProblem } {
  const listed = z.array(z.unknown()).max(200).nullish().safeParse(tools);
  if (!listed.success) return { problem: { message: "Invalid 'tools': expected an array.", param: 'tools', code: 'invalid_type' } };
  let computer: WantedComputer | null = null;
  let [wantsShell, wantsFiles] = [false, false];
  const callerTools: CallerTool[] = [];
  const unsupported: ReceivedTools['unsupported'][number][] = [];
  for (const [index, raw] of (listed.data ?? []).entries()) {
    const param = `tools[${index}]`;
    const tool = Tool.safeParse(raw);
    if (!tool.success) return problemOf(tool.error, param);
    const type = tool.data.type ?? 'custom';
    if (computerTypes.test(type)) {
      const read = Computer.safeParse(raw);
      if (!read.success) return problemOf(read.error, param);
      computer ??= { type, display: displayOf(read.data) };
    } else if (shellTypes.test(type)) wantsShell = true;
    else if (filesTypes.test(type)) wantsFiles = true;
    else {
      const read = readFunction(type, raw, param);
      if ('problem' in read) return read;
      if ('tool' in read) callerTools.push(read.tool);
      else unsupported.push({ param: `${param}.type`, message: `The tool '${type}' is not offered here: send a computer tool, bash, text_editor, or functions of your own.` });
    }
  }
  const taken = ['computer', 'computer_use', ...(wantsShell ? ['shell'] : []), ...(wantsFiles ? ['edit_file'] : [])];
  const clash = callerTools.find(({ name }) => taken.includes(name));
  if (clash !== undefined) return { problem: { message: `A function of yours is called '${clash.name}', which is the name of a tool of the desktop: give it another name.`, param: 'tools', code: 'invalid_value' } };
  const twice = callerTools.find((one, index) => callerTools.findIndex(({ name }) => name === one.name) !== index);
  if (twice !== undefined) return { problem: { message: `Two functions are called '${twice.name}'.`, param: 'tools', code: 'invalid_value' } };
  return { tools: { computer, wantsShell, wantsFiles, callerTools, unsupported } };
}

function displayOf(tool: z.infer<typeof Computer>): WantedComputer['display'] {
  const width = tool.display_width_px ?? tool.display_width;
  const height = tool.display_height_px ?? tool.display_height;
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : null;
}

type ReadFunction = { readonly tool: CallerTool } | { readonly hosted: true } | { readonly problem: ReceivedProblem };

function readFunction(type: string, raw: unknown, param: string): ReadFunction {
  if (type === 'function' && typeof raw === 'object' && raw !== null && 'function' in raw) {
    const read = Nested.safeParse(raw);
    if (!read.success) return problemOf(read.error, param);
    const { name, description, parameters } = read.data.function;
    return { tool: { name, description: description ?? '', parameters: parameters ?? noParameters } };
  }
  const hasSchema = typeof raw === 'object' && raw !== null && 'input_schema' in raw;
  if (type !== 'function' && !(type === 'custom' && hasSchema)) return { hosted: true };
  const read = Flat.safeParse(raw);
  if (!read.success) return problemOf(read.error, param);
  const { name, description, parameters, input_schema: schema } = read.data;
  return { tool: { name, description: description ?? '', parameters: parameters ?? schema ?? noParameters } };
}

function problemOf(error: z.ZodError, param: string): { readonly problem: ReceivedProblem } {
  return { problem: schemaProblem(error, param) };
}

/** A schema's complaint as a problem with the place named as the vendors name it: `messages[0].content[1].text`. */
export function schemaProblem(error: z.ZodError, prefix = ''): ReceivedProblem {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).reduce<string>((so, key) => (typeof key === 'number' ? `${so}[${key}]` : so === '' ? String(key) : `${so}.${String(key)}`), prefix);
  return { message: `Invalid '${path === '' ? 'body' : path}': ${issue?.message ?? 'not valid'}.`, param: path === '' ? null : path, code: 'invalid_value' };
}
