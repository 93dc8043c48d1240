import { effectShapes, marksOf } from '../../marks/geometry.ts';
import type { Mark, Shape, Size } from '../../marks/shape.ts';
import type { Entry } from './timeline-entry.ts';

export type EntryDrawing = { readonly marks: readonly Mark[]; /** What it changed. */ readonly effect: readonly Shape[] };

/** What is drawn over the screen for an entry: where it aimed, and what it changed. `unit`: pixels of the screen for one of the page. */
export function drawingOf({ mark, effect }: Entry, display: Size, unit: number): EntryDrawing {
  return {
    marks: mark === null ? [] : marksOf([mark.action], { display, pointer: mark.at, unit }),
    effect: effect === null ? [] : effectShapes(effect, '', display, unit),
  };
}
