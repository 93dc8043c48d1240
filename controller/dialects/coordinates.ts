import { z } from 'zod';
import { toScreen } from '../../sandbox-image/wire/index.ts';
import type { Frame, Point } from '../../sandbox-image/wire/index.ts';

/** The picture that a model saw: which part of the screen it shows, and its size in its own pixels. */
export type Shown = Pick<Frame, 'region' | 'width' | 'height'>;

/**
 * What a model's coordinates count: pixels of the picture that it was sent, a grid of 0–999 or 0–1000 laid over it, or pixels
 * of that picture as the model's own processor resized it (`resize`).
 */
export const CoordinateSpace = z.enum(['pixels', '0-999', '0-1000', 'resized']);
export type CoordinateSpace = z.infer<typeof CoordinateSpace>;

/** How a model's processor resizes a picture before it looks at it: to multiples of `factor`, within bounds of width times height. */
export const Resize = z.strictObject({
  factor: z.int().min(1).max(256).default(28),
  minPixels: z.int().min(1).default(3136),
  maxPixels: z.int().min(784).default(12_845_056),
});
export type Resize = z.infer<typeof Resize>;

export type Coordinates = { readonly space: CoordinateSpace; readonly resize: Resize };

/** Pixels of the picture as it was sent. */
export const pictureCoordinates: Coordinates = { space: 'pixels', resize: Resize.parse({}) };

/** Width and height of what the coordinates count: every space is a picture of some size that shows the same part of the screen. */
export function spaceSize(frame: Shown, coordinates: Coordinates): { readonly width: number; readonly height: number } {
  switch (coordinates.space) {
    case 'pixels':
      return { width: frame.width, height: frame.height };
    case '0-999':
      return { width: 1000, height: 1000 };
    case '0-1000':
      return { width: 1001, height: 1001 };
    case 'resized':
      return smartResize(frame, coordinates.resize);
  }
}

/** A model's point in screen pixels, or why it is none. Fractions are rounded down: they lie within that pixel. */
export function placeOnScreen(at: Point, frame: Shown, coordinates: Coordinates = pictureCoordinates): Point | string {
  const size = spaceSize(frame, coordinates);
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  if (x >= 0 && y >= 0 && x < size.width && y < size.height) return toScreen({ region: frame.region, ...size }, { x, y });
  return `${at.x},${at.y} lies off the picture: x must be 0 to ${size.width - 1}, y 0 to ${size.height - 1}`;
}

/** What the coordinates count, as a model is told it. */
export function describeCoordinates(frame: Shown, coordinates: Coordinates): string {
  const { width, height } = spaceSize(frame, coordinates);
  const bounds = `x from 0 to ${width - 1}, y from 0 to ${height - 1}, origin at the top left`;
  return coordinates.space === '0-999' || coordinates.space === '0-1000'
    ? `Coordinates are relative to the latest screenshot, whatever its size: ${bounds}.`
    : `Coordinates are pixels of the latest screenshot: ${bounds}.`;
}

/** The size to which Qwen's and UI-TARS's processors bring a picture (`smart_resize` of qwen_vl_utils, rounding half to even as Python does). */
export function smartResize(size: { readonly width: number; readonly height: number }, { factor, minPixels, maxPixels }: Resize): { readonly width: number; readonly height: number } {
  const fitted = (edge: number, scale: number, round: (value: number) => number) => Math.max(factor, round((edge * scale) / factor) * factor);
  const rounded = { width: fitted(size.width, 1, halfToEven), height: fitted(size.height, 1, halfToEven) };
  const area = rounded.width * rounded.height;
  if (area <= maxPixels && area >= minPixels) return rounded;
  const isLarge = area > maxPixels;
  const scale = Math.sqrt((isLarge ? maxPixels : minPixels) / (size.width * size.height));
  const round = isLarge ? Math.floor : Math.ceil;
  return { width: fitted(size.width, scale, round), height: fitted(size.height, scale, round) };
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
