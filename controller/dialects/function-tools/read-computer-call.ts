import { Action } from '../../../sandbox-image/wire/index.ts';
import type { Frame, Point } from '../../../sandbox-image/wire/index.ts';
import { placeOnScreen } from '../coordinates.ts';
import type { Coordinates } from '../coordinates.ts';
import { issuesOf, parseArguments } from '../desktop-functions.ts';
import { readChord, readModifiers } from '../key-names.ts';
import { notchesOf } from '../scroll-notches.ts';
import { computerActions, wishOf } from './action-names.ts';
import type { Wish } from './action-names.ts';
import { aimOf, given, keysOf, numberOf, pathOf, pointOf, shown } from './lenient-values.ts';
import type { Arguments } from './lenient-values.ts';

/** A call of the screen's function: an action to perform, the last word, or what is wrong with it, in words for the model. */
export type ReadComputerCall = { readonly action: Action } | { readonly final: string } | { readonly problem: string };

export type ComputerCallOptions = {
  /** The picture that the coordinates belong to. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height'>;
  readonly coordinates: Coordinates;
  /** Where the pointer will be, in screen pixels: a drag that names only its end begins there. */
  readonly pointer: Point;
  /** How long a `wait` that names no duration lasts. */
  readonly waitMs: number;
};

/** One call of `computer` or `computer_use`, read leniently and never guessed. Never throws. */
export function readComputerCall(argumentsGiven: unknown, options: ComputerCallOptions): ReadComputerCall {
  const from = parseArguments(argumentsGiven);
  if (typeof from === 'string') return { problem: from };
  const name = nameOf(from);
  if (name === undefined) return { problem: `the action is missing: name one of ${computerActions.join(', ')}` };
  const wish = wishOf(name);
  if (wish === undefined) return { problem: `unknown action ${shown(name)}: use ${computerActions.join(', ')}` };
  if (wish.kind === 'done') return { final: lastWord(from) };
  const read = readWish(wish, from, options);
  if (typeof read === 'string') return { problem: `${name}: ${read}` };
  const action = Action.safeParse(read);
  return action.success ? { action: action.data } : { problem: `${name}: ${issuesOf(action.error)}` };
}

/** The action's name. Where it is missing, the one action that has such fields; text may be typed or said, a bare point clicked or moved to. */
function nameOf(from: Arguments): string | undefined {
  const named = given(from, 'action', 'action_type', 'type');
  if (named !== undefined) return typeof named === 'string' ? named : shown(named);
  const isPresent = (...names: string[]) => given(from, ...names) !== undefined;
  const candidates = [
    ...(isPresent('path', 'start_coordinate') ? ['drag'] : []),
    ...(isPresent('scroll_x', 'scroll_y', 'pixels') ? ['scroll'] : []),
    ...(isPresent('keys') && !isPresent('x', 'coordinate', 'text') ? ['keypress'] : []),
    ...(isPresent('ms', 'time') ? ['wait'] : []),
    ...(isPresent('button') && isPresent('x', 'coordinate') ? ['click'] : []),
  ];
  return candidates.length === 1 && !isPresent('text') ? candidates[0] : undefined;
}

function lastWord(from: Arguments): string {
  const text = given(from, 'text', 'message', 'answer', 'content');
  const word = typeof text === 'string' ? text.trim() : '';
  const failed = from['status'] === 'failure';
  if (failed) return word === '' ? 'The task could not be completed.' : `The task could not be completed: ${word}`;
  return word;
}

/** The action as Vitrine writes it, still to be checked; or a sentence about what is wrong. */
function readWish(wish: Exclude<Wish, { kind: 'done' }>, from: Arguments, options: ComputerCallOptions): unknown {
  switch (wish.kind) {
    case 'screenshot':
      return { type: 'screenshot' };
    case 'click':
      return aimed(from, options, (at, modifiers) => ({ type: 'click', ...at, button: wish.button ?? buttonOf(from), count: wish.count, modifiers }));
    case 'move':
      return aimed(from, options, (at, modifiers) => (at === undefined ? 'give x and y' : { type: 'move', ...at, modifiers }));
    case 'mouse_down':
    case 'mouse_up':
      return aimed(from, options, (at) => ({ type: wish.kind, ...at, button: buttonOf(from) }));
    case 'drag':
      return readDrag(from, options);
    case 'scroll':
      return readScroll(from, options, wish.isSideways);
    case 'type':
      return readTyping(from);
    case 'keypress':
      return readKeys(from, readChord);
    case 'key_down':
    case 'key_up':
      return readKeys(from, (names) => (names.length === 1 ? { type: wish.kind, key: names[0] } : 'give one key at a time'));
    case 'wait':
      return { type: 'wait', ms: waitOf(from, options) };
  }
}

