import { ExpressionError, anything, namedSets, othersThan } from './syntax.ts';
import type { AssertionKind, CharacterSet, Expression } from './syntax.ts';

/** Longest expression, in characters. */
const maxCharacters = 1000;
const maxDepth = 50;
/** Largest number in a counted repetition. */
const maxCount = 200;

const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b };
const assertions: Readonly<Record<string, AssertionKind>> = { b: 'word-edge', B: 'no-word-edge' };
const special = new Set('^$\\.*+?()[]{}|/-');

/**
 * Reads a regular expression: characters, `.`, sets, `\d \w \s \b` and their opposites, `^ $` (of a line), groups, `|` and
 * repetitions. What would need to look back (back references) or around (lookahead, lookbehind) is not part of it, so that
 * every expression can be matched in time proportional to the text. Throws ExpressionError.
 */
export function readExpression(source: string): Expression {
  if (source.length > maxCharacters) throw new ExpressionError(`is ${source.length} characters long; at most ${maxCharacters} are allowed: make several rules of it`);
  return new Reader(source).whole();
}

class Reader {
  readonly #points: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#points = [...source];
  }

  whole(): Expression {
    const read = this.#choice();
    if (this.#at < this.#points.length) throw this.#error('there is a ) without its (');
    return read;
  }

  #choice(): Expression {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Expression {
    const part = this.#single();
    const count = this.#count();
    if (count === undefined) return part;
    if (part.kind === 'assertion') throw this.#error('^ $ \\b and \\B cannot be repeated');
    this.#take('?'); // Whether as much or as little as possible is taken makes no difference to whether there is a match.
    if (this.#count() !== undefined) throw this.#error('a repetition cannot be repeated: put it into a group');
    return { kind: 'repeat', part, ...count };
  }

  #count(): { readonly min: number; readonly max: number | null } | undefined {
    if (this.#take('*')) return { min: 0, max: null };
    if (this.#take('+')) return { min: 1, max: null };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    const min = this.#number();
    const max = this.#take(',') ? (this.#peek() === '}' ? null : this.#number()) : min;
    this.#expect('}');
    if (max !== null && max < min) throw this.#error(`{${min},${max}} counts down`);
    return { min, max };
  }

  #number(): number {
    let digits = '';
    for (let next = this.#peek(); next !== undefined && /^\d$/.test(next); next = this.#peek()) digits += this.#next();
    if (digits === '') throw this.#error('{ must be followed by a number; write \\{ for the character');
    if (Number(digits) > maxCount) throw this.#error(`a repetition counts to ${maxCount} at most`);
    return Number(digits);
  }

  #single(): Expression {
    const character = this.#next();
    switch (character) {
      case '(': return this.#group();
      case '[': return { kind: 'set', set: this.#set() };
      case '.': return { kind: 'set', set: anything };
      case '^': return { kind: 'assertion', assertion: 'line-start' };
      case '$': return { kind: 'assertion', assertion: 'line-end' };
      case '\\': return this.#escaped();
      case '*': case '+': case '?': case '{': throw this.#error(`${character} has nothing before it to repeat; write \\${character} for the character`);
      case ']': case '}': throw this.#error(`${character} closes nothing; write \\${character} for the character`);
      default: return { kind: 'set', set: only(character) };
    }
  }

  #group(): Expression {
    if (this.#take('?') && !this.#take(':')) throw this.#error('groups that look ahead, look back or have a name are not supported: only (…) and (?:…)');
    this.#depth += 1;
    if (this.#depth > maxDepth) throw this.#error(`groups are nested more than ${maxDepth} deep`);
    const inside = this.#choice();
    this.#depth -= 1;
    this.#expect(')');
    return inside;
  }

  #escaped(): Expression {
    const assertion = assertions[this.#peek() ?? ''];
    if (assertion !== undefined) {
      this.#next();
      return { kind: 'assertion', assertion };
    }
    return { kind: 'set', set: { ranges: this.#escapedRanges(), isNegated: false } };
  }

  /** What stands after a backslash, as ranges. */
  #escapedRanges(): CharacterSet['ranges'] {
    const letter = this.#next();
    const named = namedSets[letter.toLowerCase()];
    if (named !== undefined) return letter === letter.toLowerCase() ? named : othersThan(named);
    const control = controls[letter];
    if (control !== undefined) return [[control, control]];
    if (letter === 'u' || letter === 'x') return this.#numbered(letter);
    if (special.has(letter)) return only(letter).ranges;
    throw this.#error(/^\d$/.test(letter) ? 'references to groups are not supported' : `\\${letter} means nothing here`);
  }

  #numbered(letter: 'u' | 'x'): CharacterSet['ranges'] {
    let hex = '';
    if (letter === 'u' && this.#take('{')) {
      while (this.#peek() !== '}') hex += this.#next();
      this.#next();
    } else {
      for (let count = letter === 'u' ? 4 : 2; count > 0; count -= 1) hex += this.#next();
    }
    const point = /^[0-9a-f]{1,6}$/i.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (!(point <= 0x10ffff)) throw this.#error(`\\${letter} must be followed by the number of a character in hexadecimal digits`);
    return [[point, point]];
  }

  #set(): CharacterSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take(']')) {
      const first = this.#member();
      if (this.#peek() !== '-' || this.#points[this.#at + 1] === ']') {
        ranges.push(...first);
        continue;
      }
      this.#next();
      ranges.push(this.#span(first, this.#member()));
    }
    return { ranges, isNegated };
  }

  #span([from]: CharacterSet['ranges'], [to]: CharacterSet['ranges']): readonly [number, number] {
    if (from === undefined || to === undefined || from[0] !== from[1] || to[0] !== to[1]) throw this.#error('a range in a set goes from one character to another; write \\- for the character -');
    if (to[0] < from[0]) throw this.#error('a range in a set goes backwards');
    return [from[0], to[0]];
  }

  #member(): CharacterSet['ranges'] {
    const character = this.#next();
    return character === '\\' ? this.#escapedRanges() : only(character).ranges;
  }

  #peek(): string | undefined {
    return this.#points[this.#at];
  }

  #next(): string {
    const character = this.#points[this.#at];
    if (character === undefined) throw this.#error('it ends in the middle');
    this.#at += 1;
    return character;
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#take(wanted)) throw this.#error(`${wanted} is missing`);
  }

  #error(what: string): ExpressionError {
    return new ExpressionError(`cannot be read at character ${this.#at}: ${what}`);
  }
}

function only(character: string): CharacterSet {
  const point = character.codePointAt(0) ?? 0;
  return { ranges: [[point, point]], isNegated: false };
}
