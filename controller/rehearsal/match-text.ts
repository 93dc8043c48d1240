import type { Box, Line, Screen, Word } from './screen.ts';

/** A place where a text stands. */
export type Match = { readonly text: string; readonly box: Box };

/** The text of a line, with single spaces. */
export function textOf(line: Line): string {
  return line.words.map((word) => word.text).join(' ');
}

/** Every place that matches, top to bottom, left to right; upper and lower case count as the same. At most one per line. */
export function matchText(lines: readonly Line[], pattern: string): Match[] {
  const expression = new RegExp(pattern, 'iu');
  const found = lines.flatMap((line) => {
    const match = expression.exec(textOf(line));
    if (match === null || match[0] === '') return [];
    const words = wordsWithin(line, match.index, match.index + match[0].length);
    return words.length > 0 ? [{ text: match[0], box: union(words.map((word) => word.box)) }] : [];
  });
  return found.toSorted((one, other) => one.box.top - other.box.top || one.box.left - other.box.left);
}

function wordsWithin(line: Line, start: number, end: number): Word[] {
  let position = 0;
  return line.words.filter((word) => {
    const wordStart = position;
    position += word.text.length + 1;
    return wordStart < end && wordStart + word.text.length > start;
  });
}

/** The smallest box around all of them. */
export function union(boxes: readonly Box[]): Box {
  return {
    left: Math.min(...boxes.map((box) => box.left)),
    top: Math.min(...boxes.map((box) => box.top)),
    right: Math.max(...boxes.map((box) => box.right)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
}

/** The lines below the last line that matches `after` and above the first one under it that matches `before`. */
export function linesBetween(lines: readonly Line[], after: string, before: string): readonly Line[] | null {
  const start = matchText(lines, after).at(-1);
  if (start === undefined) return null;
  const end = matchText(lines, before).find((match) => match.box.top >= start.box.bottom - 2);
  if (end === undefined) return null;
  return lines.filter((line) => {
    const box = union(line.words.map((word) => word.box));
    const middle = (box.top + box.bottom) / 2;
    const isBeside = box.right < start.box.left - 10;
    return middle > start.box.bottom && middle < end.box.top && !isBeside;
  });
}

/* The frame of a terminal's window lies four pixels from its letters, and reads like one. */
const margin = 3;

/** A box with some space around it, inside the picture. */
export function padded(box: Box, screen: Pick<Screen, 'width' | 'height'>): Box {
  return {
    left: Math.max(0, box.left - margin),
    top: Math.max(0, box.top - margin),
    right: Math.min(screen.width, box.right + margin),
    bottom: Math.min(screen.height, box.bottom + margin),
  };
}
