/** How one keysym is produced: a keycode, with or without shift. */
export type Stroke = { readonly keycode: number; readonly shift: boolean };

/** What the keyboard can produce at this moment. */
export type Keymap = {
  strokeOf(keysym: number): Stroke | undefined;
  /** The keysym of a keycode without shift; 0 for none. */
  keysymOf(keycode: number): number;
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
    keysymOf: (keycode) => rows[keycode - first]?.[0] ?? 0,
  };
}

/**
 * Keycodes beyond the main block that no key of the wire's vocabulary needs: without any keysym, or one of the
 * multimedia keys that applications do not act on. Characters that the layout lacks are bound to these.
 */
const donors: readonly (readonly [number, number])[] = [[191, 196], [198, 202], [210, 212], [220, 230], [235, 238], [242, 255]];
const multimediaKeysyms = { first: 0x1008_fe00, last: 0x1008_ffff };

/** The keycodes that may be given characters of our own. */
export function spareKeycodes(rows: readonly (readonly number[])[], first: number): number[] {
  return rows.flatMap((row, index) => {
    const keycode = first + index;
    const used = row.filter((keysym) => keysym !== 0);
    const isDonor = donors.some(([from, to]) => keycode >= from && keycode <= to)
      && used.every((keysym) => keysym >= multimediaKeysyms.first && keysym <= multimediaKeysyms.last);
    return keycode >= firstPlainKeycode && (used.length === 0 || isDonor) ? [keycode] : [];
  });
}
