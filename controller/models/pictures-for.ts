import { assertWithin, checkGivenPictures, imageBoundsFor } from './image-limits.ts';
import { framesToShow, loadImages } from './images.ts';
import type { PictureSource } from './images.ts';
import type { ImageLimits } from './model-entry.ts';
import type { DecideRequest } from './model.ts';

/**
 * The pictures that a model is shown, as data URLs by frame id: the latest, within its limits. Throws VitrineError for one that is
 * empty, too large or not what it says, be it stored or sent by the caller.
 */
export async function picturesFor({ transcript, ...source }: PictureSource & Pick<DecideRequest, 'transcript'>, limits: ImageLimits): Promise<ReadonlyMap<string, string>> {
  checkGivenPictures(transcript, limits);
  return loadImages(framesToShow(transcript, imageBoundsFor(limits, transcript)), source, (frame) => assertWithin(frame, limits));
}
