import type { ControlEpoch } from '../server/control-epoch.ts';
import { offScreen, isInput, WireError, type Action, type ActionOutcome, type CaptureOptions, type Effect, type FocusedWindow, type Point, type ShimTimings } from '../wire/index.ts';
import type { ParsedParamsOf } from '../wire/method.ts';
import type { ShimMethods } from '../wire/shim-methods.ts';
import type { Ambience } from './ambience.ts';
import { regionOf, type Capture, type Captured } from './capture.ts';
import { readCursor } from './cursor.ts';
import { focusRefusal } from './focus.ts';
import type { Held } from './held.ts';
import { assertSameAction, digestOf, type Ledger } from './ledger.ts';
import type { Performer } from './performer.ts';
import type { Screen } from './screen.ts';
import { effectOf, settle, type SettleWorld } from './settle.ts';
import type { StaleTargetGuard } from './stale-target.ts';
import type { XServer } from './x-server.ts';

/** A request to perform an action, parsed. */
export type PerformParams = ParsedParamsOf<ShimMethods, 'perform'>;

/** An outcome and, if one was asked for, the picture of its frame. */
export type Performed = { readonly outcome: ActionOutcome; readonly picture?: Buffer };

/** Performs actions one after another, each id at most once. */
export type Actor = {
  /**
   * Performs, or answers from the ledger, or joins the same action under way. An abort stops the action at its next safe
   * point once nobody waits for it any more. Rejects with WireError `conflict` for an id of another action, and with
   * `off_screen` for a capture of what is not on the screen; then nothing was done.
   */
  perform(params: PerformParams, signal: AbortSignal): Promise<Performed>;
  /** Stops what runs at its next safe point, waits for its end, and then does `work` before anything else is performed. */
  interrupt<Result>(reason: WireError, work: () => Promise<Result>): Promise<Result>;
  readonly isActing: boolean;
};

/** What an actor works with. */
export type ActorParts = {
  readonly server: Pick<XServer, 'pointer' | 'cursor'>;
  /** The window that has the focus: at once, or once the window manager has handled the input so far. */
  readonly focused: () => Promise<FocusedWindow | null>;
  readonly focusedAtRest: (signal: AbortSignal) => Promise<FocusedWindow | null>;
  readonly screen: Screen;
  readonly world: SettleWorld;
  readonly ambience: Ambience;
  readonly capture: Capture;
  readonly performer: Performer;
  readonly held: Held;
  readonly guard: StaleTargetGuard;
  readonly ledger: Ledger;
  readonly epoch: ControlEpoch;
};

type UnderWay = { readonly digest: string; readonly ended: Promise<ActionOutcome>; readonly stop: AbortController; waiting: number };

const nothing: Effect = { kind: 'nothing' };

/** Makes an actor. */
export function createActor(parts: ActorParts): Actor {
  const underWay = new Map<string, UnderWay>();
  let turn: Promise<unknown> = Promise.resolve();
  let current: AbortController | undefined;

  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined); // whoever asked gets the failure; the next in the queue runs all the same
    return result;
  };

  const start = (params: PerformParams, digest: string): UnderWay => {
    const askedAt = parts.world.now();
    const stop = new AbortController();
    const ended = inTurn(async () => {
      current = stop;
      try {
        return await performOnce(parts, params, digest, parts.world.now() - askedAt, stop.signal);
      } finally {
        current = undefined;
        underWay.delete(params.actionId);
      }
    });
    const entry = { digest, ended, stop, waiting: 0 };
    underWay.set(params.actionId, entry);
    return entry;
  };

  return {
    get isActing() {
      return current !== undefined;
    },
    interrupt(reason, work) {
      current?.abort(reason);
      return inTurn(work);
    },
    async perform(params, signal) {
      const digest = digestOf(params.action);
      const known = underWay.get(params.actionId) ?? parts.ledger.find(params.actionId);
      if (known !== undefined) assertSameAction(params.actionId, known.digest, digest);
      const capture = captureFor(params.action, params.capture);
      if (capture !== undefined && params.action.type !== 'zoom') regionOf(parts.screen.display, capture.region); // before anything is done
      const focused = params.window === undefined ? parts.focused : () => parts.focusedAtRest(signal);
      if (known === undefined) return await withPicture(parts, await join(start(params, digest), signal), capture, focused);
      const outcome = 'ended' in known ? await join(known, signal) : known.state === 'ended' ? known.outcome : await unknownOutcome(parts, params.actionId);
      return await withPicture(parts, { ...outcome, replayed: outcome.status !== 'refused' }, capture, focused);
    },
  };
}

