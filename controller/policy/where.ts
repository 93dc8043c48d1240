import { canonicalKey } from '../../sandbox-image/wire/index.ts';
import type { Action, Point } from '../../sandbox-image/wire/index.ts';

/** A part of the screen, in pixels. */
export type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** The keys of a chord written as `ctrl+shift+w`, in canonical names; undefined where one of them is no key. */
export function keysOfChord(chord: string): readonly string[] | undefined {
  const keys = (chord.endsWith('++') ? [...chord.slice(0, -2).split('+'), '+'] : chord.split('+')).map((key) => canonicalKey(key.trim()));
  return keys.every((key) => key !== undefined) ? keys.map(oneSide) : undefined;
}

/** Whether an action presses exactly these keys together, left or right ones, in any order. */
export function pressesChord(action: Action, chord: string): boolean {
  const pressed = keysPressedBy(action).map(oneSide);
  const wanted = keysOfChord(chord) ?? [];
  return wanted.length > 0 && pressed.length === wanted.length && wanted.every((key) => pressed.includes(key));
}

/** Whether an action points into an area: its target, or any point of its way. */
export function pointsInto(action: Action, { x, y, width, height }: Area): boolean {
  return pointsOf(action).some((point) => point.x >= x && point.y >= y && point.x < x + width && point.y < y + height);
}

function keysPressedBy(action: Action): readonly string[] {
  switch (action.type) {
    case 'key':
    case 'hold':
      return action.keys;
    case 'key_down':
      return [action.key];
    default:
      return [];
  }
}

/** A shortcut means the same with the other control key, in lower and in upper case. */
function oneSide(key: string): string {
  return key.replace(/_r$/, '').toLowerCase();
}

function pointsOf(action: Action): readonly Point[] {
  switch (action.type) {
    case 'click':
    case 'mouse_down':
    case 'mouse_up':
    case 'scroll':
      return action.x === undefined || action.y === undefined ? [] : [{ x: action.x, y: action.y }];
    case 'move':
      return [{ x: action.x, y: action.y }];
    case 'drag':
      return action.path;
    default:
      return [];
  }
}
