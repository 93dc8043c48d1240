import type { Region } from '../wire/index.ts';
import type { Pixels } from './framebuffer.ts';

/** Edge of a tile in pixels. The screen is compared tile by tile; the last column and row may be narrower. */
export const tileEdge = 16;

/** What changed inside one tile: how many pixels, and the smallest box around them (screen pixels, ends inclusive). */
export type TileChange = {
  /** Row of tiles times `tileColumns` plus column. */
  readonly tile: number;
  readonly pixels: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** Tiles in one row of a screen of this width. */
export function tileColumns(width: number): number {
  return Math.ceil(width / tileEdge);
}

const words = new WeakMap<Buffer, Uint32Array>();

/** The pixels as 32-bit words (0x??RRGGBB on the little-endian machines that this runs on). */
export function wordsOf({ bytes }: Pixels): Uint32Array {
  let view = words.get(bytes);
  if (view === undefined) {
    view = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    words.set(bytes, view);
  }
  return view;
}

/**
 * The tiles in which two screens of the same size differ, top left first; empty if they are equal.
 * Equal screens cost one memcmp; the padding byte of a pixel does not count.
 */
export function compareScreens(before: Pixels, after: Pixels): TileChange[] {
  if (before.bytes === after.bytes || before.bytes.equals(after.bytes)) return [];
  const changes: TileChange[] = [];
  const bytesPerRow = after.width * 4;
  for (let top = 0; top < after.height; top += tileEdge) {
    const bottom = Math.min(top + tileEdge, after.height);
    if (isSame(before, after, top * bytesPerRow, bottom * bytesPerRow)) continue;
    const rows: number[] = [];
    for (let y = top; y < bottom; y += 1) if (!isSame(before, after, y * bytesPerRow, (y + 1) * bytesPerRow)) rows.push(y);
    compareBand(before, after, rows, changes);
  }
  return changes;
}

function isSame(before: Pixels, after: Pixels, start: number, end: number): boolean {
  return before.bytes.compare(after.bytes, start, end, start, end) === 0;
}

function compareBand(before: Pixels, after: Pixels, rows: readonly number[], changes: TileChange[]): void {
  const a = wordsOf(before);
  const b = wordsOf(after);
  const { width } = after;
  const columns = tileColumns(width);
  for (let column = 0; column < columns; column += 1) {
    const start = column * tileEdge;
    const end = Math.min(start + tileEdge, width);
    let pixels = 0;
    let left = end;
    let right = start;
    let top = -1;
    let bottom = -1;
    for (const y of rows) {
      const row = y * width;
      for (let x = start; x < end; x += 1) {
        if ((((a[row + x] ?? 0) ^ (b[row + x] ?? 0)) & 0xffffff) === 0) continue;
        pixels += 1;
        if (x < left) left = x;
        if (x > right) right = x;
        if (top < 0) top = y;
        bottom = y;
      }
    }
    if (pixels > 0) changes.push({ tile: Math.floor(top / tileEdge) * columns + column, pixels, left, top, right, bottom });
  }
}

/** The smallest region around all changes and their pixels' share of the screen; undefined if there are none. */
export function extentOf(changes: readonly TileChange[], screen: { readonly width: number; readonly height: number }): { region: Region; share: number } | undefined {
  if (changes.length === 0) return undefined;
  let [left, top, right, bottom, pixels] = [screen.width, screen.height, 0, 0, 0];
  for (const change of changes) {
    left = Math.min(left, change.left);
    top = Math.min(top, change.top);
    right = Math.max(right, change.right);
    bottom = Math.max(bottom, change.bottom);
    pixels += change.pixels;
  }
  return { region: { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }, share: pixels / (screen.width * screen.height) };
}
