import { canonicalKey, isModifier, limits } from '../../sandbox-image/wire/index.ts';

/** Keys to be held during a mouse action, in canonical names and each once; or why one cannot. */
export function readModifiers(names: readonly string[] | null | undefined): string[] | string {
  const found = new Set<string>();
  for (const name of names ?? []) {
    const key = canonicalKey(name);
    if (key === undefined || !isModifier(key)) return `${JSON.stringify(name)} cannot be held during a mouse action: use CTRL, SHIFT, ALT or META`;
    found.add(key);
  }
  return [...found];
}

/** One chord as an action still to be checked, or why it is none. Letters beside a modifier are lower-cased: models write CTRL and "A", and mean Ctrl+A without Shift. */
export function readChord(names: readonly string[]): { readonly type: 'key'; readonly keys: string[] } | string {
  if (names.length > limits.maxChordKeys) return `${names.length} keys in one chord; the limit is ${limits.maxChordKeys}`;
  const found: string[] = [];
  for (const name of names) {
    const key = canonicalKey(name);
    if (key === undefined) {
      return `unknown key ${JSON.stringify(name.slice(0, 40))}: give each key as an element of its own, as one character or a name such as ENTER, CTRL, PAGEUP, F5`;
    }
    found.push(key);
  }
  const isChord = found.some(isModifier);
  return { type: 'key', keys: isChord ? found.map((key) => ([...key].length === 1 ? key.toLowerCase() : key)) : found };
}
