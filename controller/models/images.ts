import { limits } from '../../sandbox-image/wire/index.ts';
import type { Frame, ImageFormat } from '../../sandbox-image/wire/index.ts';
import type { Entry, Transcript } from '../dialects/transcript.ts';
import { VitrineError } from '../errors.ts';
import type { Picture } from '../picture.ts';
import type { DecideRequest } from './model.ts';
import type { ShownPicture } from './shown-pictures.ts';

export type ImageBounds = {
  /** The latest pictures are always sent. */
  readonly keep: number;
  /** Older ones are left out this many at a time, so that what is sent begins alike for many turns and the vendor's cache holds. */
  readonly pruneInBatchesOf: number;
};

/** Twenty to twenty-nine pictures. */
export const defaultImageBounds: ImageBounds = { keep: 20, pruneInBatchesOf: 10 };

/** The frames of a transcript that a model is shown, oldest first, each once. */
export function framesToShow(transcript: Transcript, bounds: ImageBounds): string[] {
  const frames = [...new Set(transcript.flatMap(framesOf).toReversed())].toReversed();
  const surplus = Math.max(0, frames.length - bounds.keep);
  return frames.slice(Math.floor(surplus / bounds.pruneInBatchesOf) * bounds.pruneInBatchesOf);
}

function framesOf(entry: Entry): string[] {
  switch (entry.kind) {
    case 'task':
    case 'note':
      return entry.frameId === null ? [] : [entry.frameId];
    case 'results':
      return entry.results.flatMap((result) => result.frameId ?? []);
    case 'turn':
      return [];
  }
}

/** Where a question's pictures come from. */
export type PictureSource = Pick<DecideRequest, 'runId' | 'loadPicture' | 'shown'>;

/**
 * The pictures of those frames as data URLs, each passed through `check`. Throws VitrineError `internal` for a picture that is empty, too large or
 * not what its frame says: a vendor refuses it in every later request as well.
 */
export async function loadImages(frameIds: readonly string[], source: PictureSource, check: (frame: Frame) => void): Promise<Map<string, string>> {
  const loaded = await Promise.all(frameIds.map(async (frameId) => {
    const { frame, url } = await shownPicture(frameId, source);
    check(frame);
    return [frameId, url] as const;
  }));
  return new Map(loaded);
}

function shownPicture(frameId: string, { runId, loadPicture, shown }: PictureSource): Promise<ShownPicture> {
  const make = async (): Promise<ShownPicture> => {
    const picture = await loadPicture(frameId);
    return { frame: picture.frame, url: dataUrl(frameId, picture) };
  };
  return shown === undefined ? make() : shown.get(runId, frameId, make);
}

function dataUrl(frameId: string, picture: Picture): string {
  const { bytes, frame } = picture;
  if (bytes.length > limits.maxImageBytes) throw unusable(frameId, `is ${bytes.length} bytes large; the limit is ${limits.maxImageBytes}`);
  if (!isOfFormat(bytes, frame.format)) throw unusable(frameId, bytes.length === 0 ? 'is empty' : `is no ${frame.format}`);
  return `data:image/${frame.format};base64,${bytes.toString('base64')}`;
}

function isOfFormat(bytes: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'png':
      return bytes.length > 32 && bytes.readUInt32BE(0) === 0x89504e47;
    case 'jpeg':
      return bytes.length > 32 && bytes.readUInt16BE(0) === 0xffd8;
    case 'webp':
      return bytes.length > 32 && bytes.toString('latin1', 8, 12) === 'WEBP';
  }
}

function unusable(frameId: string, what: string): VitrineError {
  return new VitrineError('internal', `the stored picture of frame ${frameId} ${what}, so no model can be shown it`, { details: { frameId } });
}
