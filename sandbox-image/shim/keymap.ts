/** How one keysym is produced: a keycode, with or without shift. */
export type Stroke = { readonly keycode: number; readonly shift: boolean };

/** What the keyboard can produce at this moment. */
export type Keymap = {
  strokeOf(keysym: number): Stroke | undefined;
  /** The keysym of a keycode, plain or shifted; 0 for none. */
  keysymOf(keycode: number, shift: boolean): number;
};

/** The main block of a PC keyboard ends here; the odd keys above it are second choice. */
const lastMainKeycode = 94;
/** xdotool takes one digit for the key that is labelled with it. */
const firstPlainKeycode = 10;

/** Reads the server's mapping: `rows[0]` belongs to keycode `first`; columns 0 and 1 are the plain and the shifted keysym. */
export function readKeymap(rows: readonly (readonly number[])[], first: number): Keymap {
  const strokes = new Map<number, { stroke: Stroke; rank: number }>();
  rows.forEach((row, index) => {
    const keycode = first + index;
    for (const level of [0, 1]) {
      const keysym = row[level] ?? 0;
      if (keysym === 0 || keycode < firstPlainKeycode - 1) continue;
      const rank = (keycode > lastMainKeycode ? 10_000 : 0) + level * 1000 + keycode;
      if (rank < (strokes.get(keysym)?.rank ?? Infinity)) strokes.set(keysym, { stroke: { keycode, shift: level === 1 }, rank });
    }
  });
  return {
    strokeOf: (keysym) => strokes.get(keysym)?.stroke,
    keysymOf: (keycode, shift) => rows[keycode - first]?.[shift ? 1 : 0] ?? 0,
  };
}

/** Keysyms that no key of the wire's vocabulary needs from up there: none, the multimedia keys, a second Print and Cancel. */
function isSpare(keysym: number): boolean {
  return keysym === 0 || (keysym >= 0x1008_fe00 && keysym <= 0x1008_ffff) || keysym === 0xff61 || keysym === 0xff69;
}

const firstSpareKeycode = 191;

/**
 * The longest row of neighbouring keycodes that may be given characters of our own. Neighbours, because every request to
 * change the mapping costs each application a reading of it (a window manager 50 ms), and one request changes a row.
 */
export function spareKeycodes(rows: readonly (readonly number[])[], first: number): number[] {
  let longest: number[] = [];
  let row: number[] = [];
  rows.forEach((keysyms, index) => {
    const keycode = first + index;
    if (keycode < firstSpareKeycode || !keysyms.every(isSpare)) row = [];
    else row = [...row, keycode];
    if (row.length > longest.length) longest = row;
  });
  return longest;
}

/** One place for a character: a spare keycode without (even) or with shift (odd number). */
export function slotOf({ keycode, shift }: Stroke): number {
  return keycode * 2 + (shift ? 1 : 0);
}

/** The stroke of a slot. */
export function strokeOfSlot(slot: number): Stroke {
  return { keycode: slot >> 1, shift: (slot & 1) === 1 };
}
