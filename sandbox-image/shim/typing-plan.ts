import { slotOf, strokeOfSlot, type Keymap, type Stroke } from './keymap.ts';
import { keysymOfCharacter } from './keysyms.ts';

/** A stretch of text that needs one change of the keyboard mapping at most: first `bindings` (slot → keysym), then the strokes, one per character. */
export type Stretch = { readonly bindings: ReadonlyMap<number, number>; readonly strokes: readonly Stroke[] };

/**
 * Plans how to type `text`: characters of the layout as they are, the others in spare slots. `spares` maps each slot
 * to the keysym it has (0 for none), least recently used first; what is bound already is used again.
 * A stretch is as long as the slots allow. Undefined if there is no slot and the text needs one.
 */
export function planTyping(text: string, keymap: Pick<Keymap, 'strokeOf'>, spares: ReadonlyMap<number, number>): Stretch[] | undefined {
  const bound = new Map([...spares].filter(([, keysym]) => keysym !== 0).map(([slot, keysym]) => [keysym, slot]));
  const order = new Map(spares);
  const stretches: Stretch[] = [];
  let stretch = { bindings: new Map<number, number>(), strokes: [] as Stroke[], used: new Set<number>() };

  const slotFor = (keysym: number): number | undefined => {
    const known = bound.get(keysym);
    if (known !== undefined) return known;
    for (const slot of order.keys()) {
      if (stretch.used.has(slot)) continue;
      const old = order.get(slot) ?? 0;
      if (bound.get(old) === slot) bound.delete(old);
      bound.set(keysym, slot);
      stretch.bindings.set(slot, keysym);
      return slot;
    }
    return undefined;
  };
  const spareStroke = (keysym: number): Stroke | undefined => {
    const slot = slotFor(keysym);
    if (slot === undefined) return undefined;
    stretch.used.add(slot);
    order.delete(slot);
    order.set(slot, keysym);
    return strokeOfSlot(slot);
  };

  for (const character of text) {
    const keysym = keysymOfCharacter(character);
    const inLayout = keymap.strokeOf(keysym);
    let stroke = inLayout !== undefined && !spares.has(slotOf(inLayout)) ? inLayout : spareStroke(keysym);
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
