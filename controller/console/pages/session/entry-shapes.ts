import { effectShapes, marksOf } from '../../marks/geometry.ts';
import type { Caption, Shape, Size } from '../../marks/shape.ts';
import type { Entry } from './timeline-entry.ts';

export type EntryDrawing = { readonly shapes: readonly Shape[]; readonly caption: Caption | null };

/** What is drawn over the screen for an entry: where it aimed, and what it changed. `unit`: pixels of the screen for one of the page. */
export function drawingOf({ mark, effect }: Entry, display: Size, unit: number): EntryDrawing {
  const [drawn] = mark === null ? [] : marksOf([mark.action], { display, pointer: mark.at, unit });
  const changed = effect === null ? [] : effectShapes(effect, 'changed', display, unit);
  return { shapes: [...changed, ...drawn?.shapes ?? []], caption: drawn?.caption ?? null };
}
