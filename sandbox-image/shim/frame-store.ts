import type { Pixels } from './framebuffer.ts';

/**
 * What is remembered of the frames handed out, per purpose: so many different screens, the memory that they may take
 * (4 MB each at 1280x800), and so many frames, of which those of an unchanged screen cost nothing.
 */
const remembered = { screens: 8, leastScreens: 2, bytes: 48 * 1024 * 1024, frames: 512 };

/** Why a frame was taken: after an action, or only to look (a viewer that looks often must not push out what was decided on). */
export type FramePurpose = 'action' | 'look';

/** The screens behind the frames that were handed out last, and the source of frame ids. */
export type FrameStore = {
  /** Remembers a screen and gives it an id: unique within the desktop's life, growing, also over a restart of the shim. */
  add(pixels: Pixels, purpose: FramePurpose): string;
  /** The screen behind a frame; undefined once forgotten. */
  pixelsOf(frameId: string): Pixels | undefined;
};

/** Starts a store. `startedAt` (milliseconds since the epoch) keeps ids of one shim's life apart from the next. */
export function createFrameStore(startedAt: number): FrameStore {
  const frames = { action: new Map<string, Pixels>(), look: new Map<string, Pixels>() };
  let count = 0;
  return {
    add(pixels, purpose) {
      count += 1;
      const frameId = `f${startedAt.toString(36)}-${count.toString(36).padStart(5, '0')}`;
      frames[purpose].set(frameId, pixels);
      forgetOldest(frames[purpose]);
      return frameId;
    },
    pixelsOf: (frameId) => frames.action.get(frameId) ?? frames.look.get(frameId),
  };
}

function forgetOldest(frames: Map<string, Pixels>): void {
  for (const oldest of frames.keys()) {
    const screens = new Set(frames.values());
    const bytes = [...screens].reduce((sum, screen) => sum + screen.bytes.length, 0);
    const isTooMuch = screens.size > remembered.screens || (screens.size > remembered.leastScreens && bytes > remembered.bytes);
    if (!isTooMuch && frames.size <= remembered.frames) return;
    frames.delete(oldest);
  }
}
