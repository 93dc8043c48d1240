/** A pixel-like delta of which OpenAI's own sample counts 100 to one notch of the wheel, and never less than one. */
const pixelsPerNotch = 100;
/** No scroll of one action goes further, so that the model looks again. */
const maxNotches = 15;

/** Notches of the wheel for a delta in pixels, with its sign. */
export function notchesOf(pixels: number): number {
  if (pixels === 0) return 0;
  return Math.sign(pixels) * Math.min(Math.max(Math.round(Math.abs(pixels) / pixelsPerNotch), 1), maxNotches);
}
