import { z } from 'zod';
import { Action, isModifier, limits, canonicalKey, toScreen } from '../../../sandbox-image/wire/index.ts';
import type { Frame, Point } from '../../../sandbox-image/wire/index.ts';

/** An action that can be performed, or why it cannot, in words for the model. */
export type ReadAction = { readonly action: Action } | { readonly problem: string };

export type ReadActionOptions = {
  /** The picture that the coordinates belong to. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height'>;
  /** How long the vendor's `wait`, which names no duration, lasts. */
  readonly waitMs: number;
};

const number = z.number();
const keys = z.array(z.string()).max(64).nullish();
const pathPoint = z.union([z.looseObject({ x: number, y: number }), z.tuple([number, number]).transform(([x, y]) => ({ x, y }))]);

/** The vendor's actions (responses.d.ts `ComputerAction`). Fields that are not named here are ignored. */
const VendorAction = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('click'), button: z.enum(['left', 'right', 'wheel', 'back', 'forward']), x: number, y: number, keys }),
  z.looseObject({ type: z.literal('double_click'), x: number, y: number, keys }),
  z.looseObject({ type: z.literal('drag'), path: z.array(pathPoint).min(2).max(limits.maxPathPoints), keys }),
  z.looseObject({ type: z.literal('keypress'), keys: z.array(z.string()).min(1) }),
  z.looseObject({ type: z.literal('move'), x: number, y: number, keys }),
  z.looseObject({ type: z.literal('screenshot') }),
  z.looseObject({ type: z.literal('scroll'), x: number, y: number, scroll_x: number, scroll_y: number, keys }),
  z.looseObject({ type: z.literal('type'), text: z.string() }),
  z.looseObject({ type: z.literal('wait') }),
]);
type VendorAction = z.infer<typeof VendorAction>;

/** What an action may be called. */
export const vendorActionTypes = VendorAction.options.map((option) => option.shape.type.value);

/** The vendor's unit is a pixel-like delta; its own sample counts 100 to one notch, and never less than one. */
const pixelsPerNotch = 100;
/** No scroll of one action goes further, so that the model looks again. */
const maxNotches = 15;

/** One action of a `computer_call`, in screen pixels. Never throws: what cannot be performed as it stands is a problem. */
export function readAction(item: unknown, options: ReadActionOptions): ReadAction {
  const vendor = VendorAction.safeParse(item);
  if (!vendor.success) return { problem: describeUnread(item, vendor.error) };
  const translated = translate(vendor.data, options);
  if (typeof translated === 'string') return { problem: `${vendor.data.type}: ${translated}` };
  const action = Action.safeParse(translated);
  if (!action.success) return { problem: `${vendor.data.type}: ${issues(action.error)}` };
  return { action: action.data };
}

/** The action as Vitrine writes it, still to be checked; or a sentence about what is wrong. */
function translate(vendor: VendorAction, options: ReadActionOptions): unknown {
  switch (vendor.type) {
    case 'click': {
      const button = vendor.button === 'wheel' ? 'middle' : vendor.button;
      return pointed(vendor, options, (point, modifiers) => ({ type: 'click', ...point, button, modifiers }));
    }
    case 'double_click':
      return pointed(vendor, options, (point, modifiers) => ({ type: 'click', ...point, count: 2, modifiers }));
    case 'move':
      return pointed(vendor, options, (point, modifiers) => ({ type: 'move', ...point, modifiers }));
    case 'scroll':
      return pointed(vendor, options, (point, modifiers) => ({
        type: 'scroll', ...point, dx: notches(vendor.scroll_x), dy: notches(vendor.scroll_y), modifiers,
      }));
    case 'drag':
      return readDrag(vendor, options);
    case 'keypress':
      return readChord(vendor.keys);
    case 'type':
      return vendor.text === '' ? 'the text is empty' : { type: 'type', text: vendor.text };
    case 'wait':
      return { type: 'wait', ms: options.waitMs };
    case 'screenshot':
      return { type: 'screenshot' };
  }
}

type Pointed = { readonly x: number; readonly y: number; readonly keys?: readonly string[] | null | undefined };

function pointed(vendor: Pointed, options: ReadActionOptions, make: (point: Point, modifiers: string[]) => unknown): unknown {
  const point = readPoint(vendor, options.frame);
  if (typeof point === 'string') return point;
  const modifiers = readModifiers(vendor.keys);
  return typeof modifiers === 'string' ? modifiers : make(point, modifiers);
}

function readDrag(vendor: Extract<VendorAction, { type: 'drag' }>, options: ReadActionOptions): unknown {
  const path: Point[] = [];
  for (const place of vendor.path) {
    const point = readPoint(place, options.frame);
    if (typeof point === 'string') return point;
    path.push(point);
  }
  const modifiers = readModifiers(vendor.keys);
  return typeof modifiers === 'string' ? modifiers : { type: 'drag', path, modifiers };
}

/** A point of the picture in screen pixels, or why it is none. Fractions are rounded down: they lie within that pixel. */
function readPoint(at: { readonly x: number; readonly y: number }, frame: ReadActionOptions['frame']): Point | string {
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  if (x >= 0 && y >= 0 && x < frame.width && y < frame.height) return toScreen(frame, { x, y });
  return `${at.x},${at.y} lies off the picture: x must be 0 to ${frame.width - 1}, y 0 to ${frame.height - 1}`;
}

function readModifiers(names: readonly string[] | null | undefined): string[] | string {
  const found = new Set<string>();
  for (const name of names ?? []) {
    const key = canonicalKey(name);
    if (key === undefined || !isModifier(key)) return `${JSON.stringify(name)} cannot be held during a mouse action: use CTRL, SHIFT, ALT or META`;
    found.add(key);
  }
  return [...found];
}

/** One chord. Letters beside a modifier are lower-cased: the vendor writes CTRL and "A", and means Ctrl+A without Shift. */
function readChord(names: readonly string[]): unknown {
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

function notches(pixels: number): number {
  if (pixels === 0) return 0;
  return Math.sign(pixels) * Math.min(Math.max(Math.round(Math.abs(pixels) / pixelsPerNotch), 1), maxNotches);
}

function describeUnread(item: unknown, error: z.ZodError): string {
  const type: unknown = typeof item === 'object' && item !== null && 'type' in item ? item.type : undefined;
  const known = vendorActionTypes.find((name) => name === type);
  if (known === undefined) return `unknown action ${JSON.stringify(type ?? null)?.slice(0, 60)}: use ${vendorActionTypes.join(', ')}`;
  return `${known}: ${issues(error)}`;
}

function issues(error: z.ZodError): string {
  return error.issues.slice(0, 3).map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message)).join('; ');
}
