import { z } from 'zod';
import type { Action } from '../../sandbox-image/wire/index.ts';
import { TextPattern } from './text-pattern.ts';

/** Every kind of action, as rules name them. */
const actionKinds = [
  'screenshot', 'zoom', 'move', 'click', 'mouse_down', 'mouse_up', 'drag', 'scroll', 'type', 'key', 'key_down', 'key_up', 'hold', 'wait', 'cursor',
] as const satisfies readonly Action['type'][];
export const ActionKind = z.enum(actionKinds).meta({ id: 'ActionKind' });

/** The desktop's tools besides screen and input: its shell, and its editor of files. */
export const ToolKind = z.enum(['shell', 'editor']).meta({ id: 'ToolKind' });
export type ToolKind = z.infer<typeof ToolKind>;

/** What a rule is about. Every part that is there narrows it: with `text` only what is written counts. */
export const RuleCondition = z.strictObject({
  actions: z.array(ActionKind).min(1).max(actionKinds.length).optional(),
  tools: z.array(ToolKind).min(1).max(2).optional(),
  /** Looked for in what is typed, in commands, and in names and contents of files; with `actions` or `tools` only in theirs. */
  text: TextPattern.optional(),
}).superRefine(({ actions, tools, text }, context) => {
  if (actions === undefined && tools === undefined && text === undefined) context.addIssue({ code: 'custom', message: 'says nothing: give actions, tools or text' });
  const mute = text === undefined ? undefined : actions?.find((kind) => kind !== 'type');
  if (mute !== undefined) context.addIssue({ code: 'custom', path: ['actions'], message: `${mute} has no text: beside text only "type" may stand here, which stands for keys that write a character too` });
}).meta({ id: 'RuleCondition' });
export type RuleCondition = z.infer<typeof RuleCondition>;

/** One rule of a policy: what it is about, and whether a person is asked first or it is never done. What no rule is about is allowed. */
export const PolicyRule = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits and . _ -' }),
  verdict: z.enum(['ask', 'refuse']),
  /** Why, in words for people and for the model. */
  reason: z.string().trim().min(1).max(500),
  when: RuleCondition,
}).meta({ id: 'PolicyRule' });
export type PolicyRule = z.infer<typeof PolicyRule>;

/** Rules with names of their own, at most `max` of them. */
export function policyOf(max: number) {
  return z.array(PolicyRule).max(max).superRefine((rules, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of rules.entries()) {
      if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message: `${name} is the name of another rule too` });
      seen.add(name);
    }
  });
}

/** A rule that is about something that is to be done, and where in a turn that is first: its call, and the action within the call. */
export const RuleMatch = z.strictObject({
  rule: z.string(),
  verdict: PolicyRule.shape.verdict,
  reason: z.string(),
  /** Position of the call in the turn, from 0. */
  call: z.int().nonnegative(),
  callId: z.string(),
  /** Position of the action in the call, from 0; 0 for a tool. */
  index: z.int().nonnegative(),
}).meta({ id: 'RuleMatch' });
export type RuleMatch = z.infer<typeof RuleMatch>;

/** From the mildest to the strictest. */
export const verdicts = ['allow', 'ask', 'refuse'] as const;
export type Verdict = (typeof verdicts)[number];
