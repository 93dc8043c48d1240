import { z } from 'zod';
import { computerTypes } from './received-task.ts';
import type { ReceivedProblem, ReceivedTask } from './received-task.ts';
import type { ReceivedTools } from './received-tools.ts';
import type { AnswerRules } from './transcript.ts';

/** What a request says about each answer of the model, in any vendor's words. */
export type SaidAboutAnswers = {
  /** `max_tokens` and its other names: the least of them holds. */
  readonly maxTokens?: readonly (number | null | undefined)[];
  readonly toolChoice?: unknown;
  readonly parallelToolCalls?: boolean | null | undefined;
};

/** The rules, and what of the choice of tools cannot be honoured; or why the choice is none. */
export type ReadRules = { readonly answerRules: AnswerRules; readonly unsupported: ReceivedTask['unsupported'] } | { readonly problem: ReceivedProblem };

const Choice = z.union([
  z.string().transform((type) => ({ type, name: undefined, function: undefined, custom: undefined, disable_parallel_tool_use: undefined })),
  z.looseObject({
    type: z.string().max(64), name: z.string().max(200).optional(), function: z.looseObject({ name: z.string().max(200) }).optional(), custom: z.looseObject({ name: z.string().max(200) }).optional(),
    disable_parallel_tool_use: z.boolean().nullish(),
  }),
]);
type Choice = z.infer<typeof Choice>;

/** A choice as the rule that it is; null for one that leaves everything to the model. */
type Chosen = { readonly firstCall: AnswerRules['firstCall'] | null } | { readonly problem: ReceivedProblem } | { readonly unsupported: string };

const freely = new Set(['auto']);
const someTool = new Set(['any', 'required']);
const byName = new Set(['function', 'tool', 'custom']);

/** Reads what a request says about the model's answers. `tools` are those that it offers. */
export function readRules(said: SaidAboutAnswers, tools: ReceivedTools): ReadRules {
  const given = (said.maxTokens ?? []).filter((most) => typeof most === 'number');
  const bound = given.length === 0 ? {} : { maxOutputTokens: Math.min(...given) };
  const single = said.parallelToolCalls === false ? { singleCall: true } : {};
  if (said.toolChoice === undefined || said.toolChoice === null) return { answerRules: { ...bound, ...single }, unsupported: [] };
  const choice = Choice.safeParse(said.toolChoice);
  if (!choice.success) return { problem: { message: "Invalid 'tool_choice': send 'auto', 'required', or an object that names a tool.", param: 'tool_choice', code: 'invalid_value' } };
  const chosen = chosenBy(choice.data, tools);
  if ('problem' in chosen) return chosen;
  const isSingle = choice.data.disable_parallel_tool_use === true ? { singleCall: true } : single;
  if ('unsupported' in chosen) return { answerRules: { ...bound, ...isSingle }, unsupported: [{ param: 'tool_choice', message: chosen.unsupported }] };
  return { answerRules: { ...bound, ...(chosen.firstCall === null ? {} : { firstCall: chosen.firstCall }), ...isSingle }, unsupported: [] };
}

function chosenBy(choice: Choice, tools: ReceivedTools): Chosen {
  const { type } = choice;
  if (freely.has(type)) return { firstCall: null };
  if (someTool.has(type)) return { firstCall: 'any' };
  if (type === 'none') return { unsupported: "'tool_choice' cannot be 'none' here: a request without use of a desktop is not for this address. Leave it out." };
  if (computerTypes.test(type)) return { firstCall: 'screen' };
  if (!byName.has(type)) return { unsupported: `'tool_choice' of the type '${type}' cannot be honoured here: send 'auto', 'required', or a function of yours by name.` };
  const name = choice.name ?? choice.function?.name ?? choice.custom?.name ?? '';
  if (tools.callerTools.some((tool) => tool.name === name)) return { firstCall: { function: name } };
  if (name === 'computer' && tools.computer !== null) return { firstCall: 'screen' };
  return { problem: { message: `Invalid 'tool_choice': 'tools' holds no function of yours called '${name}', and of the desktop's tools only the computer can be chosen.`, param: 'tool_choice', code: 'invalid_value' } };
}
