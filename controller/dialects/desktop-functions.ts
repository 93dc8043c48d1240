import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { askPersonFunction, readQuestion } from './ask-person.ts';
import { DesktopTool } from './transcript.ts';
import type { Call, CallResult, Offer } from './transcript.ts';

/** A function as any vendor's shape describes it; `parameters` is a JSON schema. */
export type FunctionTool = { readonly name: string; readonly description: string; readonly parameters: Readonly<Record<string, unknown>> };

/** A call of a function as a model wrote it. `arguments` is JSON text, or from lenient servers the object itself. */
export type FunctionCall = { readonly callId: string; readonly name: string; readonly arguments: unknown };

/** Nothing but the screen. */
export const nothingOffered: Offer = { shell: false, files: false, person: false, callerTools: [], answerFormat: null };

const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;

const shellFunction: FunctionTool = {
  name: 'shell',
  description: 'Runs a command in a bash shell on the desktop, which remembers its folder and variables. Returns what it printed and how it ended.',
  parameters: {
    type: 'object', additionalProperties: false, required: [],
    properties: {
      command: { ...text, description: 'The command line. May be left out with restart.' },
      restart: { type: 'boolean', description: 'Begin with a new shell.' },
      timeout_seconds: { ...whole, description: 'Longest run, 1 to 600; 120 if absent.' },
    },
  },
};

const fileFunction: FunctionTool = {
  name: 'edit_file',
  description: 'Shows and changes text files in the home folder of the desktop. view shows a file with line numbers, or lists a folder; create writes a whole file; replace puts new in place of the only occurrence of old; insert puts text after a line.',
  parameters: {
    type: 'object', additionalProperties: false, required: ['command', 'path'],
    properties: {
      command: { type: 'string', enum: ['view', 'create', 'replace', 'insert'] },
      path: { ...text, description: 'Absolute, or from the home folder.' },
      text: { ...text, description: 'For create and insert.' },
      old: { ...text, description: 'For replace: the text as it stands in the file, once.' },
      new: { ...text, description: 'For replace.' },
      line: { ...whole, description: 'For insert: the line after which the text goes; 0 is the beginning.' },
      first_line: { ...whole, description: 'For view: the first line to show, from 1.' },
      last_line: { ...whole, description: 'For view: the last line to show; -1 is the end.' },
    },
  },
};

/**
 * The functions that are offered to a model besides the screen. Throws VitrineError `invalid_request` when a function of the
 * caller's has the name of another, or of a tool of the desktop.
 */
export function offeredFunctions(offer: Offer): FunctionTool[] {
  const offered = [...(offer.shell ? [shellFunction] : []), ...(offer.files ? [fileFunction] : []), ...(offer.person ? [askPersonFunction] : []), ...offer.callerTools];
  const names = ['computer', 'computer_use'];
  for (const { name } of offered) {
    if (names.includes(name)) throw new VitrineError('invalid_request', `two tools are called ${name}: give the caller's function another name`);
    names.push(name);
  }
  return offered;
}

/** A call of an offered function. Never throws: what cannot be performed as it stands has a problem. */
export function readOfferedCall(call: FunctionCall, offer: Offer, screenTool = 'the computer tool'): Call {
  const { callId, name } = call;
  const plain = { callId, actions: [], safetyChecks: [] };
  if (offer.callerTools.some((tool) => tool.name === name)) return readCallersCall(call);
  if (name === askPersonFunction.name && offer.person) return { ...plain, ...readQuestion(parseArguments(call.arguments)) };
  if (!(name === 'shell' && offer.shell) && !(name === 'edit_file' && offer.files)) {
    return { ...plain, problem: `there is no function ${JSON.stringify(name.slice(0, 60))} here: use ${[screenTool, ...offeredNames(offer)].join(', ')}` };
  }
  const parsed = parseArguments(call.arguments);
  if (typeof parsed === 'string') return { ...plain, problem: `${name}: ${parsed}` };
  const read = name === 'shell' ? readShell(parsed) : readEdit(parsed);
  if (typeof read === 'string') return { ...plain, problem: `${name}: ${read}` };
  const tool = DesktopTool.safeParse(read);
  return tool.success ? { ...plain, tool: tool.data } : { ...plain, problem: `${name}: ${issuesOf(tool.error)}` };
}

