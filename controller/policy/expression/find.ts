import type { Program } from './program.ts';
import type { AssertionKind } from './syntax.ts';

/**
 * Where the first match of a program in a text begins (an index as strings count), among the matches that end after
 * `endsAfter`; undefined if there is none. All ways to match are followed at once, character by character, so the work is
 * at most the program's size times the text's length, whatever both are.
 */
export function find(program: Program, text: string, endsAfter = -1): number | undefined {
  const threads = new Threads(program);
  let best: number | undefined;
  for (let index = 0; ; ) {
    const point = text.codePointAt(index);
    if (best === undefined) threads.add(0, index, text, index);
    /* Threads stand in the order of their beginnings: the first that matches began first. */
    const matched = index > endsAfter ? threads.matched : undefined;
    if (matched !== undefined) {
      best = matched;
      threads.keepBefore(matched);
    }
    if (point === undefined || (best !== undefined && threads.isEmpty)) return best;
    const next = index + (point > 0xffff ? 2 : 1);
    threads.step(point, text, next);
    index = next;
  }
}

/** The places in the program that have been reached, each with where its match began. */
class Threads {
  readonly #program: Program;
  #places: number[] = [];
  #begins: number[] = [];
  /** The place at which each instruction was last reached, to reach it once per character. */
  readonly #reached: Int32Array;
  /** What `add` has still to look at; empty between its calls. */
  readonly #open: number[] = [];
  matched: number | undefined;

  constructor(program: Program) {
    this.#program = program;
    this.#reached = new Int32Array(program.length).fill(-1);
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /** Reaches an instruction, and everything that follows from it without a character. */
  add(place: number, begin: number, text: string, index: number): void {
    if (this.#reached[place] === index) return;
    const open = this.#open;
    open.push(place);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#reached[next] === index) continue;
      this.#reached[next] = index;
      const instruction = this.#program[next];
      if (instruction === undefined) continue;
      if (instruction.op === 'take') this.#keep(next, begin);
      else if (instruction.op === 'fork') for (const target of instruction.targets) open.push(target);
      else if (instruction.op === 'match') this.matched ??= begin;
      else if (applies(instruction.assertion, text, index)) open.push(next + 1);
    }
  }

  /** Moves on by one character. */
  step(point: number, text: string, index: number): void {
    const [places, begins] = [this.#places, this.#begins];
    this.#places = [];
    this.#begins = [];
    this.matched = undefined;
    for (let count = 0; count < places.length; count += 1) {
      const place = places[count] ?? 0;
      const instruction = this.#program[place];
      if (instruction?.op === 'take' && instruction.holds(point)) this.add(place + 1, begins[count] ?? 0, text, index);
    }
  }

  /** Forgets what could only lead to a later beginning. */
  keepBefore(begin: number): void {
    const count = this.#begins.findIndex((each) => each >= begin);
    if (count < 0) return;
    this.#places.length = count;
    this.#begins.length = count;
  }

  #keep(place: number, begin: number): void {
    this.#places.push(place);
    this.#begins.push(begin);
  }
}

function applies(assertion: AssertionKind, text: string, index: number): boolean {
  switch (assertion) {
    case 'line-start': return index === 0 || isLineEnd(text.charCodeAt(index - 1));
    case 'line-end': return index === text.length || isLineEnd(text.charCodeAt(index));
    case 'word-edge': return isWord(text.charCodeAt(index - 1)) !== isWord(text.charCodeAt(index));
    case 'no-word-edge': return isWord(text.charCodeAt(index - 1)) === isWord(text.charCodeAt(index));
  }
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029;
}

function isWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (code >= 0x61 && code <= 0x7a);
}
