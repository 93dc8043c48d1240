import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { Display } from '../../sandbox-image/wire/index.ts';
import type {
  Action, ActionOutcome, CaptureInput, FileEntry, FocusedWindow, Frame, HandsMethods, ParamsOf, ResultOf, SettleOptions, ShimMethods, StaleTargetPolicy, ViewMode,
} from '../../sandbox-image/wire/index.ts';
import type { Expiry } from './desktop-lifetime.ts';
import type { Picture } from '../picture.ts';

/** The stages a desktop passes before it is ready, in order. The failing one is named in the error. */
export const ReadinessStage = z.enum(['container', 'x-server', 'shim', 'window-manager', 'first-frame']).meta({ id: 'ReadinessStage' });
export type ReadinessStage = z.infer<typeof ReadinessStage>;

/** A stage that was reached, and how long after the one before. */
export const StageTime = z.strictObject({ stage: ReadinessStage, ms: z.number().nonnegative() }).meta({ id: 'StageTime' });
export type StageTime = z.infer<typeof StageTime>;

export const DesktopState = z.enum(['launching', 'ready', 'broken', 'releasing', 'released']).meta({ id: 'DesktopState' });
export type DesktopState = z.infer<typeof DesktopState>;

/** A desktop as the API shows it. */
export const DesktopView = z.strictObject({
  id: z.string(),
  state: DesktopState,
  display: Display,
  image: z.string(),
  project: z.string(),
  createdAt: z.int(),
  /** The run that holds it now, if any. */
  runId: z.string().nullable(),
  /** When it is released by itself, milliseconds since the epoch; null while a run holds it. */
  releasesAt: z.int().nullable(),
  /** Why it is broken or was released. */
  reason: z.string().nullable(),
  stages: z.array(StageTime),
}).meta({ id: 'Desktop' });
export type DesktopView = z.infer<typeof DesktopView>;

/** What a caller may say about a new desktop. */
export const DesktopSpec = z.strictObject({
  display: Display.default({ width: 1280, height: 800 }),
  /** Name of a desktop image template from the configuration; only `default` unless the deployment adds some. */
  template: z.string().max(64).default('default'),
}).meta({ id: 'DesktopSpec' });
export type DesktopSpec = z.infer<typeof DesktopSpec>;

/** What became of an action, with the frame's picture if one was captured, and how long it took in all as the controller saw it. */
export type Performed = { readonly outcome: ActionOutcome; readonly picture: Picture | undefined; readonly totalMs: number };

export type PerformRequest = {
  readonly actionId: string;
  readonly epoch: number;
  readonly action: Action;
  readonly decidedOn?: string | undefined;
  readonly staleTarget?: StaleTargetPolicy | undefined;
  readonly allowAnimated?: boolean | undefined;
  /** The window that must have the focus (null: none), by what is given of it. */
  readonly window?: Partial<FocusedWindow> | null | undefined;
  readonly settle?: Partial<SettleOptions> | undefined;
  readonly capture?: CaptureInput | undefined;
};

export type ProgramRequest = ParamsOf<HandsMethods, 'runProgram'>;
export type ProgramResult = ResultOf<HandsMethods, 'runProgram'> & { readonly stdout: Buffer; readonly stderr: Buffer };

/** A process that the agent's user has running besides the desktop's own. `startedByHands`: by Vitrine, for the agent. */
export const LeftProcess = z.strictObject({ pid: z.int(), command: z.string(), startedByHands: z.boolean() }).meta({ id: 'LeftProcess' });
export type LeftProcess = z.infer<typeof LeftProcess>;

/** What passing control did to a desktop. */
export type Fenced = {
  /** Keys and buttons that were down, whoever pressed them. */
  readonly released: ResultOf<ShimMethods, 'setEpoch'>['released'];
  /** Programs that Vitrine ran for the agent. */
  readonly stopped: readonly { readonly pid: number; readonly command: string }[];
  /** What goes on: it can see the screen and what is typed, as any X client can. What the desktop says of itself. */
  readonly processes: readonly LeftProcess[];
  /** Why programs could not be stopped or listed, in words; screen and input are fenced all the same. */
  readonly problem: string | null;
};

/** A small JPEG of a screen; `tag` is another for another picture. */
export type Thumbnail = { readonly bytes: Buffer; readonly tag: string };

/** What a desktop can be asked besides its screen and input. */
export type DesktopHands = Pick<Desktop, 'listFiles' | 'readFile' | 'writeFile' | 'removeFile' | 'runProgram' | 'openProgram' | 'writeClipboard'>;

/** The end of a desktop as those who use it learn of it. */
export type DesktopEnd = { readonly kind: 'broken' | 'lost' | 'released'; readonly reason: string };

/**
 * One running desktop. Every call has a deadline of its own besides the caller's signal; a lost connection to the
 * container is opened again by the next call. Errors are VitrineError: `stale_epoch`, `desktop_broken`, `gone`
 * (container lost or released), `deadline_exceeded`, `unprocessable` (off screen), `invalid_request`.
 */
