import type { CaptureInput } from '../../sandbox-image/wire/index.ts';
import type { Transcript } from '../dialects/transcript.ts';
import { defaultImageBounds } from './images.ts';
import type { ImageBounds } from './images.ts';
import type { ImageLimits } from './model-entry.ts';

/** 1600x1200: what models with native computer use take as it is, and read well. */
const defaultBox = { width: 1600, height: 1200 };
/** Screens are about this much wider than high. */
const usualAspect = 1.6;
const patchEdge = 28;

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