function offeredNames(offer: Offer): string[] {
  return [...(offer.shell ? ['shell'] : []), ...(offer.files ? ['edit_file'] : []), ...(offer.person ? [askPersonFunction.name] : []), ...offer.callerTools.map((tool) => tool.name)];
}

function readCallersCall({ callId, name, arguments: given }: FunctionCall): Call {
  const written = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  if (written.length > 1_000_000) return { callId, actions: [], safetyChecks: [], problem: `${name}: the arguments are ${written.length} characters long; the limit is 1000000` };
  return { callId, actions: [], safetyChecks: [], asks: { name, arguments: written } };
}

/** Arguments as an object; or what is wrong with them. Nothing at all counts as no arguments. */
export function parseArguments(given: unknown): Readonly<Record<string, unknown>> | string {
  let value = given;
  if (typeof given === 'string') {
    try {
      value = given.trim() === '' ? {} : JSON.parse(given);
    } catch (error) {
      return `the arguments are no JSON (${error instanceof Error ? error.message.slice(0, 120) : 'unreadable'})`;
    }
  }
  if (value === null || value === undefined) return {};
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  return object.success ? object.data : 'the arguments are no JSON object';
}

const Shell = z.object({ command: z.string().nullish(), restart: z.boolean().nullish(), timeout_seconds: z.number().nullish() });

function readShell(given: Readonly<Record<string, unknown>>): unknown {
  const parsed = Shell.safeParse(given);
  if (!parsed.success) return issuesOf(parsed.error);
  const { command, restart, timeout_seconds: seconds } = parsed.data;
  if (!command && restart !== true) return 'the command is missing';
  return { type: 'shell', command: command ?? '', restart: restart ?? false, ...(seconds ? { timeoutMs: Math.round(seconds * 1000) } : {}) };
}

const Edit = z.object({
  command: z.enum(['view', 'create', 'replace', 'insert']), path: z.string(), text: z.string().nullish(), old: z.string().nullish(), new: z.string().nullish(),
  line: z.int().nullish(), first_line: z.int().nullish(), last_line: z.int().nullish(),
});

function readEdit(given: Readonly<Record<string, unknown>>): unknown {
  const parsed = Edit.safeParse(given);
  if (!parsed.success) return issuesOf(parsed.error);
  const { command: type, path, first_line: first, last_line: last, ...rest } = parsed.data;
  switch (type) {
    case 'view':
      return { type, path, ...(first || last ? { lines: [first || 1, last || -1] } : {}) };
    case 'create':
      return { type, path, text: rest.text };
    case 'replace':
      return { type, path, old: rest.old, new: rest.new };
    case 'insert':
      return { type, path, line: rest.line, text: rest.text };
  }
}

/** What is wrong with a value, in at most three short clauses. */
export function issuesOf(error: z.ZodError): string {
  return error.issues.slice(0, 3).map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message)).join('; ');
}

/** Begins what is said of a call that was not performed, or not whole. */
export const failedCall = 'Not performed as asked';
/** Said of a call that nothing is known of. */
export const unanswered: Pick<CallResult, 'isError' | 'notes'> = { isError: true, notes: ['nothing of this call was done.'] };

/** What a call of a function came to, as text for the model; never empty. */
export function resultText(result: CallResult | undefined): string {
  if (result === undefined) return [failedCall, ...unanswered.notes].join('\n');
  if (result.output !== undefined) return [result.output === '' ? '(no output)' : result.output, ...result.notes].join('\n');
  if (result.isError) return [failedCall, ...result.notes].join('\n');
  return result.notes.length > 0 ? result.notes.join('\n') : 'ok';
}
