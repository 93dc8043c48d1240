import type { Logger } from 'pino';
import type { Launcher } from '../launcher/launcher.ts';
import type { DesktopRecord } from './desktop-record.ts';

/** What a desktop whose container runs is reached with. */
export type OpenDesktopOptions = {
  readonly launcher: Launcher;
  readonly containerId: string;
  readonly controllerEpoch: number;
  readonly record: DesktopRecord;
  readonly log: Logger;
  /** Called when a newer controller has taken this desktop over. */
  readonly onFenced: () => void;
  /** How long the engine may take to say that a container has stopped whose desktop looks broken; 1.5 s if not given. */
  readonly stopGraceMs?: number;
};