export interface Desktop {
  readonly id: string;
  readonly display: Display;
  view(): DesktopView;
  /**
   * Performs one action at most once (by its id). Never throws for what became of the action: a refused, failed or
   * unknown outcome is a result. It throws only when the desktop cannot be asked at all; then whether the action was
   * done is unknown to the caller until `perform` is called again with the same id.
   */
  perform(request: PerformRequest, signal: AbortSignal): Promise<Performed>;
  capture(options: { capture?: CaptureInput; settle?: Partial<SettleOptions> }, signal: AbortSignal): Promise<Picture & { readonly settled: boolean; readonly waitedMs: number }>;
  /** The control epoch as last raised from here, or as the desktop named it when it was first asked. */
  readonly epoch: number;
  setEpoch(epoch: number, signal: AbortSignal): Promise<ResultOf<ShimMethods, 'setEpoch'>>;
  /** Passes control to a new epoch: stops what runs at its next safe point, releases what is held, stops programs that run for an older epoch. */
  fence(epoch: number, signal: AbortSignal): Promise<Fenced>;
  /** The same desktop for what was decided in this epoch: what acts is refused with `stale_epoch` once control has passed on. */
  inEpoch(epoch: number): DesktopHands;
  listLeftProcesses(signal: AbortSignal): Promise<LeftProcess[]>;
  /** Ends one process of the agent's user. Throws `conflict` if its command is another by now, `not_found` if it is gone. */
  endProcess(pid: number, command: string, signal: AbortSignal): Promise<void>;
  release(signal: AbortSignal): Promise<ResultOf<ShimMethods, 'release'>>;
  state(signal: AbortSignal): Promise<ResultOf<ShimMethods, 'state'>>;
  readClipboard(signal: AbortSignal): Promise<string>;
  writeClipboard(text: string, signal: AbortSignal): Promise<void>;
  listFiles(options: ParamsOf<HandsMethods, 'listFiles'>, signal: AbortSignal): Promise<ResultOf<HandsMethods, 'listFiles'>>;
  /** The content of a file, as it is read; ends with an error if the file shrinks or a limit is hit. */
  readFile(path: string, signal: AbortSignal): Promise<{ readonly size: number; readonly content: AsyncIterable<Buffer> }>;
  /** Writes a file whole or not at all. Throws `payload_too_large` beyond `maxBytes`. */
  writeFile(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal): Promise<{ readonly size: number }>;
  removeFile(path: string, signal: AbortSignal): Promise<void>;
  runProgram(request: ProgramRequest, signal: AbortSignal): Promise<ProgramResult>;
  openProgram(argv: readonly string[], signal: AbortSignal): Promise<{ readonly pid: number }>;
  /**
   * A connection to the desktop's live view, beginning with the RFB server's greeting; `control` lets input through until
   * control passes on. Throws `unprocessable` where the desktop is too old for it. Opening it and watching are no use of the desktop.
   */
  openView(mode: ViewMode, signal: AbortSignal): Promise<Duplex>;
  /** A small JPEG of the screen, pointer included; at most about a second old. No use of the desktop either. */
  thumbnail(signal: AbortSignal): Promise<Thumbnail>;
  /** Starts the desktop's proxy, whose requests come over the stream; it ends with the stream. */
  openForwarder(signal: AbortSignal): Promise<Duplex>;
  /** Calls back once, when the desktop is broken, lost or released; at once if that has happened. Returns how to stop listening. */
  onEnd(listener: (end: DesktopEnd) => void): () => void;
}

/** What a desktop is launched for; becomes labels on its container, by which a restarted controller finds it. */
export type DesktopOwner = { readonly project: string; readonly runId: string | undefined };

/** All desktops of this installation. */
export interface Desktops {
  /** Creates and starts a desktop under the given id and waits until it is ready. What does not become ready is removed; the error names the stage and carries the log's tail. */
  launch(id: string, spec: DesktopSpec, owner: DesktopOwner, onStage: (time: StageTime) => void, signal: AbortSignal): Promise<Desktop>;
  /** A desktop that runs; undefined if there is none under that id. */
  get(id: string): Desktop | undefined;
  /** All desktops, the launching included. */
  list(): DesktopView[];
  /** Binds a desktop to the run that uses it from now on. Throws `conflict` naming the run that holds it. */
  hold(id: string, runId: string): void;
  /** The run is done with it: release it after `keepForMs` unless another run holds it by then; 0 releases at once. */
  letGo(id: string, runId: string, keepForMs: number): void;
  /** Ends a desktop and removes its container; idempotent. */
  release(id: string, reason: string): Promise<void>;
  /** For how long nobody asked anything of a desktop, in milliseconds: 0 while something is under way, undefined if it does not run. */
  idleMs(id: string): number | undefined;
  /** Calls back whenever a desktop is gone, and its place free. Returns how to stop. */
  onGone(listener: () => void): () => void;
  /** Calls back, again and again, while a run has a desktop that will reach its maximum lifetime soon. Returns how to stop. */
  onExpiring(listener: (expiry: Expiry) => void): () => void;
  /** Finds the running containers of this installation after a restart and makes them desktops again; removes the stopped and unusable ones. */
  adopt(signal: AbortSignal): Promise<Desktop[]>;
  /** Stops sweeping; leaves the desktops running (`keep`) or releases them all. */
  close(mode: 'keep' | 'release'): Promise<void>;
}

export type { Action, ActionOutcome, FileEntry, Frame };