function aimed(from: Arguments, options: ComputerCallOptions, make: (at: Point | undefined, modifiers: string[]) => unknown): unknown {
  const aim = aimOf(from);
  if (typeof aim === 'string') return aim;
  const at = aim === undefined ? undefined : placeOnScreen(aim, options.frame, options.coordinates);
  if (typeof at === 'string') return at;
  const names = keysOf(given(from, 'modifiers', 'keys') ?? []);
  if (names === undefined) return 'the keys to hold are no list of names';
  const modifiers = readModifiers(names);
  return typeof modifiers === 'string' ? modifiers : make(at, modifiers);
}

function buttonOf(from: Arguments): unknown {
  const button = given(from, 'button') ?? 'left';
  return button === 'wheel' ? 'middle' : button;
}

function readDrag(from: Arguments, options: ComputerCallOptions): unknown {
  const path = dragPath(from);
  if (typeof path === 'string') return path;
  const places: Point[] = path.startsAtPointer ? [options.pointer] : [];
  for (const point of path.points) {
    const place = placeOnScreen(point, options.frame, options.coordinates);
    if (typeof place === 'string') return place;
    places.push(place);
  }
  return { type: 'drag', path: places, button: buttonOf(from) };
}

function dragPath(from: Arguments): { readonly points: readonly Point[]; readonly startsAtPointer: boolean } | string {
  const listed = given(from, 'path');
  if (listed !== undefined) {
    const points = pathOf(listed);
    if (typeof points === 'string') return points;
    return points.length < 2 ? 'the path needs at least two points' : { points, startsAtPointer: false };
  }
  const end = aimOf(from);
  if (end === undefined) return 'give a path of at least two points';
  if (typeof end === 'string') return end;
  const start = given(from, 'start_coordinate');
  if (start === undefined) return { points: [end], startsAtPointer: true };
  const first = pointOf(start);
  return first === undefined ? `start_coordinate ${shown(start)} is no point` : { points: [first, end], startsAtPointer: false };
}

/** `scroll_x` and `scroll_y` are deltas with + to the right and down; Qwen's `pixels` has + up. */
function readScroll(from: Arguments, options: ComputerCallOptions, isSideways: boolean): unknown {
  const read = scrollOf(from, isSideways);
  if (typeof read === 'string') return read;
  return aimed(from, options, (at, modifiers) => ({ type: 'scroll', ...at, ...read, modifiers }));
}

function scrollOf(from: Arguments, isSideways: boolean): { readonly dx: number; readonly dy: number } | string {
  const pixels = given(from, 'pixels');
  if (pixels !== undefined) {
    const delta = numberOf(pixels);
    if (delta === undefined) return `pixels ${shown(pixels)} is no number`;
    return isSideways ? { dx: notchesOf(delta), dy: 0 } : { dx: 0, dy: -notchesOf(delta) || 0 };
  }
  const direction = given(from, 'direction', 'scroll_direction');
  if (direction !== undefined) return scrollByDirection(direction, given(from, 'amount', 'scroll_amount'));
  const [dx, dy] = [given(from, 'scroll_x') ?? 0, given(from, 'scroll_y') ?? 0].map(numberOf);
  if (dx === undefined || dy === undefined) return 'scroll_x and scroll_y must be numbers';
  return { dx: notchesOf(dx), dy: notchesOf(dy) };
}

const ways: Readonly<Record<string, { readonly dx: number; readonly dy: number }>> = { up: { dx: 0, dy: -1 }, down: { dx: 0, dy: 1 }, left: { dx: -1, dy: 0 }, right: { dx: 1, dy: 0 } };

function scrollByDirection(direction: unknown, amount: unknown): { readonly dx: number; readonly dy: number } | string {
  const word = typeof direction === 'string' ? direction.toLowerCase() : '';
  const way = Object.hasOwn(ways, word) ? ways[word] : undefined;
  if (way === undefined) return `direction ${shown(direction)} is not up, down, left or right`;
  const notches = numberOf(amount);
  if (notches === undefined || notches < 1) return 'the amount must be a number of notches, at least 1';
  const count = Math.min(Math.round(notches), 15);
  return { dx: way.dx * count || 0, dy: way.dy * count || 0 };
}

function readTyping(from: Arguments): unknown {
  const text = given(from, 'text', 'content');
  if (typeof text === 'number') return { type: 'type', text: String(text) };
  if (typeof text !== 'string') return 'the text is missing';
  return text === '' ? 'the text is empty' : { type: 'type', text };
}

function readKeys(from: Arguments, make: (names: readonly string[]) => unknown): unknown {
  const names = keysOf(given(from, 'keys', 'key', 'text'));
  return names === undefined || names.length === 0 ? 'the keys are missing: give them as a list of names' : make(names);
}

function waitOf(from: Arguments, { waitMs }: ComputerCallOptions): unknown {
  const ms = given(from, 'ms');
  if (ms !== undefined) return Math.round(numberOf(ms) ?? Number.NaN);
  const seconds = given(from, 'time', 'duration', 'seconds');
  return seconds === undefined ? waitMs : Math.round((numberOf(seconds) ?? Number.NaN) * 1000);
}
