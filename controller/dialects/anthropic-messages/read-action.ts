import { z } from 'zod';
import { Action, limits, toScreen } from '../../../sandbox-image/wire/index.ts';
import type { Frame, Point } from '../../../sandbox-image/wire/index.ts';
import { memberOf, membersIn } from './computer-tools.ts';
import type { ComputerForm, MemberName } from './computer-tools.ts';
import { issueWords } from './issue-words.ts';
import { readChords, readModifiers } from './read-keys.ts';

/** The actions of one call, in order and at least one, that can be performed; or why they cannot, in words for the model. */
export type ReadActions = { readonly actions: readonly Action[] } | { readonly problem: string };

export type ReadActionOptions = {
  readonly form: ComputerForm;
  /** The picture of the whole screen that the coordinates belong to. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height'>;
  /** Where the pointer is when the call begins, in screen pixels. */
  readonly pointer: Point;
};

const coordinate = z.tuple([z.number(), z.number()]);
const pointed = { coordinate: coordinate.nullish(), text: z.string().nullish(), key: z.string().nullish() };
const seconds = z.number().min(0).max(limits.maxWaitMs / 1000);

/** What the model gives for each action (messages.d.ts `Computer…Input`). Fields that are not named here are ignored. */
const MemberInput = z.discriminatedUnion('member', [
  z.looseObject({ member: z.enum(['screenshot', 'cursor_position']) }),
  z.looseObject({ member: z.enum(['left_click', 'right_click', 'middle_click', 'double_click', 'triple_click']), ...pointed }),
  z.looseObject({ member: z.enum(['left_mouse_down', 'left_mouse_up']), coordinate: coordinate.nullish() }),
  z.looseObject({ member: z.literal('mouse_move'), coordinate }),
  z.looseObject({ member: z.literal('left_click_drag'), ...pointed, coordinate, start_coordinate: coordinate.nullish() }),
  z.looseObject({ member: z.literal('scroll'), ...pointed, scroll_direction: z.enum(['up', 'down', 'left', 'right']), scroll_amount: z.int().min(1).max(limits.maxScrollNotches) }),
  z.looseObject({ member: z.literal('type'), text: z.string() }),
  z.looseObject({ member: z.literal('key'), text: z.string(), repeat: z.int().min(1).max(limits.maxKeyRepeat).nullish() }),
  z.looseObject({ member: z.literal('hold_key'), text: z.string(), duration: seconds }),
  z.looseObject({ member: z.literal('wait'), duration: seconds }),
  z.looseObject({ member: z.literal('zoom'), region: z.tuple([z.number(), z.number(), z.number(), z.number()]) }),
]);
type MemberInput = z.infer<typeof MemberInput>;

/** One action of the tool for the screen, by its name and input. Never throws: what cannot be performed as it stands is a problem. */
export function readMember(name: unknown, input: unknown, options: ReadActionOptions): ReadActions {
  const member = memberOf(options.form, name);
  if (member === undefined) return { problem: `unknown action ${JSON.stringify(name ?? null)?.slice(0, 60)}: use ${membersIn(options.form).join(', ')}` };
  const fields = typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
  const vendor = MemberInput.safeParse({ ...fields, member });
  if (!vendor.success) return { problem: `${member}: ${issueWords(vendor.error)}` };
  const translated = translate(vendor.data, options);
  if (typeof translated === 'string') return { problem: `${member}: ${translated}` };
  return check(member, translated);
}

/** Where the pointer is after these actions, in screen pixels. */
export function pointerAfter(actions: readonly Action[], pointer: Point): Point {
  return actions.reduce<Point>((at, action) => {
    if (action.type === 'drag') return action.path.at(-1) ?? at;
    return 'x' in action && action.x !== undefined && action.y !== undefined ? { x: action.x, y: action.y } : at;
  }, pointer);
}

function check(member: MemberName, translated: readonly unknown[]): ReadActions {
  const actions: Action[] = [];
  for (const one of translated) {
    const action = Action.safeParse(one);
    if (!action.success) return { problem: `${member}: ${issueWords(action.error)}` };
    actions.push(action.data);
  }
  return { actions };
}

/** The actions as Vitrine writes them, still to be checked; or a sentence about what is wrong. */
function translate(vendor: MemberInput, options: ReadActionOptions): readonly unknown[] | string {
  switch (vendor.member) {
    case 'screenshot':
      return [{ type: 'screenshot' }];
    case 'cursor_position':
      return [{ type: 'cursor' }];
    case 'left_click':
      return atPoint(vendor, options, { type: 'click', button: 'left' });
    case 'right_click':
      return atPoint(vendor, options, { type: 'click', button: 'right' });
    case 'middle_click':
      return atPoint(vendor, options, { type: 'click', button: 'middle' });
    case 'double_click':
      return atPoint(vendor, options, { type: 'click', count: 2 });
    case 'triple_click':
      return atPoint(vendor, options, { type: 'click', count: 3 });
    case 'left_mouse_down':
      return atPoint(vendor, options, { type: 'mouse_down' });
    case 'left_mouse_up':
      return atPoint(vendor, options, { type: 'mouse_up' });
    case 'mouse_move':
      return atPoint(vendor, options, { type: 'move' });
    case 'left_click_drag':
      return readDrag(vendor, options);
    case 'scroll':
      return atPoint(vendor, options, { type: 'scroll', ...notches(vendor.scroll_direction, vendor.scroll_amount) });
    case 'type':
      return vendor.text === '' ? 'the text is empty' : [{ type: 'type', text: vendor.text }];
    case 'key':
      return readKey(vendor.text, vendor.repeat ?? 1);
    case 'hold_key':
      return readHold(vendor.text, vendor.duration);
    case 'wait':
      return [{ type: 'wait', ms: Math.round(vendor.duration * 1000) }];
    case 'zoom':
      return readZoom(vendor.region, options.frame);
  }
}

