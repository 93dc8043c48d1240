import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Display } from '../wire/index.ts';

const bytesPerPixel = 4;
const bytesPerColour = 12;
const headerFields = { headerSize: 0, width: 16, height: 20, bitsPerPixel: 44, bytesPerLine: 48, colours: 76 };

/** The pixels of a screen: BGRX, rows without padding, top left first. */
export type Pixels = { readonly width: number; readonly height: number; readonly bytes: Buffer };

/** The X server's screen as a file, held open. */
export type Framebuffer = Disposable & {
  readonly display: Display;
  /** Reads the whole screen into a buffer of `display.width * display.height * 4` bytes (about 0.2–0.7 ms at 1280x800). */
  readInto(bytes: Buffer): void;
};

/** Opens the XWD file that Xvfb keeps in its `-fbdir`. Throws if it is none, or not 32 bits per pixel. */
export function openFramebuffer(path: string): Framebuffer {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(100);
    if (readSync(file, header, 0, header.length, 0) !== header.length) throw new Error(`${path} is shorter than an XWD header`);
    const field = (offset: number) => header.readUInt32BE(offset);
    const display = { width: field(headerFields.width), height: field(headerFields.height) };
    const bytesPerLine = field(headerFields.bytesPerLine);
    const start = field(headerFields.headerSize) + field(headerFields.colours) * bytesPerColour;
    if (field(headerFields.bitsPerPixel) !== 32) throw new Error(`${path} has ${field(headerFields.bitsPerPixel)} bits per pixel, not 32`);
    if (bytesPerLine !== display.width * bytesPerPixel) throw new Error(`${path} has ${bytesPerLine} bytes per line at ${display.width} pixels`);
    if (fstatSync(file).size < start + bytesPerLine * display.height) throw new Error(`${path} is shorter than its screen`);
    return {
      display,
      readInto(bytes) {
        const read = readSync(file, bytes, 0, bytes.length, start);
        if (read !== bytes.length) throw new Error(`read ${read} of ${bytes.length} bytes of the screen`);
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (cause) {
    closeSync(file);
    throw cause;
  }
}

/** Makes room for one screen. */
export function allocatePixels(display: Display): Pixels {
  return { ...display, bytes: Buffer.allocUnsafeSlow(display.width * display.height * bytesPerPixel) };
}

/** A copy that nobody else writes to. */
export function copyPixels(pixels: Pixels): Pixels {
  const copy = allocatePixels(pixels);
  pixels.bytes.copy(copy.bytes);
  return copy;
}
