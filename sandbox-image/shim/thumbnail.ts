import sharp from 'sharp';
import { packRgb, regionOf } from './capture.ts';
import { blendCursor, type Cursor } from './cursor.ts';
import type { Pixels } from './framebuffer.ts';

/** A small picture of the screen. */
export type Thumbnail = { readonly picture: Buffer; readonly width: number; readonly height: number };

/** Makes small pictures for those who watch many desktops. */
export type Thumbnails = {
  /** The screen as a JPEG of at most this width, pointer drawn in. An unchanged screen is not encoded twice. */
  make(pixels: Pixels, cursor: Cursor, maxWidth: number, quality: number): Promise<Thumbnail>;
};

/** Makes the maker. */
export function createThumbnails(): Thumbnails {
  let last: { readonly pixels: Pixels; readonly key: string; readonly thumbnail: Thumbnail } | undefined;
  return {
    async make(pixels, cursor, maxWidth, quality) {
      const key = [cursor.x, cursor.y, cursor.serial, maxWidth, quality].join();
      if (last?.pixels === pixels && last.key === key) return last.thumbnail;
      const region = regionOf(pixels, undefined);
      const rgb = packRgb(pixels, region);
      blendCursor(rgb, region, cursor);
      const scale = Math.min(1, maxWidth / pixels.width);
      const width = Math.max(1, Math.round(pixels.width * scale));
      const height = Math.max(1, Math.round(pixels.height * scale));
      const picture = await sharp(rgb, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
        .resize(width, height, { fit: 'fill', kernel: 'linear' }).jpeg({ quality }).toBuffer();
      last = { pixels, key, thumbnail: { picture, width, height } };
      return last.thumbnail;
    },
  };
}
