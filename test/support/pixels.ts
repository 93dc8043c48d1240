import type { Pixels } from '../../sandbox-image/shim/framebuffer.ts';
import type { Screen } from '../../sandbox-image/shim/screen.ts';

/** A screen of one colour, with rectangles `[x, y, width, height, colour]` on it. */
export function paint(width: number, height: number, ...rectangles: readonly (readonly [number, number, number, number, number])[]): Pixels {
  const bytes = Buffer.alloc(width * height * 4);
  for (const [left, top, across, down, colour] of rectangles) {
    for (let y = top; y < top + down; y += 1) for (let x = left; x < left + across; x += 1) bytes.writeUInt32LE(colour, (y * width + x) * 4);
  }
  return { width, height, bytes };
}

/** A screen and a clock that a test owns: `frames` says what is on the screen from which millisecond on. */
export function scriptedWorld(frames: readonly (readonly [number, Pixels])[]): { now(): number; pause(ms: number): Promise<void>; screen: Pick<Screen, 'glances' | 'keep'> } {
  let time = 0;
  const glance = (): Pixels => {
    const shown = frames.findLast(([from]) => from <= time) ?? frames[0];
    if (shown === undefined) throw new Error('a world needs a frame');
    return shown[1];
  };
  return {
    now: () => time,
    async pause(ms) {
      time += ms;
    },
    screen: { glances: () => ({ glance, [Symbol.dispose]: () => undefined }), keep: (pixels) => pixels },
  };
}
