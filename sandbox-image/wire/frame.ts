import { z } from 'zod';
import { Display, Point, Region } from './action.ts';
import { limits } from './limits.ts';

/** Encoded picture formats. */
export const ImageFormat = z.enum(['png', 'jpeg', 'webp']).meta({ id: 'ImageFormat' });
export type ImageFormat = z.infer<typeof ImageFormat>;

/** How a frame is to be captured. Without `maxWidth`/`maxHeight` at native resolution; the picture is never enlarged. */
export const CaptureOptions = z.strictObject({
  format: ImageFormat.default('png'),
  /** JPEG and WebP quality, 1–100. */
  quality: z.int().min(1).max(100).default(85),
  /** Part of the screen; the whole screen if absent. Parts outside the screen are refused. */
  region: Region.optional(),
  maxWidth: z.int().min(16).max(limits.maxDisplayEdge).optional(),
  maxHeight: z.int().min(16).max(limits.maxDisplayEdge).optional(),
  /** Whether the pointer is drawn into the picture. */
  pointer: z.boolean().default(true),
}).meta({ id: 'CaptureOptions' });
export type CaptureOptions = z.infer<typeof CaptureOptions>;
export type CaptureInput = z.input<typeof CaptureOptions>;

const windowName = (max: number) => z.string().max(max).regex(/^\P{Cc}*$/u, { error: 'holds control characters' });

/** The window that gets the keys, as its application names it and itself: both are what that application says. */
export const FocusedWindow = z.strictObject({
  title: windowName(limits.maxWindowTitleCharacters),
  /** The class of its application (WM_CLASS), such as `Chromium`. */
  app: windowName(limits.maxApplicationCharacters),
}).meta({ id: 'FocusedWindow' });
export type FocusedWindow = z.infer<typeof FocusedWindow>;

/** One captured state of the screen. The bytes of its picture travel beside it, never inside it. */
export const Frame = z.strictObject({
  /** Unique within a desktop's life; grows with time. */
  frameId: z.string().regex(/^f[0-9a-z]{1,24}(?:-[0-9a-z]{1,24})*$/).max(64),
  /** Wall clock of the desktop, milliseconds since the epoch. */
  capturedAt: z.int().nonnegative(),
  display: Display,
  /** The part of the screen that the picture shows. */
  region: Region,
  format: ImageFormat,
  /** Size of the picture in its own pixels. */
  width: z.int().min(1).max(limits.maxDisplayEdge),
  height: z.int().min(1).max(limits.maxDisplayEdge),
  byteLength: z.int().min(1).max(limits.maxImageBytes),
  /** SHA-256 (first 32 hex digits) of the raw pixels shown, without the pointer: equal hash, equal screen. */
  hash: z.string().regex(/^[0-9a-f]{32}$/),
  /** Where the pointer was. */
  pointer: Point,
  /** The window that had the focus; null where none had it, absent from desktops that do not say it. */
  window: FocusedWindow.nullable().optional(),
}).meta({ id: 'Frame' });
export type Frame = z.infer<typeof Frame>;

/** A point of the picture in screen pixels: the middle of the screen area that the picture's pixel stands for, clamped to the region. */
export function toScreen(frame: Pick<Frame, 'region' | 'width' | 'height'>, point: Point): Point {
  const { region } = frame;
  const x = region.x + Math.floor(((point.x + 0.5) * region.width) / frame.width);
  const y = region.y + Math.floor(((point.y + 0.5) * region.height) / frame.height);
  return {
    x: Math.min(Math.max(x, region.x), region.x + region.width - 1),
    y: Math.min(Math.max(y, region.y), region.y + region.height - 1),
  };
}

/** A point of the screen in the picture's pixels; the inverse of `toScreen` up to the picture's resolution. */
export function toPicture(frame: Pick<Frame, 'region' | 'width' | 'height'>, point: Point): Point {
  const { region } = frame;
  return {
    x: Math.min(Math.max(Math.floor(((point.x - region.x + 0.5) * frame.width) / region.width), 0), frame.width - 1),
    y: Math.min(Math.max(Math.floor(((point.y - region.y + 0.5) * frame.height) / region.height), 0), frame.height - 1),
  };
}
