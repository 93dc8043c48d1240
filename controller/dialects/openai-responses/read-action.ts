import { z } from 'zod';
import { Action, limits } from '../../../sandbox-image/wire/index.ts';
import type { Point } from '../../../sandbox-image/wire/index.ts';
import { placeOnScreen } from '../coordinates.ts';
import type { Shown } from '../coordinates.ts';
import { readChord, readModifiers } from '../key-names.ts';
import { notchesOf } from '../scroll-notches.ts';

/** An action that can be performed, or why it cannot, in words for the model. */
export type ReadAction = { readonly action: Action } | { readonly problem: string };

export type ReadActionOptions = {
  /** The picture that the coordinates belong to. */
  readonly frame: Shown;
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
        type: 'scroll', ...point, dx: notchesOf(vendor.scroll_x), dy: notchesOf(vendor.scroll_y), modifiers,
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
  const point = placeOnScreen(vendor, options.frame);
  if (typeof point === 'string') return point;
  const modifiers = readModifiers(vendor.keys);
  return typeof modifiers === 'string' ? modifiers : make(point, modifiers);
}

function readDrag(vendor: Extract<VendorAction, { type: 'drag' }>, options: ReadActionOptions): unknown {
  const path: Point[] = [];
  for (const place of vendor.path) {
    const point = placeOnScreen(place, options.frame);
    if (typeof point === 'string') return point;
    path.push(point);
  }
  const modifiers = readModifiers(vendor.keys);
  return typeof modifiers === 'string' ? modifiers : { type: 'drag', path, modifiers };
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
