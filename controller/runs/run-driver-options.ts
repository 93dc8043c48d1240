import type { Logger } from 'pino';
import type { TimeSources } from '../clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { EffectTools } from './effects/effect.ts';
import type { RunEffect } from './run-effect.ts';

/** What runs are driven with. */
export type RunDriverOptions = Omit<EffectTools, 'say' | 'handOver' | 'told' | 'now' | 'entrusted' | 'standIn'> & {
  readonly journal: Journal;
  readonly log: Logger;
  /** For tests; the machine's if absent. */
  readonly time?: TimeSources | undefined;
};

/** What may still end when the controller stops: what acts on a desktop. */
export const seenThrough: ReadonlySet<RunEffect['kind']> = new Set(['perform', 'use', 'operate', 'fence']);

/** Told of a tool that was in use when the controller ended. */
export const lostOutput = 'Whether this was done is not known: Vitrine was restarted meanwhile. It is not repeated; look before you do it again.';
