import { z } from 'zod';
import { Action, Point } from './action.ts';
import { CaptureOptions, FocusedWindow, Frame } from './frame.ts';
import { hello } from './hello.ts';
import { limits } from './limits.ts';
import { method } from './method.ts';
import { ActionOutcome, SettleOptions } from './outcome.ts';

/** Names one action for ever: the same id is performed at most once in the life of a desktop. */
export const ActionId = z.string().min(1).max(limits.maxIdCharacters).regex(/^[\w.:-]+$/);

/** What to do when the area around a target changed since the frame it was decided on. */
export const StaleTargetPolicy = z.enum(['refuse', 'warn', 'off']).meta({ id: 'StaleTargetPolicy' });
export type StaleTargetPolicy = z.infer<typeof StaleTargetPolicy>;

/** What a view server lets through: `view` shows the screen and takes no input, `control` takes it. */
export const ViewMode = z.enum(['view', 'control']).meta({ id: 'ViewMode' });
export type ViewMode = z.infer<typeof ViewMode>;

const Held = z.strictObject({ keys: z.array(z.string()).max(256), buttons: z.array(z.string()).max(16) });

/** What the shim (screen and input) can be asked. */
export const shimMethods = {
  hello,

  /**
   * Performs one action, waits for the screen to settle, captures once. Actions of one desktop run one after another.
   * An id that the ledger knows is not performed again: the recorded outcome comes back with `replayed: true` and, if a
   * capture was asked for, a fresh frame; a begun action whose end is not recorded comes back as `unknown`.
   * The same id with another action is a `conflict`. A cancelled request stops at the next safe point.
   */
  perform: method(
    z.strictObject({
      actionId: ActionId,
      /** The control epoch in which it was decided; any other than the desktop's is refused with `stale_epoch`. */
      epoch: z.int().nonnegative(),
      action: Action,
      /** The frame on which the action was decided; all actions of one turn carry the same. Without it nothing is compared. */
      decidedOn: Frame.shape.frameId.optional(),
      staleTarget: StaleTargetPolicy.default('refuse'),
      /** Whether an animated target may be acted on at the third try (never for an action that a person approved). */
      allowAnimated: z.boolean().default(true),
      /** The window that must have the focus, by what is given of it; null: none. Otherwise input is refused with `stale_target`. */
      window: FocusedWindow.partial().nullable().optional(),
      settle: SettleOptions.prefault({}),
      /** How to capture afterwards; `zoom` captures its region whatever stands here. No frame if absent. */
      capture: CaptureOptions.optional(),
    }),
    ActionOutcome,
    'response',
  ),

  /** Captures without input and without settling, or after settling if asked. */
  capture: method(
    z.strictObject({ capture: CaptureOptions.prefault({}), settle: SettleOptions.optional() }),
    z.strictObject({ frame: Frame, settled: z.boolean(), waitedMs: z.number().nonnegative(), captureMs: z.number().nonnegative() }),
    'response',
  ),

  /** What the ledger knows of an action: `never` heard of, `begun` without a recorded end, or its outcome. */
  ledger: method(
    z.strictObject({ actionId: ActionId }),
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('never') }),
      z.strictObject({ state: z.literal('begun') }),
      z.strictObject({ state: z.literal('ended'), outcome: ActionOutcome }),
    ]),
  ),

  /**
   * Raises the control epoch. Whatever runs is stopped at its next safe point, everything that X says is held is released
   * (whoever pressed it, Caps Lock included), and actions of older epochs are refused from then on. An epoch that is not
   * greater than the present one is refused with `stale_epoch`; the present one itself is answered again.
   */
  setEpoch: method(
    z.strictObject({ epoch: z.int().min(1) }),
    z.strictObject({ epoch: z.int(), released: Held }),
  ),

  /** Releases all keys and buttons that X says are down, and Caps Lock. */
  release: method(z.strictObject({}), z.strictObject({ released: Held })),

  /** What is held, where the pointer is, which windows there are. */
  state: method(
    z.strictObject({}),
    z.strictObject({
      held: Held,
      pointer: Point,
      activeWindow: z.string().max(400).nullable(),
      windows: z.array(z.string().max(400)).max(200),
      broken: z.string().optional(),
    }),
  ),

  /**
   * Sees to it that the view server of this mode takes connections on its socket. It ends by itself some seconds after the
   * last of them. `control` wants the desktop's present epoch, is refused with `stale_epoch` for any other, and is killed
   * with everything that it holds when the epoch is raised.
   */
  startView: method(z.strictObject({ mode: ViewMode, epoch: z.int().nonnegative().optional() }), z.strictObject({})),

  /** A small JPEG of the screen, pointer included. It is no frame: nothing can be decided on it, and it pushes none out. */
  thumbnail: method(
    z.strictObject({ maxWidth: z.int().min(16).max(limits.maxThumbnailWidth), quality: z.int().min(1).max(100) }),
    z.strictObject({ width: z.int().positive(), height: z.int().positive() }),
    'response',
  ),

  readClipboard: method(z.strictObject({}), z.strictObject({ text: z.string() })),
  /** Sets the clipboard; at most `maxClipboardBytes` of UTF-8. With an `epoch` other than the desktop's it is refused with `stale_epoch`. */
  writeClipboard: method(z.strictObject({ text: z.string(), epoch: z.int().nonnegative().optional() }), z.strictObject({})),

  /** Says that a controller is there, and moves the dead-man's bound and the hard deadline (decision 16). */
  keepAlive: method(
    z.strictObject({ deadManSeconds: z.int().min(5).max(7 * 24 * 3600).optional(), hardDeadline: z.int().positive().optional() }),
    z.strictObject({}),
  ),
} as const;
export type ShimMethods = typeof shimMethods;