/** Waits for an action; when the last one who waits gives up, it is stopped, and its outcome is still awaited. */
async function join(action: UnderWay, signal: AbortSignal): Promise<ActionOutcome> {
  action.waiting += 1;
  const leave = () => {
    action.waiting -= 1;
    if (action.waiting === 0) action.stop.abort(signal.reason);
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await action.ended;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** `zoom` shows its region whatever was asked for. */
function captureFor(action: Action, capture: CaptureOptions | undefined): CaptureOptions | undefined {
  if (action.type !== 'zoom') return capture;
  return { format: 'png', quality: 85, pointer: true, ...capture, region: action.region };
}

/** Adds the frame. The action is over by now: a picture that cannot be made is a warning, not a failure. */
async function withPicture(parts: ActorParts, outcome: ActionOutcome, options: CaptureOptions | undefined, focused: ActorParts['focused']): Promise<Performed> {
  if (options === undefined || outcome.error?.code === 'off_screen') return { outcome };
  const start = parts.world.now();
  try {
    const window = await focused();
    const screen = parts.screen.look();
    const cursor = await readCursor(parts.server);
    const { frame, picture }: Captured = await parts.capture.capture(screen, cursor, options, 'action');
    const timings: ShimTimings = { ...outcome.timings, captureMs: parts.world.now() - start };
    return { outcome: { ...outcome, timings, frame: { ...frame, window } }, picture };
  } catch (reason) {
    return { outcome: { ...outcome, warnings: [...outcome.warnings, `no picture: ${WireError.from(reason).message}`].slice(-8) } };
  }
}

async function unknownOutcome(parts: ActorParts, actionId: string): Promise<ActionOutcome> {
  const message = 'the desktop restarted while this action was performed: whether it was done is not known';
  return { ...blankOutcome(actionId, await pointerOf(parts)), status: 'unknown', error: { code: 'internal', message } };
}

function blankOutcome(actionId: string, pointer: Point): Omit<ActionOutcome, 'status'> {
  return {
    actionId, pointer, effect: nothing, settled: true, waitedMs: 0, warnings: [], replayed: false,
    timings: { queueMs: 0, inputMs: 0, settleMs: 0, captureMs: 0 },
  };
}

async function pointerOf(parts: ActorParts): Promise<Point> {
  const { x, y } = await parts.server.pointer();
  return { x, y };
}

async function performOnce(parts: ActorParts, params: PerformParams, digest: string, queueMs: number, signal: AbortSignal): Promise<ActionOutcome> {
  const { action, actionId, decidedOn } = params;
  const { world } = parts;
  const pointer = await pointerOf(parts);
  const blank = { ...blankOutcome(actionId, pointer), timings: { queueMs, inputMs: 0, settleMs: 0, captureMs: 0 } };
  const refused = (code: WireError['code'], message: string): ActionOutcome => ({ ...blank, status: 'refused', error: { code, message } });

  if (signal.aborted) return refused('cancelled', 'the action was cancelled before it began');
  const off = offScreen(action, parts.screen.display);
  if (off !== undefined) return refused('off_screen', off);
  if (params.epoch !== parts.epoch.present) return refused('stale_epoch', `the action belongs to control epoch ${params.epoch}; the present one is ${parts.epoch.present}`);
  const unfocused = params.window === undefined ? undefined : focusRefusal(action, params.window, await parts.focusedAtRest(signal));
  if (unfocused !== undefined) return refused(unfocused.code, unfocused.message);
  const before = parts.screen.look();
  const verdict = parts.guard.judge({ action, decidedOn, policy: params.staleTarget, allowAnimated: params.allowAnimated }, before, pointer, world.now());
  if (verdict.refusal !== undefined) return refused('stale_target', verdict.refusal);

  parts.ledger.begin(actionId, digest);
  const outcome = await act(parts, params, { ...blank, status: 'performed', warnings: [...verdict.warnings] }, before, signal);
  parts.ledger.end(actionId, digest, outcome);
  return outcome;
}

/** The part after the point of no return: input, settle, effect. Never rejects for what goes wrong with the action itself. */
async function act(parts: ActorParts, { action, decidedOn, settle: options }: PerformParams, blank: ActionOutcome, before: ReturnType<Screen['look']>, signal: AbortSignal): Promise<ActionOutcome> {
  const { world } = parts;
  const isTyping = action.type === 'type';
  let typedCharacters = 0;
  let error: WireError | undefined;
  const start = world.now();
  try {
    await parts.performer.perform(action, (characters) => (typedCharacters = characters), signal);
  } catch (reason) {
    error = WireError.from(reason);
    await parts.held.release();
  }
  const inputMs = world.now() - start;
  const isQuietAction = !isInput(action) && action.type !== 'wait';
  const { settled, waitedMs, after } = isQuietAction
    ? { settled: true, waitedMs: 0, after: before }
    : await settle(before, action.type === 'wait' ? { ...options, floorMs: 0 } : options, world, signal);
  const now = world.now();
  const effect = isQuietAction ? nothing : effectOf(before, after, parts.ambience, now);
  parts.ambience.observe(after, now, !isInput(action));
  if (isInput(action)) parts.guard.performed(decidedOn, before, after);
  return {
    ...blank,
    ...(error === undefined ? {} : { status: 'failed', error: { code: error.code, message: error.message } }),
    ...(isTyping ? { typedCharacters } : {}),
    pointer: await pointerOf(parts),
    effect, settled, waitedMs,
    timings: { ...blank.timings, inputMs, settleMs: waitedMs },
  };
}
