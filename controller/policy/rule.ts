import { z } from 'zod';
import type { Action } from '../../sandbox-image/wire/index.ts';
import { WindowCondition } from './focus.ts';
import { HostPattern } from './hosts.ts';
import { TextPattern } from './text-pattern.ts';
import { keysOfChord } from './where.ts';

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
  /** Keys pressed together, such as `ctrl+w`: exactly these, in any order. */
  chords: z.array(z.string().min(1).max(64).refine((chord) => keysOfChord(chord) !== undefined, { error: 'must be keys with + between, such as ctrl+w' })).min(1).max(50).optional(),
  /** A part of the screen that an action points into, in pixels. */
  region: z.strictObject({ x: z.int().nonnegative(), y: z.int().nonnegative(), width: z.int().positive(), height: z.int().positive() }).optional(),
  /** The window that has the focus. */
  window: WindowCondition.optional(),
  /** Hosts that the desktop wants to reach. */
  hosts: z.array(HostPattern).min(1).max(200).optional(),
  /** Looked for in the path of a file that the editor is given. */
  file: TextPattern.optional(),
  /** Looked for in what is typed, in commands, and in names and contents of files; with `actions` or `tools` only in theirs. */
  text: TextPattern.optional(),
}).superRefine(({ actions, tools, text, chords, region, window, hosts, file }, context) => {
  const others = [actions, tools, text, chords, region, window, file];
  if ([...others, hosts].every((part) => part === undefined)) context.addIssue({ code: 'custom', message: 'says nothing: give actions, tools, text, chords, region, window, hosts or file' });
  if (hosts !== undefined && others.some((part) => part !== undefined)) context.addIssue({ code: 'custom', path: ['hosts'], message: 'which action wants to reach a host cannot be told: give it a rule of its own' });
  const isAlone = [text, file, chords ?? region].filter((part) => part !== undefined).length <= 1;
  if (!isAlone) context.addIssue({ code: 'custom', message: 'text, file, and chords with region, are about different things: give a rule to each' });
  if (file !== undefined && (actions !== undefined || tools?.includes('shell') === true)) context.addIssue({ code: 'custom', path: ['file'], message: 'only the editor is given files: no actions and no shell beside it' });
  if ((chords ?? region) !== undefined && tools !== undefined) context.addIssue({ code: 'custom', path: ['tools'], message: 'a tool presses no keys and points nowhere: give it a rule of its own' });
  if (window !== undefined && (tools ?? file) !== undefined) context.addIssue({ code: 'custom', path: ['window'], message: 'a tool works beside the windows: no tools and no file beside it' });
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
  /** It may be about another window than the one that had the focus: which that was is not known. */
  isWindowUnknown: z.literal(true).optional(),
}).meta({ id: 'RuleMatch' });
export type RuleMatch = z.infer<typeof RuleMatch>;

/** From the mildest to the strictest. */
export const verdicts = ['allow', 'ask', 'refuse'] as const;
export type Verdict = (typeof verdicts)[number];
