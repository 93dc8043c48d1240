import type { Display } from '../wire/index.ts';
import { allocatePixels, copyPixels, type Framebuffer, type Pixels } from './framebuffer.ts';

/** Looks at the screen again and again without making garbage. */
export type Glances = Disposable & {
  /** The screen at this moment; overwritten by the glance after the next. */
  glance(): Pixels;
};

/** The screen as its readers see it. */
export type Screen = {
  readonly display: Display;
  glances(): Glances;
  /** Pixels that may be kept and are never written to; a screen equal to the one kept last is the same object. */
  keep(pixels: Pixels): Pixels;
  /** The screen at this moment, kept. */
  look(): Pixels;
};

/** A screen over a framebuffer. */
export function openScreen(framebuffer: Framebuffer): Screen {
  const { display } = framebuffer;
  const idle: [Pixels, Pixels][] = [];
  let latest: Pixels | undefined;

  const glances = (): Glances => {
    let pair: [Pixels, Pixels] = idle.pop() ?? [allocatePixels(display), allocatePixels(display)];
    return {
      glance() {
        pair = [pair[1], pair[0]];
        framebuffer.readInto(pair[0].bytes);
        return pair[0];
      },
      [Symbol.dispose]: () => void idle.push(pair),
    };
  };
  const keep = (pixels: Pixels): Pixels => {
    if (latest === undefined || !latest.bytes.equals(pixels.bytes)) latest = copyPixels(pixels);
    return latest;
  };
  return {
    display,
    glances,
    keep,
    look() {
      using eyes = glances();
      return keep(eyes.glance());
    },
  };
}
