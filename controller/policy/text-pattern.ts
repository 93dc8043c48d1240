import { z } from 'zod';
import { find } from './expression/find.ts';
import { compile } from './expression/program.ts';
import { readExpression } from './expression/read-expression.ts';
import { ExpressionError } from './expression/syntax.ts';

/** A program's size times a text's length up to which it is looked for. Beyond that it counts as found: what cannot be looked through is not let through. */
const maxWork = 5_000_000;
/** And all of it that one judgement may cost: half a second or so, in which nobody else is answered. */
const maxEffort = 40_000_000;

/** What a text is looked through for: a piece of text, or a regular expression (docs/policy.md says what it may hold). One of the two. */
export const TextPattern = z.strictObject({
  contains: z.string().min(1).max(1000).optional(),
  matches: z.string().min(1).max(1000).optional(),
  ignoreCase: z.boolean().default(false),
}).superRefine(({ contains, matches }, context) => {
  if ((contains === undefined) === (matches === undefined)) context.addIssue({ code: 'custom', message: 'must have either contains or matches' });
  const problem = matches === undefined ? undefined : problemOf(matches);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['matches'], message: problem });
}).meta({ id: 'TextPattern' });
export type TextPattern = z.infer<typeof TextPattern>;

/** Finds a pattern in texts: where its first match begins, among those that end after `endsAfter`; undefined if there is none. */
export type Finder = (text: string, endsAfter?: number) => number | undefined;

/** What is left of the work that may be done; what several finders share. */
export type Effort = { left: number };

/** The work that one judgement may cost, with all its rules. */
export function wholeEffort(): Effort {
  return { left: maxEffort };
}

/** A pattern, ready to be looked for. Throws ExpressionError for an expression that the schema would refuse. */
export function finderOf(pattern: TextPattern, effort = wholeEffort()): Finder {
  const { contains, matches, ignoreCase } = pattern;
  if (contains !== undefined) return (text, endsAfter = 0) => containing(contains, ignoreCase, text, endsAfter);
  const program = compile(readExpression(matches ?? ''), ignoreCase);
  return (text, endsAfter) => {
    const work = program.length * text.length;
    if (work > maxWork || work > effort.left) return 0;
    effort.left -= work;
    return find(program, text, endsAfter);
  };
}

function containing(piece: string, isFolded: boolean, text: string, endsAfter: number): number | undefined {
  const [wanted, given] = isFolded ? [piece.toLowerCase(), text.toLowerCase()] : [piece, text];
  /* Folding may change a text's length: then the place is not known, and its beginning stands for it. */
  const isSameLength = given.length === text.length;
  const at = given.indexOf(wanted, isSameLength ? Math.max(0, endsAfter - wanted.length + 1) : 0);
  return at < 0 ? undefined : isSameLength ? at : 0;
}

function problemOf(source: string): string | undefined {
  try {
    return find(compile(readExpression(source), false), '') === undefined ? undefined : 'matches the empty text, and so everything: let it ask for something';
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}
