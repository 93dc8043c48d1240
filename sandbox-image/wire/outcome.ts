import { z } from 'zod';
import { Point, Region } from './action.ts';
import { Frame } from './frame.ts';
import { WireErrorCode } from './wire-error.ts';

/** How long to wait for the screen after input (design: settle, not sleep). All in milliseconds. */
export const SettleOptions = z.strictObject({
  /** Wait at least this long for a first change. */
  floorMs: z.int().min(0).max(10_000).default(50),
  /** The screen counts as settled when nothing but a caret or a clock has changed for this long. */
  quietMs: z.int().min(0).max(10_000).default(80),
  /** Give up waiting after this long and say so. */
  ceilingMs: z.int().min(0).max(60_000).default(2000),
}).meta({ id: 'SettleOptions' });
export type SettleOptions = z.infer<typeof SettleOptions>;

/** What an action visibly changed, the pointer, carets and clocks aside. */
export const Effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nothing') }),
  z.strictObject({
    kind: z.literal('changed'),
    /** Smallest rectangle around all changed pixels. */
    region: Region,
    /** Changed pixels as a share of the screen, 0 to 1. */
    share: z.number().min(0).max(1),
  }),
]).meta({ id: 'Effect' });
export type Effect = z.infer<typeof Effect>;

/** Where the time of one action went inside the desktop, in milliseconds. */
export const ShimTimings = z.strictObject({
  /** Waiting for earlier actions of this desktop. */
  queueMs: z.number().nonnegative(),
  inputMs: z.number().nonnegative(),
  settleMs: z.number().nonnegative(),
  /** Reading the framebuffer and encoding the picture. */
  captureMs: z.number().nonnegative(),
}).meta({ id: 'ShimTimings' });
export type ShimTimings = z.infer<typeof ShimTimings>;

/**
 * What became of one action.
 * - `performed`: all of it was done.
 * - `refused`: none of it was done; `error` says why (stale target, stale epoch, off screen).
 * - `failed`: it was begun and not completed; `typedCharacters` says how far a text came; held keys and buttons were released.
 * - `unknown`: the desktop cannot say whether it was done (it restarted in between). Never repeat it, never call it a success.
 */
export const ActionOutcome = z.strictObject({
  actionId: z.string(),
  status: z.enum(['performed', 'refused', 'failed', 'unknown']),
  error: z.strictObject({ code: WireErrorCode, message: z.string() }).optional(),
  /** Characters of a `type` action that were typed. */
  typedCharacters: z.int().nonnegative().optional(),
  /** Where the pointer is after the action. */
  pointer: Point,
  effect: Effect,
  settled: z.boolean(),
  waitedMs: z.number().nonnegative(),
  timings: ShimTimings,
  /** Things the model should know, such as an animated target that was clicked all the same. */
  warnings: z.array(z.string()).max(8),
  /** True when this answer comes from the ledger: the action was performed by an earlier request with the same id. */
  replayed: z.boolean(),
  /** The frame captured after the action, if one was asked for. Its picture is the message's body. */
  frame: Frame.optional(),
}).meta({ id: 'ActionOutcome' });
export type ActionOutcome = z.infer<typeof ActionOutcome>;
