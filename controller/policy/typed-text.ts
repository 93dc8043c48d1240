import type { Action } from '../../sandbox-image/wire/index.ts';

/** Longest beginning of a line that is remembered from what was typed before, in characters. */
const maxLine = 500;

const shifts = new Set(['shift', 'shift_r']);
const whiteKeys: Readonly<Record<string, string>> = { space: ' ', tab: '\t', enter: '\n', kp_enter: '\n' };

/** What an action writes: the text of `type`, or the characters of keys that are pressed by themselves or with shift. Empty for all others. */
export function textTypedBy(action: Action): string {
  switch (action.type) {
    case 'type': return action.text;
    case 'key': return characterOf(action.keys).repeat(action.repeat);
    case 'hold': return characterOf(action.keys);
    case 'key_down': return characterOf([action.key]);
    default: return '';
  }
}

function characterOf(keys: readonly string[]): string {
  const [key, more] = keys.filter((each) => !shifts.has(each));
  if (key === undefined || more !== undefined) return '';
  const white = whiteKeys[key];
  if (white !== undefined) return white;
  if ([...key].length !== 1) return '';
  return keys.length > 1 ? key.toUpperCase() : key;
}

/** The line that stands there after an action: what was written since the last line feed. */
export function lineAfter(line: string, action: Action): string {
  const written = textTypedBy(action);
  return written === '' ? line : `${line}${written}`.slice(-maxLine).replace(/^[^]*\n/, '');
}
