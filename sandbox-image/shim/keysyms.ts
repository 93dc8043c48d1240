/** X's names for keys (keysymdef.h) by the wire's canonical name; the first that the keyboard has is taken. */
const byKey: Readonly<Record<string, readonly number[]>> = {
  ctrl: [0xffe3], ctrl_r: [0xffe4], shift: [0xffe1], shift_r: [0xffe2], alt: [0xffe9], alt_r: [0xffea, 0xfe03], super: [0xffeb], super_r: [0xffec],
  enter: [0xff0d], kp_enter: [0xff8d], escape: [0xff1b], tab: [0xff09], space: [0x20], backspace: [0xff08], delete: [0xffff], insert: [0xff63],
  home: [0xff50], end: [0xff57], pageup: [0xff55], pagedown: [0xff56], left: [0xff51], up: [0xff52], right: [0xff53], down: [0xff54],
  capslock: [0xffe5], numlock: [0xff7f], scrolllock: [0xff14], print: [0xff61], pause: [0xff13], menu: [0xff67],
  f1: [0xffbe], f2: [0xffbf], f3: [0xffc0], f4: [0xffc1], f5: [0xffc2], f6: [0xffc3], f7: [0xffc4], f8: [0xffc5], f9: [0xffc6],
  f10: [0xffc7], f11: [0xffc8], f12: [0xffc9],
};

const names = new Map<number, string>();
for (const [name, keysyms] of Object.entries(byKey)) for (const keysym of keysyms) names.set(keysym, name);

const unicodeKeysyms = 0x0100_0000;

/** The keysym of one character: itself in Latin-1, else 0x01000000 plus the code point (keysymdef.h). Line feed is Enter, tab is Tab. */
export function keysymOfCharacter(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (character === '\n') return 0xff0d;
  if (character === '\t') return 0xff09;
  return (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff) ? point : unicodeKeysyms + point;
}

/** The keysyms that may stand for a canonical key. */
export function keysymsOfKey(key: string): readonly number[] {
  return Object.hasOwn(byKey, key) ? (byKey[key] ?? []) : [keysymOfCharacter(key)];
}

/** The canonical key of a keysym; undefined for one outside the wire's vocabulary. */
export function keyOfKeysym(keysym: number): string | undefined {
  const name = names.get(keysym);
  if (name !== undefined) return name;
  if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff)) return String.fromCodePoint(keysym);
  if (keysym > unicodeKeysyms && keysym <= unicodeKeysyms + 0x10ffff) return String.fromCodePoint(keysym - unicodeKeysyms);
  return undefined;
}
