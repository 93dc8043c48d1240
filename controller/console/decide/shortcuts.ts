/** What the keys of a decision are, each after `g`. */
export const decisionKeys = { a: 'approve', d: 'deny', n: 'next', p: 'previous', r: 'reason', o: 'open' } as const;
export type Shortcut = (typeof decisionKeys)[keyof typeof decisionKeys];

/** How long the second key may take. */
export const secondKeyMs = 1500;

/** A key that was pressed, and what stands in the way of taking it for a shortcut. */
export type Pressed = {
  readonly key: string;
  readonly at: number;
  /** Whether the focus is where keys write or choose something. */
  readonly isTyping: boolean;
  readonly hasModifier: boolean;
  readonly isRepeated: boolean;
};

/** Since when the first key has been pressed; null when it has not. */
export type Armed = number | null;

/**
 * One key further. Nothing is decided by a single key, by a key that is held down, by one with a modifier, or by anything
 * that is typed into a field.
 */
export function pressed(armed: Armed, { key, at, isTyping, hasModifier, isRepeated }: Pressed): { readonly armed: Armed; readonly shortcut: Shortcut | null } {
  if (isTyping || hasModifier) return { armed: null, shortcut: null };
  if (isRepeated) return { armed: key === 'g' ? armed : null, shortcut: null };
  if (armed !== null && at - armed <= secondKeyMs) {
    const shortcut = isDecisionKey(key) ? decisionKeys[key] : null;
    if (shortcut !== null) return { armed: null, shortcut };
  }
  return { armed: key === 'g' ? at : null, shortcut: null };
}

function isDecisionKey(key: string): key is keyof typeof decisionKeys {
  return Object.hasOwn(decisionKeys, key);
}
