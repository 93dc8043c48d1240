import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const name = (longest: number): z.ZodString => z.string().regex(/^[a-z][a-z0-9-]*$/).max(longest);

/** A regular expression over one line of text on the screen. `{{capture}}` stands for a capture of the task, literally. */
const Pattern = z.string().min(1).max(500);
/** Text in which `{{capture}}` stands for a capture or for what was read; `{{capture|python}}` and `{{capture|shell}}` quote it; `{{mark}}` is four digits that no other run has. */
const Template = z.string().min(1).max(20_000);

/** A place: a text on the screen, pixels, or shares of the screen's size. */
const Target = z.union([
  z.strictObject({
    text: Pattern,
    /** Which one of several, from the top; negative from the bottom. */
    nth: z.int().default(1),
    /** The one nearest to this text. */
    near: Pattern.optional(),
    side: z.enum(['middle', 'left', 'right']).default('middle'),
    dx: z.int().default(0),
    dy: z.int().default(0),
    /** So many pixels further right for each unit of a captured number. */
    along: z.strictObject({ value: z.string(), pixels: z.number() }).optional(),
  }),
  z.strictObject({ x: z.int().min(0), y: z.int().min(0) }),
  z.strictObject({ shareX: z.number().min(0).max(1), shareY: z.number().min(0).max(1) }),
  /** Pixels from the lower left corner, where the panel is. */
  z.strictObject({ left: z.int().min(0), bottom: z.int().min(1) }),
]);
export type Target = z.infer<typeof Target>;

const keys = z.array(z.string()).optional();

/** One action; several of them go into one call. */
const ScriptAction = z.union([
  z.strictObject({ click: Target, button: z.enum(['left', 'right', 'wheel', 'back', 'forward']).default('left'), keys }),
  z.strictObject({ doubleClick: Target, keys }),
  z.strictObject({ move: Target }),
  z.strictObject({ drag: Target, to: Target, keys }),
  /** Pixels as the vendor counts them: 100 to a notch. */
  z.strictObject({ scroll: Target, x: z.int().default(0), y: z.int().default(0), keys }),
  z.strictObject({ type: Template }),
  z.strictObject({ press: z.array(z.string()).min(1) }),
  z.strictObject({ wait: z.literal(true) }),
]);
export type ScriptAction = z.infer<typeof ScriptAction>;

const Condition = z.union([z.strictObject({ text: Pattern }), z.strictObject({ noText: Pattern })]);
export type Condition = z.infer<typeof Condition>;

/**
 * One step: looks (`when`), acts (`actions`, `until`), asks a person (`ask`), waits (`expect`), reads (`read`), or ends (`answer`, `refuse`).
 * What is not found within `tries` looks ends the task with a refusal that says so, or leads to the step `orElse`.
 */
const Step = z.strictObject({
  name: name(24),
  /** Said beside the calls. */
  say: Template.optional(),
  /** The step is left out unless this holds. */
  when: Condition.optional(),
  actions: z.array(ScriptAction).min(1).max(20).optional(),
  /** A check that a person must acknowledge before the actions are performed. */
  check: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  /** The actions are performed again and again until this holds; not at all if it holds already. */
  until: Condition.optional(),
  /** Asks the person who is responsible; the answer becomes a value. Instead of actions. */
  ask: z.strictObject({ question: Template, choices: z.array(Template).max(8).default([]), as: z.string().regex(/^\w+$/) }).optional(),
  /** What must come about before the next step. */
  expect: Condition.optional(),
  /** Reads what stands between two lines, exactly; every line must match `pattern`. */
  read: z.strictObject({ after: Pattern, before: Pattern, pattern: Pattern.default('.'), as: z.string().regex(/^\w+$/) }).optional(),
  /** Takes what the first capture of this pattern matches, in the first line where it does, exactly. */
  take: z.strictObject({ pattern: Pattern, as: z.string().regex(/^\w+$/) }).optional(),
  answer: Template.optional(),
  refuse: Template.optional(),
  tries: z.int().min(1).max(200).default(15),
  orElse: name(24).optional(),
  /** The step that follows, if not the next one. */
  next: name(24).optional(),
});
export type Step = z.infer<typeof Step>;

/** A script: the tasks that it knows, and its steps. */
export const Script = z.strictObject({
  name: name(20),
  /** A task as a person would write it. */
  example: z.string().min(1),
  /** Regular expressions over the whole task; named captures become values. */
  tasks: z.array(z.string().min(1)).min(1),
  steps: z.array(Step).min(1).max(100),
}).superRefine((script, context) => {
  const names = script.steps.map((step) => step.name);
  for (const [index, step] of script.steps.entries()) {
    const wrong = names.indexOf(step.name) !== index ? `two steps are called ${step.name}`
      : [step.next, step.orElse].some((other) => other !== undefined && !names.includes(other)) ? `${step.name} leads to a step that is not there`
        : step.ask !== undefined && step.actions !== undefined ? `${step.name} asks and acts: make two steps of it`
          : undefined;
    if (wrong !== undefined) context.addIssue({ code: 'custom', path: ['steps', index], message: wrong });
  }
  const last = script.steps.at(-1);
  if (last?.answer === undefined && last?.refuse === undefined && last?.next === undefined) {
    context.addIssue({ code: 'custom', path: ['steps'], message: 'the last step must answer, refuse or lead elsewhere' });
  }
});
export type Script = z.infer<typeof Script>;

/** All scripts of a folder, by name. Throws for a file that is no script, naming it. */
export async function loadScripts(folder: string): Promise<Script[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(files.map(async (file) => {
    const parsed = Script.safeParse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    if (parsed.success) return parsed.data;
    throw new Error(`rehearsal script ${file}: ${z.prettifyError(parsed.error)}`);
  }));
}

/** A script that knows the task, with what it takes from it. */
export function findScript(scripts: readonly Script[], task: string): { readonly script: Script; readonly values: Record<string, string> } | undefined {
  for (const script of scripts) {
    for (const pattern of script.tasks) {
      const match = new RegExp(`^(?:${pattern})$`, 'su').exec(task.trim());
      if (match !== null) return { script, values: { ...match.groups } };
    }
  }
  return undefined;
}
