/**
 * The key vocabulary of Vitrine. Every dialect's spelling is folded to one canonical name here, before
 * anything reaches X: xdotool exits 0 on a name that it does not know.
 */

/** Named keys: canonical name → the spellings accepted for it (case-folded) besides the name itself. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  ctrl: ['control', 'control_l', 'ctrl_l', 'ctl'],
  ctrl_r: ['control_r'],
  shift: ['shift_l'],
  shift_r: [],
  alt: ['option', 'alt_l', 'opt'],
  alt_r: ['altgr', 'iso_level3_shift'],
  super: ['meta', 'cmd', 'command', 'win', 'windows', 'super_l', 'meta_l'],
  super_r: ['meta_r'],
  enter: ['return', 'linefeed'],
  kp_enter: [],
  escape: ['esc'],
  tab: [],
  space: ['spacebar', ' '],
  backspace: ['back_space', 'bksp'],
  delete: ['del', 'forwarddelete'],
  insert: ['ins'],
  home: [],
  end: [],
  pageup: ['page_up', 'pgup', 'prior'],
  pagedown: ['page_down', 'pgdn', 'pgdown', 'next'],
  up: ['arrowup', 'arrow_up', 'up_arrow', 'uparrow'],
  down: ['arrowdown', 'arrow_down', 'down_arrow', 'downarrow'],
  left: ['arrowleft', 'arrow_left', 'left_arrow', 'leftarrow'],
  right: ['arrowright', 'arrow_right', 'right_arrow', 'rightarrow'],
  capslock: ['caps_lock', 'caps'],
  numlock: ['num_lock'],
  scrolllock: ['scroll_lock'],
  print: ['printscreen', 'print_screen', 'prtsc', 'sysrq'],
  pause: ['break'],
  menu: ['contextmenu', 'context_menu', 'apps'],
  f1: [], f2: [], f3: [], f4: [], f5: [], f6: [], f7: [], f8: [], f9: [], f10: [], f11: [], f12: [],
};

/** Words that dialects use for a printable character. */
const characterNames: Readonly<Record<string, string>> = {
  slash: '/', backslash: '\\', minus: '-', hyphen: '-', plus: '+', equal: '=', equals: '=', comma: ',', period: '.', dot: '.',
  semicolon: ';', colon: ':', apostrophe: "'", quote: "'", quotedbl: '"', bracketleft: '[', bracketright: ']', braceleft: '{',
  braceright: '}', grave: '`', backquote: '`', asciitilde: '~', tilde: '~', underscore: '_', less: '<', greater: '>', question: '?',
  exclam: '!', at: '@', numbersign: '#', dollar: '$', percent: '%', asciicircum: '^', ampersand: '&', asterisk: '*',
  parenleft: '(', parenright: ')', bar: '|', pipe: '|',
};

const bySpelling = new Map<string, string>();
for (const [name, others] of Object.entries(spellings)) {
  bySpelling.set(name, name);
  for (const other of others) bySpelling.set(other, name);
}
for (const [name, character] of Object.entries(characterNames)) bySpelling.set(name, character);

/** Keys that modify what another key or a click means. */
export const modifierKeys = ['ctrl', 'shift', 'alt', 'super', 'ctrl_r', 'shift_r', 'alt_r', 'super_r'] as const;

/** Every canonical named key, for documentation and tests. Any single printable character is a key as well. */
export const namedKeys: readonly string[] = Object.keys(spellings);

/**
 * The canonical name of a key: one of `namedKeys`, or one printable character as itself.
 * Returns undefined for what is no key; callers answer with an error that names the spelling, never guess.
 */
export function canonicalKey(spelling: string): string | undefined {
  const named = bySpelling.get(spelling.toLowerCase());
  if (named !== undefined) return named;
  const [character, more] = [...spelling];
  if (character === undefined || more !== undefined) return undefined;
  return isPrintable(character) ? character : undefined;
}

/** Whether a canonical key is a modifier. */
export function isModifier(key: string): boolean {
  return (modifierKeys as readonly string[]).includes(key);
}

/** Whether one code point can be typed: no control, surrogate, private-use or unassigned character. */
export function isPrintable(character: string): boolean {
  return !/^[\p{Cc}\p{Cs}\p{Co}\p{Cn}]$/u.test(character);
}
