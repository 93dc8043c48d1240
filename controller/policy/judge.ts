import { isInput } from '../../sandbox-image/wire/index.ts';
import type { Action } from '../../sandbox-image/wire/index.ts';
import type { DesktopTool } from '../dialects/transcript.ts';
import { isAboutFocus, movesFocus } from './focus.ts';
import type { Focus } from './focus.ts';
import type { PolicyRule, RuleCondition, RuleMatch, ToolKind, Verdict } from './rule.ts';
import { verdicts } from './rule.ts';
import { finderOf, wholeEffort } from './text-pattern.ts';
import type { Effort, Finder } from './text-pattern.ts';
import { textTypedBy } from './typed-text.ts';
import { pointsInto, pressesChord } from './where.ts';

/** What is to be done: actions in order, or the use of a tool. */
export type JudgedCall = { readonly callId: string; readonly actions: readonly Action[]; readonly tool?: DesktopTool | undefined };

/** A place in a turn. */
export type Step = { readonly call: number; readonly index: number };
type Looked = Step & { readonly action?: Action; readonly tool?: DesktopTool };

/** What the calls are judged by besides themselves: the window that has the focus (unknown if absent), and the step from which on they count. */
export type JudgedAt = { readonly focus?: Focus; readonly from?: Step };

/** Everything that is typed in a turn, behind the line that stands there already, and which step writes from where. */
type Typed = { readonly text: string; readonly before: number; readonly parts: readonly (Step & { readonly from: number })[] };

/**
 * Every rule that is about what is to be done, with the first step that it is about, strictest and first steps first. Typed
 * text is looked at action by action and all together, behind `line` (what was typed before, since the last line feed), so
 * that a text cannot be divided to get past a rule. What all rules together would take too long to look through counts as
 * found by those that come last. A rule about a window is about the steps up to
 * the first that may move the focus, and counts where the window is not known. Pure: the same rules and calls always give the same.
 */
export function judge(rules: readonly PolicyRule[], calls: readonly JudgedCall[], line = '', { focus, from }: JudgedAt = {}): readonly RuleMatch[] {
  const steps = stepsOf(calls).filter((step) => from === undefined || compareSteps(step, from) >= 0);
  const typed = typedIn(steps, line);
  const last = steps.findIndex(({ action }) => movesFocus(action));
  const near = last < 0 ? steps : steps.slice(0, last + 1);
  const effort = wholeEffort();
  return rules
    .flatMap((rule): RuleMatch[] => {
      const isAbout = rule.when.window === undefined || isAboutFocus(rule.when.window, focus);
      const first = isAbout === false ? undefined : rule.when.window === undefined ? firstStep(rule, steps, typed, effort) : firstStep(rule, near, typedIn(near, line), effort);
      if (first === undefined) return [];
      const { call, index } = first;
      return [{ rule: rule.name, verdict: rule.verdict, reason: rule.reason, call, callId: calls[call]?.callId ?? '', index, ...(isAbout === undefined ? { isWindowUnknown: true } : {}) }];
    })
    .toSorted(compareMatches);
}

/** Before 0: the strictest comes first, of two as strict the one that comes first in the turn. */
export function compareMatches(one: RuleMatch, other: RuleMatch): number {
  return verdicts.indexOf(other.verdict) - verdicts.indexOf(one.verdict) || compareSteps(one, other);
}

/** The strictest of the verdicts; `allow` where no rule is about it. */
export function verdictOf(matches: readonly RuleMatch[]): Verdict {
  return matches.reduce<Verdict>((strictest, { verdict }) => (verdicts.indexOf(verdict) > verdicts.indexOf(strictest) ? verdict : strictest), 'allow');
}

/** Before 0: the first comes first in the turn. */
export function compareSteps(one: Step, other: Step): number {
  return one.call - other.call || one.index - other.index;
}

function stepsOf(calls: readonly JudgedCall[]): readonly Looked[] {
  return calls.flatMap(({ actions, tool }, call): Looked[] => [
    ...(tool === undefined ? [] : [{ call, index: 0, tool }]),
    ...actions.map((action, index) => ({ call, index, action })),
  ]);
}

function typedIn(steps: readonly Looked[], line: string): Typed {
  let text = line;
  const parts: (Step & { from: number })[] = [];
  for (const { call, index, action } of steps) {
    const written = action === undefined ? '' : textTypedBy(action);
    if (written === '') continue;
    parts.push({ call, index, from: text.length });
    text += written;
  }
  return { text, before: line.length, parts };
}

function firstStep({ when: { actions, tools, text, chords, region, window, file } }: PolicyRule, steps: readonly Looked[], typed: Typed, effort: Effort): Step | undefined {
  if (file !== undefined) return firstFile(finderOf(file, effort), steps);
  if (chords !== undefined || region !== undefined) return steps.find(({ action }) => action !== undefined && isAt(action, { actions, chords, region }));
  if (text === undefined && actions === undefined && window !== undefined) return steps.find(({ action }) => action !== undefined && isInput(action));
  if (text === undefined) return steps.find(({ action, tool }) => (action === undefined ? isNamed(tools, tool) : actions?.includes(action.type) === true));
  const finder = finderOf(text, effort);
  const isEverywhere = actions === undefined && tools === undefined;
  const found = [
    ...(isEverywhere || actions !== undefined ? [firstTyped(finder, steps, typed)] : []),
    steps.find(({ tool }) => tool !== undefined && window === undefined && (isEverywhere || isNamed(tools, tool)) && finder(textOf(tool)) !== undefined),
  ].filter((step) => step !== undefined);
  return found.toSorted(compareSteps)[0];
}

function firstFile(finder: Finder, steps: readonly Looked[]): Step | undefined {
  return steps.find(({ tool }) => tool !== undefined && tool.type !== 'shell' && finder(tool.path) !== undefined);
}

function isAt(action: Action, { actions, chords, region }: Pick<RuleCondition, 'actions' | 'chords' | 'region'>): boolean {
  if (actions?.includes(action.type) === false) return false;
  if (chords !== undefined && !chords.some((chord) => pressesChord(action, chord))) return false;
  return region === undefined || pointsInto(action, region);
}

function firstTyped(finder: Finder, steps: readonly Looked[], { text, before, parts }: Typed): Step | undefined {
  const alone = steps.find(({ action }) => action !== undefined && isFoundIn(finder, textTypedBy(action)));
  const isOne = parts.length === 1 && before === 0;
  const at = parts.length === 0 || isOne ? undefined : finder(text, before);
  const together = at === undefined ? undefined : parts.findLast(({ from }) => from <= at) ?? parts[0];
  return [alone, together].filter((step) => step !== undefined).toSorted(compareSteps)[0];
}

function isFoundIn(finder: Finder, text: string): boolean {
  return text !== '' && finder(text) !== undefined;
}

function isNamed(tools: readonly ToolKind[] | undefined, tool: DesktopTool | undefined): boolean {
  return tool !== undefined && tools?.includes(tool.type === 'shell' ? 'shell' : 'editor') === true;
}

/** What a tool is given: a command; or a file's path and what is written into it. */
function textOf(tool: DesktopTool): string {
  switch (tool.type) {
    case 'shell': return tool.command;
    case 'view': return tool.path;
    case 'create':
    case 'insert': return `${tool.path}\n${tool.text}`;
    case 'replace': return `${tool.path}\n${tool.new}`;
  }
}
