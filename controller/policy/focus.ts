import { z } from 'zod';
import type { Action, FocusedWindow } from '../../sandbox-image/wire/index.ts';
import { redacted } from '../redactor.ts';
import type { PolicyRule } from './rule.ts';
import { finderOf, TextPattern } from './text-pattern.ts';

/** The window that a rule is about: by the class of its application (in either case), by what its title holds, or by both; with `except` every other one, and none. */
export const WindowCondition = z.strictObject({
  app: z.string().trim().min(1).max(64).optional(),
  title: TextPattern.optional(),
  except: z.boolean().default(false),
}).refine(({ app, title }) => (app ?? title) !== undefined, { error: 'says nothing: give app, title or both' });
export type WindowCondition = z.infer<typeof WindowCondition>;

/** The focused window as far as it is known: null where none has the focus, undefined where that is not known. */
export type Focus = FocusedWindow | null | undefined;

/** Whether a rule is about what is done while this window has the focus; undefined where that cannot be told. */
export function isAboutFocus({ except, ...named }: WindowCondition, focus: Focus): boolean | undefined {
  return focus === undefined ? undefined : isNamed(named, focus) !== except;
}

function isNamed({ app, title }: Omit<WindowCondition, 'except'>, focus: FocusedWindow | null): boolean {
  return focus !== null && (app === undefined || app.toLowerCase() === focus.app.toLowerCase()) && (title === undefined || finderOf(title)(focus.title) !== undefined);
}

/** Whether any of the rules looks at the focused window. */
export function watchesFocus(rules: readonly PolicyRule[]): boolean {
  return rules.some(({ when }) => when.window !== undefined);
}

/** What of the focused window has to be so still when input is given that was judged by it; undefined where no rule looks at it, or it is not known. */
export function expectedFocus(rules: readonly PolicyRule[], focus: Focus): Partial<FocusedWindow> | null | undefined {
  if (focus === undefined || !watchesFocus(rules)) return undefined;
  if (focus === null) return null;
  const isRead = (part: 'app' | 'title') => rules.some(({ when: { window } }) => window?.[part] !== undefined);
  // A title in which something was taken out is not the window's own any more.
  return { ...(isRead('app') ? { app: focus.app } : {}), ...(isRead('title') && !focus.title.includes(redacted) ? { title: focus.title } : {}) };
}

const moving: ReadonlySet<Action['type']> = new Set(['click', 'mouse_down', 'mouse_up', 'drag', 'key', 'key_down', 'key_up', 'hold']);

/** Whether an action may well give the focus to another window: what comes after it is judged when it has been done. */
export function movesFocus(action: Action | undefined): boolean {
  return action !== undefined && moving.has(action.type);
}

/** Whether two looks found the same window. */
export function isSameFocus(one: Focus, other: Focus): boolean {
  return one?.title === other?.title && one?.app === other?.app && (one === null) === (other === null);
}
