import { z } from 'zod';
import type { Action, ActionOutcome } from '../../../sandbox-image/wire/index.ts';
import { Effect, isModifier, Point, WireErrorCode } from '../../../sandbox-image/wire/index.ts';

/** One action of a person in control, as the journal may know it: what was typed is counted and never kept. */
export const OperatorAction = z.strictObject({
  type: z.string(),
  at: Point.nullable(),
  /** Characters of a typed text. */
  characters: z.int().nonnegative().nullable(),
  /** Named keys; a key that writes something stands as `•`, unless it is part of a shortcut. */
  keys: z.array(z.string()),
}).meta({ id: 'OperatorAction' });
export type OperatorAction = z.infer<typeof OperatorAction>;

/** What became of it. */
export const OperatorOutcome = z.strictObject({
  status: z.enum(['performed', 'refused', 'failed', 'unknown']),
  error: z.strictObject({ code: WireErrorCode, message: z.string() }).nullable(),
  effect: Effect,
}).meta({ id: 'OperatorOutcome' });
export type OperatorOutcome = z.infer<typeof OperatorOutcome>;

const hidden = '•';
const shortcutKeys: ReadonlySet<string> = new Set(['ctrl', 'alt', 'super']);

/** An action without what it writes. */
export function masked(action: Action): OperatorAction {
  const keys = keysOf(action);
  const isShortcut = keys.some((key) => shortcutKeys.has(key));
  return {
    type: action.type,
    at: pointOf(action),
    characters: action.type === 'type' ? [...action.text].length : null,
    keys: keys.map((key) => (isShortcut || isModifier(key) || [...key].length > 1 ? key : hidden)),
  };
}

/** The outcome without its pictures and times. The desktop's words on a failure are kept where nothing was written: they may name a key. */
export function operatorOutcome({ status, error, effect }: Pick<ActionOutcome, 'status' | 'error' | 'effect'>, { characters, keys }: Pick<OperatorAction, 'characters' | 'keys'>): OperatorOutcome {
  const writes = characters !== null || keys.includes(hidden);
  if (error === undefined) return { status, error: null, effect };
  return { status, error: writes ? { code: error.code, message: 'the desktop said why to the person in control' } : error, effect };
}

function keysOf(action: Action): readonly string[] {
  switch (action.type) {
    case 'key':
    case 'hold':
      return action.keys;
    case 'key_down':
    case 'key_up':
      return [action.key];
    case 'move':
    case 'click':
    case 'drag':
    case 'scroll':
      return action.modifiers;
    case 'type':
    case 'mouse_down':
    case 'mouse_up':
    case 'screenshot':
    case 'zoom':
    case 'wait':
    case 'cursor':
      return [];
  }
}

function pointOf(action: Action): OperatorAction['at'] {
  if (action.type === 'drag') return action.path.at(-1) ?? null;
  return 'x' in action && action.x !== undefined && action.y !== undefined ? { x: action.x, y: action.y } : null;
}

/** How often each kind of thing was done. */
export type Deeds = Readonly<Record<string, number>>;

/** The deeds with one more; what only looks or waits is none. */
export function withDeed(deeds: Deeds, { type, characters }: OperatorAction): Deeds {
  const kind = kinds[type];
  if (kind === undefined) return deeds;
  return { ...deeds, [kind]: (deeds[kind] ?? 0) + (characters ?? 1) };
}

const kinds: Readonly<Record<string, string>> = {
  click: 'click', mouse_down: 'press', drag: 'drag', scroll: 'scroll', type: 'type', key: 'key', hold: 'key', key_down: 'key', move: 'move',
};

/** What was done, in words: `clicked 3 times, typed 12 characters`; what was typed is not among them. */
export function wordsOfDeeds(deeds: Deeds): string {
  const words = Object.entries(deeds).map(([kind, count]) => {
    const times = count === 1 ? 'once' : `${count} times`;
    switch (kind) {
      case 'click': return `clicked ${times}`;
      case 'press': return `pressed a mouse button ${times}`;
      case 'drag': return `dragged ${times}`;
      case 'scroll': return `scrolled ${times}`;
      case 'type': return `typed ${count === 1 ? '1 character' : `${count} characters`}`;
      case 'key': return `pressed keys ${times}`;
      default: return `moved the pointer ${times}`;
    }
  });
  return words.length === 0 ? 'gave no input' : words.join(', ');
}
