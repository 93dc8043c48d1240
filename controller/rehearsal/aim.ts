import { matchText } from './match-text.ts';
import type { Screen } from './screen.ts';
import type { ScriptAction, Target } from './script.ts';
import { fill, fillPattern } from './template.ts';

/** What a script needs to turn its words into the vendor's actions. */
export type Aim = {
  readonly screen: Screen;
  readonly attempt: number;
  readonly values: Readonly<Record<string, string>>;
};

type Place = { readonly x: number; readonly y: number };
/** What was looked for, and is not on the screen. */
export type Missing = { readonly missing: string };

/** Script actions as the vendor's, every place found on the screen; or the first text that is not there. */
export async function aimActions(actions: readonly ScriptAction[], aim: Aim): Promise<readonly unknown[] | Missing> {
  const aimed: unknown[] = [];
  for (const action of actions) {
    const vendor = await aimAction(action, aim);
    if (isMissing(vendor)) return vendor;
    aimed.push(vendor);
  }
  return aimed;
}

export function isMissing(value: object): value is Missing {
  return 'missing' in value;
}

async function aimAction(action: ScriptAction, aim: Aim): Promise<object> {
  if ('type' in action) return { type: 'type', text: fill(action.type, aim.values) };
  if ('press' in action) return { type: 'keypress', keys: action.press };
  if ('wait' in action) return { type: 'wait' };
  if ('drag' in action) return aimDrag(action, aim);
  if ('click' in action) return at(action.click, aim, (place) => ({ type: 'click', button: action.button, ...place, ...held(action.keys) }));
  if ('doubleClick' in action) return at(action.doubleClick, aim, (place) => ({ type: 'double_click', ...place, keys: action.keys ?? null }));
  if ('move' in action) return at(action.move, aim, (place) => ({ type: 'move', ...place }));
  return at(action.scroll, aim, (place) => ({ type: 'scroll', ...place, scroll_x: action.x, scroll_y: action.y, ...held(action.keys) }));
}

function held(keys: readonly string[] | undefined): object {
  return keys === undefined ? {} : { keys };
}

async function aimDrag(action: Extract<ScriptAction, { drag: Target }>, aim: Aim): Promise<object> {
  const from = await locate(action.drag, aim);
  const to = await locate(action.to, aim);
  if (isMissing(from)) return from;
  if (isMissing(to)) return to;
  return { type: 'drag', path: [from, to], ...held(action.keys) };
}

async function at(target: Target, aim: Aim, make: (place: Place) => object): Promise<object> {
  const place = await locate(target, aim);
  return isMissing(place) ? place : make(place);
}

async function locate(target: Target, aim: Aim): Promise<Place | Missing> {
  const { width, height } = aim.screen;
  if ('x' in target) return { x: target.x, y: target.y };
  if ('shareX' in target) return { x: Math.floor(target.shareX * (width - 1)), y: Math.floor(target.shareY * (height - 1)) };
  if ('left' in target) return { x: target.left, y: height - target.bottom };

  const lines = await aim.screen.lines(aim.attempt);
  const pattern = fillPattern(target.text, aim.values);
  const matches = matchText(lines, pattern);
  const match = target.near === undefined ? matches.at(target.nth > 0 ? target.nth - 1 : target.nth) : nearest(matches, matchText(lines, fillPattern(target.near, aim.values)));
  if (match === undefined) return { missing: target.near === undefined ? pattern : `${pattern} near ${target.near}` };
  const { left, right, top, bottom } = match.box;
  const x = { left: left + 2, middle: (left + right) / 2, right: right - 2 }[target.side] + target.dx + shift(target.along, aim.values);
  const y = (top + bottom) / 2 + target.dy;
  return { x: clamp(x, width), y: clamp(y, height) };
}

function shift(along: { readonly value: string; readonly pixels: number } | undefined, values: Aim['values']): number {
  const unit = along === undefined ? 0 : Number(values[along.value]);
  if (!Number.isFinite(unit)) throw new Error(`the script shifts by ${along?.value ?? ''}, which is no number`);
  return unit * (along?.pixels ?? 0);
}

function nearest<Found extends { readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } }>(matches: readonly Found[], anchors: readonly Found[]): Found | undefined {
  const anchor = anchors[0];
  if (anchor === undefined) return undefined;
  const distance = ({ box }: Found): number =>
    Math.hypot(box.left + box.right - anchor.box.left - anchor.box.right, box.top + box.bottom - anchor.box.top - anchor.box.bottom);
  return matches.toSorted((one, other) => distance(one) - distance(other))[0];
}

function clamp(value: number, size: number): number {
  return Math.min(Math.max(Math.round(value), 0), size - 1);
}
