import type { Logger } from 'pino';
import type { Launcher } from '../launcher/launcher.ts';
import type { ContainerPolicy } from './container-spec.ts';

/**
 * `deadManSeconds`: a desktop ends itself when it has heard no controller for this long; `hardLifetimeSeconds`: and this
 * long after its launch whatever happens.
 */
export type DesktopsOptions = ContainerPolicy & {
  readonly launcher: Launcher;
  readonly maxDesktops: number;
  /** A desktop that nobody uses is released after so long; half an hour if absent. */
  readonly idleSeconds?: number;
  readonly readinessTimeoutMs: number;
  readonly log: Logger;
  /** Between two sweeps; 10 s if absent. */
  readonly sweepMs?: number;
};
