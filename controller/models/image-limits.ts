import { limits as wire } from '../../sandbox-image/wire/index.ts';
import type { CaptureInput, Frame } from '../../sandbox-image/wire/index.ts';
import type { Transcript } from '../dialects/transcript.ts';
import { VitrineError } from '../errors.ts';
import { defaultImageBounds } from './images.ts';
import type { ImageBounds } from './images.ts';
import type { ImageLimits } from './model-entry.ts';

/** 1600x1200: what models with native computer use take as it is, and read well. */
const defaultBox = { width: 1600, height: 1200 };
/** Screens are about this much wider than high. */
const usualAspect = 1.6;
const patchEdge = 28;
/** Base64 takes four characters for three bytes. */
const maxDataUrlCharacters = Math.ceil((wire.maxImageBytes * 4) / 3) + 64;

/**
 * How frames are to be captured for a model with these limits: lossless, and fitted into a box in which every picture, of
 * whatever aspect, keeps every limit.
 */
export function captureFor(limits: ImageLimits): CaptureInput {
  const { maxEdge, maxPixels, maxVisualTokens } = limits;
  if (maxEdge === undefined && maxPixels === undefined && maxVisualTokens === undefined) return { format: 'png', maxWidth: defaultBox.width, maxHeight: defaultBox.height };
  const edge = maxEdge ?? 4096;
  const byPixels = maxPixels === undefined ? { width: edge, height: edge } : boxOf(maxPixels, edge);
  const patches = maxVisualTokens === undefined ? undefined : boxOf(maxVisualTokens, Math.floor(edge / patchEdge));
  return {
    format: 'png',
    maxWidth: Math.min(byPixels.width, patches === undefined ? edge : Math.max(patches.width * patchEdge, 1)),
    maxHeight: Math.min(byPixels.height, patches === undefined ? edge : Math.max(patches.height * patchEdge, 1)),
  };
}

/** The largest box of about the usual aspect with this area and no longer edge. */
function boxOf(area: number, edge: number): { readonly width: number; readonly height: number } {
  const width = Math.max(1, Math.min(edge, Math.floor(Math.sqrt(area * usualAspect))));
  return { width, height: Math.max(1, Math.min(edge, Math.floor(area / width))) };
}

/**
 * How many frames of a transcript are shown: with those that the caller sent, never more than `maxImages`, and at least
 * the last one.
 */
export function imageBoundsFor(limits: ImageLimits, transcript: Transcript): ImageBounds {
  if (limits.maxImages === undefined) return defaultImageBounds;
  const room = Math.max(1, limits.maxImages - givenPictures(transcript).length);
  const pruneInBatchesOf = Math.min(defaultImageBounds.pruneInBatchesOf, Math.max(1, Math.floor(room / 3)));
  return { keep: room - pruneInBatchesOf + 1, pruneInBatchesOf };
}

/** The caller's own pictures, as `data:` URLs. */
export function givenPictures(transcript: Transcript): string[] {
  return transcript.flatMap((entry) => (entry.kind === 'task' ? [...entry.earlier.flatMap((message) => message.pictures), ...entry.pictures] : []));
}

/** Throws VitrineError `internal` for a stored picture that breaks the limits: a vendor refuses it in every later request as well. */
export function assertWithin({ frameId, width, height }: Frame, limits: ImageLimits): void {
  const patches = Math.ceil(width / patchEdge) * Math.ceil(height / patchEdge);
  const isOver = [[Math.max(width, height), limits.maxEdge], [width * height, limits.maxPixels], [patches, limits.maxVisualTokens]].some(([value = 0, limit]) => limit !== undefined && value > limit);
  if (isOver) throw new VitrineError('internal', `the stored picture of frame ${frameId} measures ${width} by ${height} pixels, more than the model takes`, { details: { frameId } });
}

/** Throws VitrineError `invalid_request` for pictures of the caller's that no vendor takes, or that are too many for this model. */
export function checkGivenPictures(transcript: Transcript, limits: ImageLimits): void {
  const given = givenPictures(transcript);
  if (limits.maxImages !== undefined && given.length >= limits.maxImages) {
    throw new VitrineError('invalid_request', `the task brings ${given.length} pictures; beside the screen this model takes ${limits.maxImages - 1}: send fewer`);
  }
  const bad = given.findIndex((url) => !/^data:image\/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/]{16}/.test(url) || url.length > maxDataUrlCharacters);
  if (bad !== -1) throw new VitrineError('invalid_request', `picture ${bad + 1} of the task is empty, larger than ${wire.maxImageBytes} bytes, or no data URL of a PNG, JPEG, WebP or GIF`);
}
