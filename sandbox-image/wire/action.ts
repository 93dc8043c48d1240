import { z } from 'zod';
import { canonicalKey, isModifier, isPrintable } from './keys.ts';
import { limits } from './limits.ts';

/** A position in screen pixels, origin top left. Whether it lies on the screen is checked where the display is known. */
export const Point = z.strictObject({
  x: z.int().min(0).max(limits.maxDisplayEdge - 1),
  y: z.int().min(0).max(limits.maxDisplayEdge - 1),
}).meta({ id: 'Point' });
export type Point = z.infer<typeof Point>;

/** A rectangle in screen pixels. */
export const Region = z.strictObject({
  x: z.int().min(0).max(limits.maxDisplayEdge - 1),
  y: z.int().min(0).max(limits.maxDisplayEdge - 1),
  width: z.int().min(1).max(limits.maxDisplayEdge),
  height: z.int().min(1).max(limits.maxDisplayEdge),
}).meta({ id: 'Region' });
export type Region = z.infer<typeof Region>;

/** The five buttons of X (1, 2, 3, 8, 9). */
export const Button = z.enum(['left', 'middle', 'right', 'back', 'forward']).meta({ id: 'Button' });
export type Button = z.infer<typeof Button>;

/** One key in any accepted spelling; parsing gives its canonical name (keys.ts). */
export const Key = z.string().min(1).max(32).transform((spelling, context) => {
  const key = canonicalKey(spelling);
  if (key !== undefined) return key;
  context.addIssue({ code: 'custom', message: `unknown key ${JSON.stringify(spelling)}: use a single character or a name such as enter, ctrl, pageup, f5` });
  return z.NEVER;
}).meta({ id: 'Key' });

/** A modifier held around a mouse action. */
export const Modifier = Key.refine(isModifier, { error: 'not a modifier: use ctrl, shift, alt or super' });

/** Text to type: printable characters, line feeds (Enter) and tabs (Tab). */
export const TypedText = z.string().min(1).transform((text) => text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')).superRefine((text, context) => {
  let count = 0;
  for (const character of text) {
    count += 1;
    if (character === '\n' || character === '\t' || isPrintable(character)) continue;
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    context.addIssue({ code: 'custom', message: `character ${count} (U+${point}) cannot be typed` });
    return;
  }
  if (count > limits.maxTextCharacters) {
    context.addIssue({ code: 'custom', message: `${count} characters; the limit is ${limits.maxTextCharacters}: split the text or put a file` });
  }
}).meta({ id: 'TypedText' });

const modifiers = z.array(Modifier).max(4).default([]);
const at = { x: Point.shape.x.optional(), y: Point.shape.y.optional() };
const notches = z.int().min(-limits.maxScrollNotches).max(limits.maxScrollNotches);
const durationMs = z.int().min(0).max(limits.maxWaitMs);

/**
 * One thing a desktop can be asked to do. Coordinates are screen pixels. Actions with optional `x` and `y` act where
 * the pointer is when both are absent (one alone is refused). `modifiers` are held around the action and released after it.
 */
export const Action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('screenshot') }),
  z.strictObject({ type: z.literal('zoom'), region: Region }),
  z.strictObject({ type: z.literal('move'), x: Point.shape.x, y: Point.shape.y, modifiers }),
  z.strictObject({ type: z.literal('click'), ...at, button: Button.default('left'), count: z.int().min(1).max(3).default(1), modifiers }),
  z.strictObject({ type: z.literal('mouse_down'), ...at, button: Button.default('left') }),
  z.strictObject({ type: z.literal('mouse_up'), ...at, button: Button.default('left') }),
  z.strictObject({ type: z.literal('drag'), path: z.array(Point).min(2).max(limits.maxPathPoints), button: Button.default('left'), modifiers }),
  /** Wheel notches: +dy down, +dx right. */
  z.strictObject({ type: z.literal('scroll'), ...at, dx: notches.default(0), dy: notches.default(0), modifiers }),
  z.strictObject({ type: z.literal('type'), text: TypedText }),
  /** One chord, pressed in order and released in reverse, `repeat` times. */
  z.strictObject({ type: z.literal('key'), keys: z.array(Key).min(1).max(limits.maxChordKeys), repeat: z.int().min(1).max(limits.maxKeyRepeat).default(1) }),
  z.strictObject({ type: z.literal('key_down'), key: Key }),
  z.strictObject({ type: z.literal('key_up'), key: Key }),
  z.strictObject({ type: z.literal('hold'), keys: z.array(Key).min(1).max(limits.maxChordKeys), ms: durationMs }),
  z.strictObject({ type: z.literal('wait'), ms: durationMs }),
  /** Where the pointer is; changes nothing. */
  z.strictObject({ type: z.literal('cursor') }),
]).superRefine((action, context) => {
  const { x, y }: { x?: unknown; y?: unknown } = action as object;
  if ((x === undefined) !== (y === undefined)) {
    context.addIssue({ code: 'custom', path: [x === undefined ? 'x' : 'y'], message: 'give both x and y, or neither to act where the pointer is' });
  }
  if (action.type === 'scroll' && action.dx === 0 && action.dy === 0) {
    context.addIssue({ code: 'custom', path: ['dy'], message: 'a scroll needs dx or dy other than 0 (wheel notches; +dy is down)' });
  }
}).meta({ id: 'Action' });
export type Action = z.infer<typeof Action>;
/** An action as a caller may write it: defaults left out, keys in any spelling. */
export type ActionInput = z.input<typeof Action>;

/** Width and height of a screen in pixels. */
export const Display = z.strictObject({
  width: z.int().min(limits.minDisplayEdge).max(limits.maxDisplayEdge),
  height: z.int().min(limits.minDisplayEdge).max(limits.maxDisplayEdge),
}).meta({ id: 'Display' });
export type Display = z.infer<typeof Display>;

/** Every point that an action names. */
export function pointsOf(action: Action): Point[] {
  if (action.type === 'drag') return action.path;
  if (action.type === 'zoom') {
    const { x, y, width, height } = action.region;
    return [{ x, y }, { x: x + width - 1, y: y + height - 1 }];
  }
  return 'x' in action && action.x !== undefined && action.y !== undefined ? [{ x: action.x, y: action.y }] : [];
}

/** Why an action cannot be performed on this display, in words for whoever asked; undefined if it can. */
export function offScreen(action: Action, display: Display): string | undefined {
  const outside = pointsOf(action).find((point) => point.x >= display.width || point.y >= display.height);
  if (outside === undefined) return undefined;
  return `${action.type} at ${outside.x},${outside.y} lies off the screen: x must be 0 to ${display.width - 1}, y 0 to ${display.height - 1}`;
}

/** Whether an action touches keyboard or pointer (as opposed to looking or waiting). */
export function isInput(action: Action): boolean {
  return !['screenshot', 'zoom', 'wait', 'cursor'].includes(action.type);
}
