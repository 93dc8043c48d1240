import { z } from 'zod';
import { Action, ActionOutcome, Frame } from '../../../sandbox-image/wire/index.ts';
import { StepTimings } from '../../runs/run-event.ts';
import { Run, RunState } from '../../runs/run.ts';

const Spot = z.strictObject({ x: z.int(), y: z.int() });
export type Spot = z.infer<typeof Spot>;

/** What is drawn over a frame for an action, in screen pixels. `at` is where the pointer was if the action names no place. */
export const Mark = z.strictObject({ action: Action, at: Spot.nullable(), keys: z.string().nullable() }).meta({ id: 'FilmMark' });
export type Mark = z.infer<typeof Mark>;

/**
 * One scene of the film. `before` is the frame that was looked at, with the mark on it; `after` what came of it. Times
 * are milliseconds since the epoch. All texts are plain.
 */
export const Scene = z.strictObject({
  /** The event that it tells of; what a link to the moment names. */
  sequence: z.int().nonnegative(),
  kind: z.enum(['task', 'turn', 'action', 'approval', 'note', 'network', 'control', 'person', 'desktop', 'failure', 'answer']),
  at: z.int(),
  turn: z.int().nonnegative(),
  /** One line. */
  title: z.string(),
  /** What was said, in full. */
  text: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  mark: Mark.nullable(),
  tone: z.enum(['plain', 'good', 'bad', 'asks']),
  outcome: ActionOutcome.pick({ status: true, effect: true, warnings: true, settled: true }).nullable(),
  timings: StepTimings.partial().extend({ modelMs: z.number().optional() }).nullable(),
}).meta({ id: 'FilmScene' });
export type Scene = z.infer<typeof Scene>;

/** What one step of the film shows: a scene (its place in `scenes`), or the frame that an action was decided on, or the frame that came of it. `at` never goes back from one beat to the next. */
export const Beat = z.strictObject({ scene: z.int().nonnegative(), phase: z.enum(['before', 'after', 'still']), at: z.int(), frameId: z.string().nullable() }).meta({ id: 'FilmBeat' });
export type Beat = z.infer<typeof Beat>;

/** Who had the desktop: the agent, a person, nobody (paused, or waiting for somebody's answer), or Vitrine itself, before the run and after it. */
export const Holder = z.enum(['agent', 'person', 'paused', 'waiting', 'vitrine']);
export type Holder = z.infer<typeof Holder>;

/** A run as a film: scenes in order, what each step of it shows, the frames, and lanes beside it that have no gaps. */
export const Film = z.strictObject({
  run: Run,
  scenes: z.array(Scene),
  beats: z.array(Beat),
  /** Frames by id, without pictures; only those that a scene shows. */
  frames: z.record(z.string(), Frame),
  /** Who was in control. `waiting` is the run waiting for somebody's answer; `who` names a person. */
  control: z.array(z.strictObject({ from: z.int(), to: z.int(), holder: Holder, who: z.string().nullable() })),
  states: z.array(z.strictObject({ from: z.int(), to: z.int(), state: RunState })),
  briefing: z.strictObject({ version: z.string(), text: z.string() }).nullable(),
}).meta({ id: 'Film' });
export type Film = z.infer<typeof Film>;
