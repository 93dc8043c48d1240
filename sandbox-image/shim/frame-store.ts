import type { Pixels } from './framebuffer.ts';

/** How many frames handed out are remembered pixel by pixel (4 MB each at 1280x800, less where the screen did not change). */
const rememberedFrames = 8;

/** The screens behind the frames that were handed out last, and the source of frame ids. */
export type FrameStore = {
  /** Remembers a screen and gives it an id: unique within the desktop's life, growing, also over a restart of the shim. */
  add(pixels: Pixels): string;
  /** The screen behind a frame; undefined once forgotten. */
  pixelsOf(frameId: string): Pixels | undefined;
};

/** Starts a store. `startedAt` (milliseconds since the epoch) keeps ids of one shim's life apart from the next. */
export function createFrameStore(startedAt: number): FrameStore {
  const frames = new Map<string, Pixels>();
  let count = 0;
  return {
    add(pixels) {
      count += 1;
      const frameId = `f${startedAt.toString(36)}-${count.toString(36).padStart(5, '0')}`;
      frames.set(frameId, pixels);
      for (const oldest of frames.keys()) {
        if (frames.size <= rememberedFrames) break;
        frames.delete(oldest);
      }
      return frameId;
    },
    pixelsOf: (frameId) => frames.get(frameId),
  };
}
