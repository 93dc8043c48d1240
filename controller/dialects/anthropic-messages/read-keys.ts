import { canonicalKey, isModifier, limits } from '../../../sandbox-image/wire/index.ts';

/** Chords in order, each a list of canonical keys; or a sentence about what is wrong. */
export type ReadChords = { readonly chords: readonly (readonly string[])[] } | { readonly problem: string };

/**
 * A key text as the model writes it, in the manner of xdotool: keys of a chord joined by `+` (`ctrl+s`, `ctrl++`,
 * `ctrl+-`), several chords separated by spaces. Letters beside a modifier are lower-cased: names are
 * case-insensitive there, and Shift has to be named. An unknown name is a problem.
 */
export function readChords(text: string): ReadChords {
  if (text === ' ') return { chords: [['space']] };
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return { problem: 'the key is empty: name one, such as Return or ctrl+s' };
  const chords: string[][] = [];
  for (const word of words) {
    const chord = readChord(word);
    if (typeof chord === 'string') return { problem: chord };
    chords.push(chord);
  }
  return { chords };
}

/** Modifiers to hold, joined by `+`; or a sentence about what is wrong. */
export function readModifiers(text: string): readonly string[] | string {
  if (text.trim() === '') return [];
  const found = new Set<string>();
  for (const name of text.trim().split('+')) {
    const key = canonicalKey(name.trim());
    if (key === undefined || !isModifier(key)) return `${quote(name)} cannot be held during a mouse action: use ctrl, shift, alt or super, joined by +`;
    found.add(key);
  }
  return [...found];
}

function readChord(word: string): string[] | string {
  const names = splitChord(word);
  if (names.length > limits.maxChordKeys) return `${names.length} keys in one chord; the limit is ${limits.maxChordKeys}`;
  const keys: string[] = [];
  for (const name of names) {
    const key = canonicalKey(name);
    if (key === undefined) return `unknown key ${quote(name)} in ${quote(word)}: use a single character or a name such as Return, ctrl, Page_Up, F5, joined by +`;
    keys.push(key);
  }
  if (!keys.some(isModifier)) return keys;
  return keys.map((key) => ([...key].length === 1 ? key.toLowerCase() : key));
}

/** A `+` at the end is the key itself: `ctrl++` is Ctrl and plus. */
function splitChord(word: string): string[] {
  if (word === '+') return ['+'];
  return word.endsWith('++') ? [...word.slice(0, -2).split('+'), '+'] : word.split('+');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
