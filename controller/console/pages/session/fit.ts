type Size = { readonly width: number; readonly height: number };

/** How a desktop's picture lies in the room it has: its size on the page, and how many page pixels one of its own takes. */
export type Fit = Size & { readonly scale: number };

/** The largest picture that fits into the room with its proportions, never enlarged beyond `maxScale`. */
export function fit(display: Size, room: Size, maxScale = 2): Fit {
  const scale = Math.min(room.width / display.width, room.height / display.height, maxScale);
  if (!Number.isFinite(scale) || scale <= 0) return { width: 0, height: 0, scale: 0 };
  return { width: Math.round(display.width * scale), height: Math.round(display.height * scale), scale };
}
