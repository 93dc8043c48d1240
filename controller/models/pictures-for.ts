import { checkGivenPictures, imageBoundsFor, withinLimits } from './image-limits.ts';
import { framesToShow, loadImages } from './images.ts';
import type { ImageLimits } from './model-entry.ts';
import type { DecideRequest } from './model.ts';

/**
 * The pictures that a model is shown, as data URLs by frame id: the latest, within its limits. Throws VitrineError for one that is
 * empty, too large or not what it says, be it stored or sent by the caller.
 */
export async function picturesFor({ transcript, loadPicture }: Pick<DecideRequest, 'transcript' | 'loadPicture'>, limits: ImageLimits): Promise<ReadonlyMap<string, string>> {
  checkGivenPictures(transcript, limits);
  return loadImages(framesToShow(transcript, imageBoundsFor(limits, transcript)), async (frameId) => withinLimits(await loadPicture(frameId), limits));
}
