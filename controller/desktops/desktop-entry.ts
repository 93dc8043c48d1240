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
  /** When it is released, by the clock that only goes forward; absent unless it is merely kept for a while. */
  releaseDue?: number;
  removal?: Promise<void>;
};
