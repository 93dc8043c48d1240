import type { Logger } from 'pino';
import type { TimeSources } from '../../clock.ts';
import { VitrineError } from '../../errors.ts';
import type { Journal } from '../../journal/journal.ts';
import type { EffectTools } from '../effects/effect.ts';
import type { RunEffect } from '../chart/run-effect.ts';

/** What runs are driven with. */
export type RunDriverOptions = Omit<EffectTools, 'say' | 'handOver' | 'told' | 'now' | 'entrusted' | 'standIn' | 'shown'> & {
  readonly journal: Journal;
  readonly log: Logger;
  /** For tests; the machine's if absent. */
  readonly time?: TimeSources | undefined;
};

/** What may still end when the controller stops: what acts on a desktop. */
export const seenThrough: ReadonlySet<RunEffect['kind']> = new Set(['perform', 'use', 'operate', 'fence']);

/** Told of a tool that was in use when the controller ended. */
export const lostOutput = 'Whether this was done is not known: Vitrine was restarted meanwhile. It is not repeated; look before you do it again.';

/** How long an outcome that could not be written waits for the next try. */
export const rewriteMs = 1000;

/** How often the wall clock is compared with the time that passed, besides before every command. */
export const clockMs = 1000;

/** What whoever asks for something is told while the controller stops. */
export function shuttingDown(): VitrineError {
  return new VitrineError('unavailable', 'the controller is shutting down: try again in a moment', { details: { retryAfterSeconds: 5 } });
}
