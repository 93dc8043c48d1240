import { aimActions, isMissing } from './aim.ts';
import type { Missing } from './aim.ts';
import { linesBetween, matchText, padded, textOf, union } from './match-text.ts';
import type { PlayState } from './play-state.ts';
import type { Screen } from './screen.ts';
import type { Condition, Script, Step } from './script.ts';
import { fill, fillPattern } from './template.ts';

/** What the script does next. */
export type Move =
  | { readonly kind: 'call'; readonly state: PlayState; readonly actions: readonly unknown[]; readonly say: string; readonly check: Step['check'] }
  | { readonly kind: 'ask'; readonly state: PlayState; readonly question: string; readonly choices: readonly string[]; readonly say: string }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'refuse'; readonly text: string };

/** What became of the call before; with what a person answered, if it was a question. */
export type Before = { readonly failed: false; readonly answer?: string } | { readonly failed: true; readonly said: string };

/**
 * The next move of a script on what the screen shows. Every look and every repetition counts as a try of its step;
 * what does not come about within the step's tries ends the script with a refusal that names it.
 */
export async function play(script: Script, from: PlayState, screen: Screen, before: Before): Promise<Move> {
  let state = from;
  /* A script that leads in a circle without acting would never answer. */
  for (let count = 0; count <= script.steps.length * 2; count += 1) {
    const step = script.steps.find((one) => one.name === state.step);
    if (step === undefined) return refuse(`the script ${script.name} has no step ${state.step} any more`);
    const result: StepResult = state.phase === 'entering' ? await enter(step, state, screen) : await afterActing(step, state, screen, before);
    if ('kind' in result) return result;
    if ('again' in result) state = { ...state, phase: 'entering', tries: state.tries + 1 };
    else if ('missing' in result && state.tries + 1 < step.tries) return lookAgain(step, state, result);
    else if ('missing' in result && step.orElse !== undefined) state = start(state, step.orElse);
    else if ('missing' in result) return refuse(`${describe(step)} I did not find ${result.missing} on the screen, after ${step.tries} looks.`);
    else {
      const next = step.next ?? script.steps[script.steps.indexOf(step) + 1]?.name;
      if (next === undefined) return refuse(`the script ${script.name} ends at ${step.name} without an answer`);
      state = start({ ...state, values: result.values }, next);
    }
  }
  return refuse(`the script ${script.name} goes in a circle at ${state.step}`);
}

/** Done: on to the next step. Again: the step's actions once more. Missing: not there yet. */
type StepResult = Move | Missing | { readonly again: true } | { readonly values: PlayState['values'] };

function start(state: PlayState, step: string): PlayState {
  return { ...state, step, phase: 'entering', tries: 0 };
}

async function enter(step: Step, state: PlayState, screen: Screen): Promise<StepResult> {
  const { values } = state;
  if (step.when !== undefined && await unmet(step.when, state, screen) !== undefined) return { values };
  if (step.until !== undefined && await unmet(step.until, state, screen) === undefined) return { values };
  if (step.actions !== undefined) {
    if (state.tries >= step.tries) return { missing: step.until === undefined ? 'what the actions were to bring about' : sought(step.until, state) };
    const actions = await aimActions(step.actions, { screen, attempt: state.tries, values });
    if (isMissing(actions)) return actions;
    return { kind: 'call', state: { ...state, phase: 'acted' }, actions, say: step.say === undefined ? '' : fill(step.say, values), check: step.check };
  }
  if (step.ask !== undefined) return { kind: 'ask', state: { ...state, phase: 'acted' }, question: fill(step.ask.question, values), choices: step.ask.choices.map((choice) => fill(choice, values)), say: step.say === undefined ? '' : fill(step.say, values) };
  return finish(step, state, screen);
}

