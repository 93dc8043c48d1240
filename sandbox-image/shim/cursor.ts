import type { Region } from '../wire/index.ts';
import type { XServer } from './x-server.ts';

/** The pointer: its place and its picture (premultiplied ARGB32, little-endian words), which changes when `serial` does. */
export type Cursor = {
  readonly x: number;
  readonly y: number;
  readonly serial: number;
  readonly hotX: number;
  readonly hotY: number;
  readonly width: number;
  readonly height: number;
  readonly argb: Buffer;
};

/** Asks the X server for the pointer; the framebuffer itself holds none (`Xvfb -nocursor`). */
export async function readCursor(server: Pick<XServer, 'cursor'>): Promise<Cursor> {
  const image = await server.cursor();
  return {
    x: image.x, y: image.y, serial: image.cursorSerial, hotX: image.xhot, hotY: image.yhot,
    width: image.width, height: image.height, argb: image.cursorImage,
  };
}

/** Draws the pointer over packed RGB pixels that show `region` of the screen. */
export function blendCursor(rgb: Buffer, region: Region, cursor: Cursor): void {
  const left = cursor.x - cursor.hotX;
  const top = cursor.y - cursor.hotY;
  for (let row = 0; row < cursor.height; row += 1) {
    const y = top + row - region.y;
    if (y < 0 || y >= region.height) continue;
    for (let column = 0; column < cursor.width; column += 1) {
      const x = left + column - region.x;
      if (x < 0 || x >= region.width) continue;
      const argb = cursor.argb.readUInt32LE((row * cursor.width + column) * 4);
      const rest = 255 - (argb >>> 24);
      if (rest === 255) continue;
      const at = (y * region.width + x) * 3;
      rgb[at] = Math.min(255, ((argb >>> 16) & 255) + Math.round(((rgb[at] ?? 0) * rest) / 255));
      rgb[at + 1] = Math.min(255, ((argb >>> 8) & 255) + Math.round(((rgb[at + 1] ?? 0) * rest) / 255));
      rgb[at + 2] = Math.min(255, (argb & 255) + Math.round(((rgb[at + 2] ?? 0) * rest) / 255));
    }
  }
}