type Pointed = { readonly coordinate?: readonly [number, number] | null | undefined; readonly text?: unknown; readonly key?: unknown };

function atPoint(vendor: Pointed, { frame }: ReadActionOptions, action: object): readonly unknown[] | string {
  const point = vendor.coordinate ? readPoint(vendor.coordinate, frame) : {};
  if (typeof point === 'string') return point;
  const modifiers = modifiersOf(vendor);
  if (typeof modifiers === 'string') return modifiers;
  return [{ ...action, ...point, ...(modifiers.length > 0 ? { modifiers } : {}) }];
}

/** Without a start the drag begins where the pointer is. */
function readDrag(vendor: Extract<MemberInput, { member: 'left_click_drag' }>, { frame, pointer }: ReadActionOptions): readonly unknown[] | string {
  const start = vendor.start_coordinate ? readPoint(vendor.start_coordinate, frame) : pointer;
  if (typeof start === 'string') return start;
  const end = readPoint(vendor.coordinate, frame);
  if (typeof end === 'string') return end;
  const modifiers = modifiersOf(vendor);
  return typeof modifiers === 'string' ? modifiers : [{ type: 'drag', path: [start, end], modifiers }];
}

/** The modifiers stand in `text`; the vendor's own sample reads them from `key`. */
function modifiersOf(vendor: Pointed): readonly string[] | string {
  const text = vendor.text ?? vendor.key;
  return typeof text === 'string' ? readModifiers(text) : [];
}

/** A point of the picture in screen pixels, or why it is none. Fractions are rounded down: they lie within that pixel. */
function readPoint([atX, atY]: readonly [number, number], frame: ReadActionOptions['frame']): Point | string {
  const x = Math.floor(atX);
  const y = Math.floor(atY);
  if (x >= 0 && y >= 0 && x < frame.width && y < frame.height) return toScreen(frame, { x, y });
  return `${atX},${atY} lies off the picture: x must be 0 to ${frame.width - 1}, y 0 to ${frame.height - 1}`;
}

function notches(direction: 'up' | 'down' | 'left' | 'right', amount: number): { dx: number; dy: number } {
  switch (direction) {
    case 'up':
      return { dx: 0, dy: -amount };
    case 'down':
      return { dx: 0, dy: amount };
    case 'left':
      return { dx: -amount, dy: 0 };
    case 'right':
      return { dx: amount, dy: 0 };
  }
}

function readKey(text: string, repeat: number): readonly unknown[] | string {
  const read = readChords(text);
  if ('problem' in read) return read.problem;
  const [only, ...others] = read.chords;
  if (only !== undefined && others.length === 0) return [{ type: 'key', keys: only, repeat }];
  const total = read.chords.length * repeat;
  if (total > limits.maxActionsPerTurn) return `${total} key presses in one call; the limit is ${limits.maxActionsPerTurn}`;
  return Array.from({ length: repeat }, () => read.chords.map((keys) => ({ type: 'key', keys }))).flat();
}

function readHold(text: string, duration: number): readonly unknown[] | string {
  const read = readChords(text);
  if ('problem' in read) return read.problem;
  const [keys, more] = read.chords;
  if (more !== undefined) return 'one chord can be held at a time: join its keys by +';
  return [{ type: 'hold', keys, ms: Math.round(duration * 1000) }];
}

/** Corners of the picture, the second one just outside, as the screen area between them. */
function readZoom([x0, y0, x1, y1]: readonly [number, number, number, number], { region, width, height }: ReadActionOptions['frame']): readonly unknown[] | string {
  if (!(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= width && y1 <= height)) {
    return `[${x0}, ${y0}, ${x1}, ${y1}] is no area of the picture: give [x0, y0, x1, y1] with 0 ≤ x0 < x1 ≤ ${width} and 0 ≤ y0 < y1 ≤ ${height}`;
  }
  const left = region.x + Math.floor((x0 * region.width) / width);
  const top = region.y + Math.floor((y0 * region.height) / height);
  const right = region.x + Math.ceil((x1 * region.width) / width);
  const bottom = region.y + Math.ceil((y1 * region.height) / height);
  return [{ type: 'zoom', region: { x: left, y: top, width: right - left, height: bottom - top } }];
}
