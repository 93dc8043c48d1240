import type { DesktopRecord } from './desktop-record.ts';
import type { OpenDesktop } from './open-desktop.ts';

/** A desktop as `desktops.ts` keeps it, from the beginning of its launch until its container is removed. */
export type DesktopEntry = {
  readonly record: DesktopRecord;
  /** Present once it is ready. */
  desktop?: OpenDesktop;
  /** Ends a launch that is under way; resolves when what was begun is removed. */
  launch?: { readonly abort: (reason: unknown) => void; readonly ended: Promise<unknown> };
  timer?: NodeJS.Timeout;
  removal?: Promise<void>;
};
