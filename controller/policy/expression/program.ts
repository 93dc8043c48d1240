import { ExpressionError, holds } from './syntax.ts';
import type { AssertionKind, CharacterSet, Expression } from './syntax.ts';

/** One step of a matching program; targets are positions in the program. */
export type Instruction =
  | { readonly op: 'take'; readonly holds: (point: number) => boolean }
  | { readonly op: 'check'; readonly assertion: AssertionKind }
  | { readonly op: 'fork'; readonly targets: readonly number[] }
  | { readonly op: 'match' };
export type Program = readonly Instruction[];

/** Largest program. Its size bounds the work per character of a text. */
const maxInstructions = 1000;
/** Most parts visited while compiling: repetitions of nothing make no instructions, and still take time. */
const maxVisits = 20_000;

/** Compiles an expression. With `ignoreCase` a character stands for its other case too. Throws ExpressionError when it is too large. */
export function compile(expression: Expression, ignoreCase: boolean): Program {
  const program: Instruction[] = [];
  let visits = 0;
  const refuseLarge = (isLarge: boolean): void => {
    if (isLarge) throw new ExpressionError(`is too large: its repetitions come to more than ${maxInstructions} steps; count less, or make several rules of it`);
  };
  const push = (instruction: Instruction): number => {
    refuseLarge(program.length >= maxInstructions);
    return program.push(instruction) - 1;
  };
  /** A fork whose targets are known later only. */
  const fork = (): { readonly at: number; readonly to: number[] } => {
    const to: number[] = [];
    return { at: push({ op: 'fork', targets: to }), to };
  };
  const add = (part: Expression): void => {
    visits += 1;
    refuseLarge(visits > maxVisits);
    switch (part.kind) {
      case 'set': return void push({ op: 'take', holds: tester(part.set, ignoreCase) });
      case 'assertion': return void push({ op: 'check', assertion: part.assertion });
      case 'sequence': return part.parts.forEach(add);
      case 'choice': return addChoice(part.options);
      case 'repeat': return addRepeat(part);
    }
  };
  const addChoice = (options: readonly Expression[]): void => {
    const { to } = fork();
    const ends = options.map((option) => {
      to.push(program.length);
      add(option);
      return fork();
    });
    for (const end of ends) end.to.push(program.length);
  };
  const addRepeat = ({ part, min, max }: Extract<Expression, { kind: 'repeat' }>): void => {
    for (let count = 0; count < min; count += 1) add(part);
    if (max === null) {
      const { at, to } = fork();
      to.push(program.length);
      add(part);
      push({ op: 'fork', targets: [at] });
      to.push(program.length);
      return;
    }
    const exits = Array.from({ length: max - min }, () => {
      const exit = fork();
      exit.to.push(program.length);
      add(part);
      return exit;
    });
    for (const exit of exits) exit.to.push(program.length);
  };
  add(expression);
  push({ op: 'match' });
  return program;
}

/** Tells whether a character belongs to a set; those of ASCII are looked up. */
function tester(set: CharacterSet, ignoreCase: boolean): (point: number) => boolean {
  const whole = ignoreCase ? { ...set, ranges: merged(set.ranges.flatMap(withOtherCase)) } : set;
  const ascii = Uint8Array.from({ length: 128 }, (_, point) => (holds(whole, point) ? 1 : 0));
  return (point) => (point < 128 ? ascii[point] === 1 : holds(whole, point));
}

/** Ranges larger than this, such as everything but a few characters, hold both cases of what they hold. */
const maxFolded = 500;

function withOtherCase([first, last]: readonly [number, number]): (readonly [number, number])[] {
  if (last - first > maxFolded) return [[first, last]];
  const points = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  return [[first, last], ...points.flatMap((point) => casesOf(point).map((each) => [each, each] as const))];
}

function casesOf(point: number): readonly number[] {
  const character = String.fromCodePoint(point);
  return [character.toLowerCase(), character.toUpperCase()].flatMap((each) => {
    const [only, more] = [...each];
    return only === undefined || more !== undefined ? [] : [only.codePointAt(0) ?? point];
  });
}

function merged(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const together: (readonly [number, number])[] = [];
  for (const [first, last] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const before = together.at(-1);
    if (before !== undefined && first <= before[1] + 1) together[together.length - 1] = [before[0], Math.max(before[1], last)];
    else together.push([first, last]);
  }
  return together;
}