async function afterActing(step: Step, state: PlayState, screen: Screen, before: Before): Promise<StepResult> {
  if (step.ask !== undefined && state.phase === 'acted') {
    if (before.failed || before.answer === undefined) return refuse(`${describe(step)} ${before.failed ? before.said : 'Nobody answered.'}`);
    return { values: { ...state.values, [step.ask.as]: before.answer } };
  }
  /* A failed wait is no reason to act again. */
  if (before.failed && state.phase === 'acted') {
    const mayHaveTyped = step.actions?.some((action) => 'type' in action) === true && /\b[1-9]\d* characters were typed|not known/.test(before.said);
    if (mayHaveTyped || state.tries + 1 >= step.tries) return refuse(`${describe(step)} ${before.said}`);
    return { again: true };
  }
  if (step.until !== undefined) return await unmet(step.until, state, screen) === undefined ? { values: state.values } : { again: true };
  return finish(step, state, screen);
}

/** Waits for what is expected, reads what is to be read, ends if the step is an end. */
async function finish(step: Step, state: PlayState, screen: Screen): Promise<StepResult> {
  if (step.expect !== undefined) {
    const missing = await unmet(step.expect, state, screen);
    if (missing !== undefined) return missing;
  }
  let { values } = state;
  if (step.read !== undefined) {
    const read = await readBetween(step.read, state, screen);
    if (isMissing(read)) return read;
    values = { ...values, [step.read.as]: read.text };
  }
  if (step.take !== undefined) {
    const taken = await take(step.take, state, screen);
    if (isMissing(taken)) return taken;
    values = { ...values, [step.take.as]: taken.text };
  }
  if (step.answer !== undefined) return { kind: 'answer', text: fill(step.answer, values) };
  if (step.refuse !== undefined) return refuse(fill(step.refuse, values));
  return { values };
}

async function unmet(condition: Condition, state: PlayState, screen: Screen): Promise<Missing | undefined> {
  const lines = await screen.lines(state.tries);
  const isThere = matchText(lines, fillPattern('text' in condition ? condition.text : condition.noText, state.values)).length > 0;
  return isThere === ('text' in condition) ? undefined : { missing: sought(condition, state) };
}

function sought(condition: Condition, state: PlayState): string {
  return 'text' in condition ? `the text ${fillPattern(condition.text, state.values)}` : `the screen without ${fillPattern(condition.noText, state.values)}`;
}

type ReadText = { readonly text: string };

async function readBetween(read: NonNullable<Step['read']>, state: PlayState, screen: Screen): Promise<ReadText | Missing> {
  const within = linesBetween(await screen.lines(state.tries), fillPattern(read.after, state.values), fillPattern(read.before, state.values));
  if (within === null) return { missing: `the lines ${read.after} and ${read.before}` };
  if (within.length === 0) return { missing: `a text between ${read.after} and ${read.before}` };
  const exact = await screen.readExactly(padded(union(within.flatMap((line) => line.words.map((word) => word.box))), screen));
  const pattern = new RegExp(fillPattern(read.pattern, state.values), 'u');
  if (exact === null || !exact.every((line) => pattern.test(line))) return { missing: `a text that reads alike twice between ${read.after} and ${read.before}` };
  return { text: exact.join('\n') };
}

async function take(wanted: NonNullable<Step['take']>, state: PlayState, screen: Screen): Promise<ReadText | Missing> {
  const pattern = new RegExp(fillPattern(wanted.pattern, state.values), 'iu');
  const line = (await screen.lines(state.tries)).find((one) => pattern.test(textOf(one)));
  if (line === undefined) return { missing: `the text ${pattern.source}` };
  const exact = await screen.readExactly(padded(union(line.words.map((word) => word.box)), screen));
  const match = pattern.exec(exact?.join(' ') ?? '');
  return match === null ? { missing: `the text ${pattern.source}, twice alike` } : { text: match[1] ?? match[0] };
}

/** Nothing but looking once more, after the vendor's `wait`. */
function lookAgain(step: Step, state: PlayState, missing: Missing): Move {
  return {
    kind: 'call',
    state: { ...state, phase: state.phase === 'entering' ? 'entering' : 'waiting', tries: state.tries + 1 },
    actions: [{ type: 'wait' }],
    say: `Waiting: ${step.name} looks for ${missing.missing}.`,
    check: undefined,
  };
}

function describe(step: Step): string {
  return `I could not go on at ${step.name}.`;
}

function refuse(text: string): Move {
  return { kind: 'refuse', text };
}
