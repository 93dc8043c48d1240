import type { Keymap, Stroke } from './keymap.ts';
import { keysymOfCharacter } from './keysyms.ts';

/** A stretch of text that needs one change of the keyboard mapping at most: first `bindings` (keycode → keysym), then the strokes, one per character. */
export type Stretch = { readonly bindings: ReadonlyMap<number, number>; readonly strokes: readonly Stroke[] };

/**
 * Plans how to type `text`: characters of the layout as they are, the others on spare keycodes. `spares` maps each spare
 * keycode to the keysym it has (0 for none), least recently used first; what is bound already is used again.
 * A stretch is as long as the spare keycodes allow. Undefined if there is no spare keycode and the text needs one.
 */
export function planTyping(text: string, keymap: Pick<Keymap, 'strokeOf'>, spares: ReadonlyMap<number, number>): Stretch[] | undefined {
  const bound = new Map([...spares].filter(([, keysym]) => keysym !== 0).map(([keycode, keysym]) => [keysym, keycode]));
  const order = new Map(spares);
  const stretches: Stretch[] = [];
  let stretch = { bindings: new Map<number, number>(), strokes: [] as Stroke[], used: new Set<number>() };

  const spareFor = (keysym: number): number | undefined => {
    const known = bound.get(keysym);
    if (known !== undefined) return known;
    for (const keycode of order.keys()) {
      if (stretch.used.has(keycode)) continue;
      const old = order.get(keycode) ?? 0;
      if (bound.get(old) === keycode) bound.delete(old);
      bound.set(keysym, keycode);
      stretch.bindings.set(keycode, keysym);
      return keycode;
    }
    return undefined;
  };
  const spareStroke = (keysym: number): Stroke | undefined => {
    const keycode = spareFor(keysym);
    if (keycode === undefined) return undefined;
    stretch.used.add(keycode);
    order.delete(keycode);
    order.set(keycode, keysym);
    return { keycode, shift: false };
  };

  for (const character of text) {
    const keysym = keysymOfCharacter(character);
    const inLayout = keymap.strokeOf(keysym);
    let stroke = inLayout !== undefined && !spares.has(inLayout.keycode) ? inLayout : spareStroke(keysym);
    if (stroke === undefined) {
      if (spares.size === 0) return undefined;
      stretches.push(stretch);
      stretch = { bindings: new Map(), strokes: [], used: new Set() };
      stroke = spareStroke(keysym);
    }
    if (stroke !== undefined) stretch.strokes.push(stroke);
  }
  if (stretch.strokes.length > 0) stretches.push(stretch);
  return stretches;
}
